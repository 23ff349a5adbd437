"""The sweeper: every call that is due gets what time owes it. The row is the job; there is no queue.

Any number of processes may run it: each takes one due call at a time, skips what another is working on, and
commits it alone. A kill at any point leaves the call due.
"""

import asyncio
import contextlib
import uuid

import structlog

from stagedoor.calls import clock, queries, tell
from stagedoor.calls.model import LIVE, Facts
from stagedoor.calls.service import finish
from stagedoor.core import sentry
from stagedoor.core.problems import Unavailable
from stagedoor.events import Journal, Transaction
from stagedoor.settings import Calls as Rules

log = structlog.get_logger("sweeper")
SLEEP_SECONDS_MAX = 5.0
PUT_OFF_SECONDS = 30


class Sweeper:
    """`run` until cancelled; `wake` when something may be due sooner than thought."""

    def __init__(self, journal: Journal, rules: Rules) -> None:
        self._journal = journal
        self._rules = rules
        self._woken = asyncio.Event()

    def wake(self, within: float = 0.0) -> None:
        """Something is due `within` seconds. Not worth a look if the next one comes before that anyway."""
        if within < SLEEP_SECONDS_MAX:
            self._woken.set()

    async def run(self) -> None:
        log.info("Call invitation expiration job started", ringSeconds=self._rules.ring_seconds)
        while True:
            self._woken.clear()
            try:
                pause = await self.sweep()
            except Unavailable as error:
                log.warning("sweeper waits for the database", because=error.because)
                pause = 1.0
            except Exception as error:
                log.exception("sweep failed")
                sentry.capture(error, code="SWEEP_FAILED")
                pause = 1.0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):  # wait_for would swallow a cancellation that meets a wake-up
                    await self._woken.wait()

    async def sweep(self) -> float:
        """Do everything that is due now. Returns seconds to sleep."""
        while await self.sweep_one():
            pass
        async with self._journal.statement() as tx:
            left = await queries.seconds_until_due(tx.db)
        return SLEEP_SECONDS_MAX if left is None else min(SLEEP_SECONDS_MAX, max(0.01, left))

    async def sweep_one(self) -> bool:
        """Do what the most overdue call needs. False when none is due.

        A call that cannot be advanced is put off and reported: it holds up no other.
        """
        stuck: uuid.UUID | None = None
        try:
            async with self._journal.transaction() as tx:
                due = await queries.next_due(tx.db)
                if due is None:
                    return False
                stuck = due["id"]
                await self._advance_if_due(tx, due["id"])
        except Unavailable:
            raise
        except Exception as error:
            if stuck is None:
                raise
            log.exception("call not advanced", callId=str(stuck))
            sentry.capture(error, code="SWEEP_FAILED")
            async with self._journal.transaction() as tx:
                await queries.put_off(tx.db, stuck, PUT_OFF_SECONDS)
        return True

    async def _advance_if_due(self, tx: Transaction, call_id: uuid.UUID) -> None:
        facts = await queries.lock(tx.db, call_id)
        if facts is None:
            raise LookupError("a call without its invitation or its participants")
        if facts.due_at is not None and facts.due_at <= facts.now:
            await self._advance(tx, facts)

    async def _advance(self, tx: Transaction, facts: Facts) -> None:
        if facts.state == "ringing":
            version = await queries.answer(tx.db, facts.id, "expired", None)
            await tell.transition(tx, facts, version, "missed", reason="quiet_hours" if facts.quiet else "expired")
        elif facts.state in LIVE:
            await self._advance_live(tx, facts)

    async def _advance_live(self, tx: Transaction, facts: Facts) -> None:
        plan = clock.plan(facts, self._rules)
        if plan.hold_tokens > facts.held_tokens:
            await queries.extend_hold(tx.db, facts.id, plan.hold_tokens - facts.held_tokens)
        if plan.reason is not None:
            await finish(tx, facts, plan.reason, until=plan.settle_until)
            return
        if plan.funds_low and not facts.funds_low:
            left = max(0, int(clock.seconds_left(facts)))
            await tx.record(
                "call.funds_low",
                *tell.both(facts, "call:funds_low", secondsLeft=left),
                call_id=facts.id,
                creator_id=facts.creator_id,
                fan_id=facts.fan_id,
                version=facts.version,
                data={"secondsLeft": left, "callType": facts.call_type},
            )
        await queries.replan(tx.db, facts.id, plan.due_at, plan.funds_low)
