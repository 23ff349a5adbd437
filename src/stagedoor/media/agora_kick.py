"""When a call ends, nobody stays in its Agora channel.

Driven by events: the sink writes one row, and this process's or any other's worker asks Agora outside every
transaction, again and again until it answers. The row is the job, so a kill at any point leaves the call due.
Once every token has expired the channel is empty by itself, and the worker stops asking.
"""

import asyncio
import contextlib
import uuid
from typing import Any

import httpx
import structlog

from stagedoor.core.db import Database
from stagedoor.core.problems import Unavailable
from stagedoor.events import Event
from stagedoor.settings import Media

log = structlog.get_logger("agora")
ENDS = ("call.ended", "call.failed")
SLEEP_SECONDS_MAX = 5.0
PAUSE_SECONDS_MAX = 60.0
ANSWER_SECONDS = 10.0  # Agora asks for no less than 5
MARGIN_SECONDS = 60

_DUE = """
INSERT INTO agora_kicks (call_id, channel) SELECT id, channel FROM calls
WHERE id = $1 AND media_provider = 'agora' AND accepted_at IS NOT NULL ON CONFLICT DO NOTHING
"""
# Taken on loan: a worker that dies with a kick in its hands leaves it due again.
_TAKE = """
UPDATE agora_kicks SET attempts = attempts + 1, due_at = clock_timestamp() + make_interval(secs => $1)
WHERE call_id = (SELECT call_id FROM agora_kicks WHERE done_at IS NULL AND due_at <= clock_timestamp()
                 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING call_id, channel, attempts, extract(epoch FROM clock_timestamp() - created_at)::float AS age_seconds
"""
_NEXT = """
SELECT greatest(0, extract(epoch FROM min(due_at) - clock_timestamp()))::float
FROM agora_kicks WHERE done_at IS NULL
"""
_DONE = "UPDATE agora_kicks SET done_at = clock_timestamp(), outcome = $2 WHERE call_id = $1"
_AGAIN = "UPDATE agora_kicks SET due_at = clock_timestamp() + make_interval(secs => $2) WHERE call_id = $1"


class AgoraKicks:
    """A sink of events, and the worker. `run` until cancelled. Needs AGORA_CUSTOMER_KEY and its secret."""

    def __init__(self, database: Database, settings: Media) -> None:
        self._database = database
        self._settings = settings
        self._woken = asyncio.Event()

    async def deliver(self, event: Event) -> None:
        if event.type not in ENDS or event.call_id is None:
            return
        async with self._database.connection() as connection:
            await connection.execute(_DUE, event.call_id)
        self._woken.set()

    async def run(self) -> None:
        auth = httpx.BasicAuth(self._settings.agora_customer_key or "", self._settings.agora_customer_secret or "")
        async with httpx.AsyncClient(auth=auth, timeout=ANSWER_SECONDS) as client:
            while True:
                self._woken.clear()
                try:
                    while await self.kick_one(client):
                        pass
                    pause = await self._seconds_until_due()
                except Unavailable as error:
                    log.warning("kicks wait for the database", because=error.because)
                    pause = 1.0
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):  # wait_for would swallow a cancellation that meets a wake-up
                        await self._woken.wait()

    async def kick_one(self, client: httpx.AsyncClient) -> bool:
        """Do the most overdue kick. False when none is due."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_TAKE, 2 * ANSWER_SECONDS)
        if row is None:
            return False
        outcome = await self._ask(client, row["channel"])
        tokens_live_seconds = self._settings.agora_token_ttl_seconds + MARGIN_SECONDS
        if outcome is None and row["age_seconds"] > tokens_live_seconds:
            outcome = "every token has expired"
        await self._note(row["call_id"], outcome, row["attempts"])
        return True

    async def _ask(self, client: httpx.AsyncClient, channel: str) -> str | None:
        """What came of it; None when it is worth another try.

        Source: Agora's channel management API, "Create a banning rule". The rule names the channel alone, so it
        removes both and lets nobody back in, for as long as a token of this call can live.
        """
        rule: dict[str, Any] = {
            "appid": self._settings.agora_app_id,
            "cname": channel,
            "time_in_seconds": self._settings.agora_token_ttl_seconds + MARGIN_SECONDS,
            "privileges": ["join_channel"],
        }
        try:
            answer = await client.post(f"{self._settings.agora_rest_url}/dev/v1/kicking-rule", json=rule)
        except httpx.HTTPError as error:
            log.warning("agora does not answer", because=type(error).__name__)
            return None
        if answer.is_success:
            return "kicked"
        log.warning("agora refuses a kick", status=answer.status_code)
        passing = answer.status_code >= 500 or answer.status_code in (401, 403, 408, 429)
        return None if passing else f"refused with {answer.status_code}"

    async def _note(self, call_id: uuid.UUID, outcome: str | None, attempts: int) -> None:
        async with self._database.connection() as connection:
            if outcome is None:
                await connection.execute(_AGAIN, call_id, min(PAUSE_SECONDS_MAX, 0.25 * 2 ** min(attempts, 10)))
            else:
                await connection.execute(_DONE, call_id, outcome)
                log.info("agora kick", callId=str(call_id), outcome=outcome, attempts=attempts)

    async def _seconds_until_due(self) -> float:
        async with self._database.connection() as connection:
            left = await connection.fetchval(_NEXT)
        return SLEEP_SECONDS_MAX if left is None else min(SLEEP_SECONDS_MAX, max(0.01, left))
