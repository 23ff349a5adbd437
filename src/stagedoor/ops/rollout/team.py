"""The team is told of a roll-out: every text reaches ROLLOUT_TEAM_WEBHOOK_URL, in order, however often it takes.

Slack's form, which Mattermost, Teams and others take too: {"text": "…"}. The sink writes one row; this process's or any
other's worker sends it outside every transaction, again and again until it is taken, for a day. The address is a
secret, so no log line has it.
"""

import asyncio
import contextlib

import httpx
import structlog

from stagedoor.core.db import Database
from stagedoor.core.problems import Unavailable
from stagedoor.events import Event

log = structlog.get_logger("rollout")
ANSWER_SECONDS = 10.0
SLEEP_SECONDS_MAX = 5.0
PAUSE_SECONDS_MAX = 60.0
GIVE_UP_SECONDS = 86_400

_DUE = "INSERT INTO team_messages (event_id, text) VALUES ($1, $2) ON CONFLICT DO NOTHING"
# The oldest alone, so that they arrive in order. Taken on loan: a worker that dies with it leaves it due again.
_TAKE = """
UPDATE team_messages SET attempts = attempts + 1, due_at = clock_timestamp() + make_interval(secs => $1)
WHERE event_id = (SELECT event_id FROM team_messages WHERE done_at IS NULL ORDER BY event_id LIMIT 1
                  FOR UPDATE)
  AND due_at <= clock_timestamp()
RETURNING event_id, text, attempts, extract(epoch FROM clock_timestamp() - created_at)::float8 AS age_seconds
"""
_NEXT = """
SELECT greatest(0, extract(epoch FROM due_at - clock_timestamp()))::float8
FROM team_messages WHERE done_at IS NULL ORDER BY event_id LIMIT 1
"""
_DONE = "UPDATE team_messages SET done_at = clock_timestamp(), outcome = $2 WHERE event_id = $1"
_AGAIN = "UPDATE team_messages SET due_at = clock_timestamp() + make_interval(secs => $2) WHERE event_id = $1"


class TeamMessages:
    """A sink of events, and the worker. `run` until cancelled."""

    def __init__(self, database: Database, url: str) -> None:
        self._database = database
        self._url = url
        self._woken = asyncio.Event()

    async def deliver(self, event: Event) -> None:
        text = event.data.get("message", {}).get("team") if event.type.startswith("rollout.") else None
        if text is None:
            return
        async with self._database.connection() as connection:
            await connection.execute(_DUE, event.id, f"(dry run) {text}" if event.data.get("dryRun") else text)
        self._woken.set()

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS) as client:
            while True:
                self._woken.clear()
                try:
                    while await self.send_one(client):
                        pass
                    pause = await self._seconds_until_due()
                except Unavailable as error:
                    log.warning("messages to the team wait for the database", because=error.because)
                    pause = 1.0
                except Exception:
                    log.exception("a message to the team was not sent")
                    pause = SLEEP_SECONDS_MAX
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):  # wait_for would swallow a cancellation that meets a wake-up
                        await self._woken.wait()

    async def send_one(self, client: httpx.AsyncClient) -> bool:
        """Send the oldest that is not sent. False when none is due."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_TAKE, 2 * ANSWER_SECONDS)
        if row is None:
            return False
        outcome = await self._post(client, row["text"])
        if outcome is None and row["age_seconds"] > GIVE_UP_SECONDS:
            outcome = "given up after a day"
        async with self._database.connection() as connection:
            if outcome is None:
                pause = min(PAUSE_SECONDS_MAX, 0.25 * 2 ** min(row["attempts"], 10))
                await connection.execute(_AGAIN, row["event_id"], pause)
            else:
                await connection.execute(_DONE, row["event_id"], outcome)
                log.info("team told", eventId=row["event_id"], outcome=outcome, attempts=row["attempts"])
        return True

    async def _post(self, client: httpx.AsyncClient, text: str) -> str | None:
        """What came of it; None when it is worth another try."""
        try:
            answer = await client.post(self._url, json={"text": text})
        except httpx.HTTPError as error:
            log.warning("the team's webhook does not answer", because=type(error).__name__)
            return None
        if answer.is_success:
            return "sent"
        log.warning("the team's webhook refuses", status=answer.status_code)
        passing = answer.status_code >= 500 or answer.status_code in (408, 425, 429)
        return None if passing else f"refused with {answer.status_code}"

    async def _seconds_until_due(self) -> float:
        async with self._database.connection() as connection:
            left = await connection.fetchval(_NEXT)
        return SLEEP_SECONDS_MAX if left is None else min(SLEEP_SECONDS_MAX, max(0.01, left))
