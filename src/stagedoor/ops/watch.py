"""The guard at work: one server process leads, looks every few seconds, writes down what it saw, and acts.

The leader holds an advisory lock on a connection of its own; the others ask for it as often as it looks, so when it
dies another leads within seconds. It acts only while a roll-out is under way: on `abort` it turns the flag off, on
`go` it takes an automatic roll-out to its next step.
"""

import asyncio
import time
import uuid

import structlog

from stagedoor.core.db import Connection, Database
from stagedoor.core.problems import Unavailable
from stagedoor.ops import looks
from stagedoor.ops.guard import Seen, Verdict, judge
from stagedoor.ops.rollout import By, Rollout, RolloutError, Rollouts, newest
from stagedoor.settings import Operations

log = structlog.get_logger("guard")
LEADER_KEY = 0x53_54_41_47_45_47  # "STAGEG" in ASCII
GUARD = By("guard")


class Guard:
    """`run` until cancelled, in every server process."""

    def __init__(self, database: Database, rollouts: Rollouts, rules: Operations, process: uuid.UUID) -> None:
        self._database = database
        self._rollouts = rollouts
        self._rules = rules
        self._process = process
        self._audited_at = float("-inf")
        self._violations = 0

    async def run(self, pause_seconds: float | None = None) -> None:
        pause = self._rules.guard_seconds if pause_seconds is None else pause_seconds
        while True:
            try:
                await self._lead(pause)
            except Exception as error:
                log.warning("the guard waits for the database", because=f"{type(error).__name__}: {error}")
            await asyncio.sleep(pause)

    async def _lead(self, pause: float) -> None:
        """Asks for the lock and never waits in it: a waiting session would hold a snapshot."""
        connection = await self._database.listen()
        try:
            leads = False
            while True:
                # asked again every time: an own lock is granted again, and a broken connection says so
                if await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_KEY):
                    if not leads:
                        log.info("this process leads the guard", process=str(self._process))
                    leads = True
                    await self.look()
                await asyncio.sleep(pause)
        finally:
            await connection.close(timeout=2)

    async def look(self) -> Verdict:
        """See, judge, write it down, and act on it."""
        async with self._database.connection() as connection:
            rollout = await newest(connection)
            armed = rollout is not None and rollout.state == "running"
            step = rollout.step if rollout is not None and armed else None
            here = (rollout.id, rollout.position) if rollout is not None and step is not None else None
            since = step.started_at if step is not None else None
            await self._audit(connection)
            window = self._rules.guard_window_seconds
            seen = await looks.see(connection, window, here, since, self._violations)
            verdict = judge(seen, needs_calls=step is not None and step.phase in ("calls", "share_cards"))
            await looks.write(connection, self._process, seen, verdict, here)
        if rollout is not None and here is not None:
            await self._act(rollout, here, verdict, seen)
        return verdict

    async def _audit(self, connection: Connection) -> None:
        """The whole ledger, at most once in `audit_seconds`; once violated, at every look until it is mended."""
        now = time.monotonic()
        if self._violations or now - self._audited_at >= self._rules.audit_seconds:
            self._violations = await connection.fetchval("SELECT count(*) FROM ledger_audit()")
            self._audited_at = now

    async def _act(self, rollout: Rollout, here: tuple[int, int], verdict: Verdict, seen: Seen) -> None:
        try:
            if verdict.word == "abort":
                reason = "; ".join(verdict.reasons)
                await self._rollouts.abort(GUARD, reason, calls=verdict.calls, at=here)
                log.error("the guard stopped the roll-out", because=reason, requests=seen.requests)
            elif rollout.automatic:
                await self._rollouts.next(GUARD)
        except RolloutError as refused:
            log.debug("the roll-out stays where it is", because=refused.reasons)
        except Unavailable as error:
            log.warning("the guard waits for the database", because=error.because)
