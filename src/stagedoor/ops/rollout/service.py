"""The story of a roll-out: plan, start, next, abort, resume. Each verb is one transaction under the roll-out's lock,
moves one step, flips that step's flag with it, and writes the event that tells it.

A dry run goes the same way, with every check and every clock, and flips nothing.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from stagedoor import flags
from stagedoor.core.db import Database
from stagedoor.events import Journal, Transaction
from stagedoor.ops.rollout import queries
from stagedoor.ops.rollout.entry import Entry
from stagedoor.ops.rollout.messages import compose, duration
from stagedoor.ops.rollout.phases import FLAGS, RISKY, planned_steps
from stagedoor.ops.rollout.queries import Rollout, Step
from stagedoor.settings import Settings


class RolloutError(Exception):
    """The roll-out cannot do that now; `reasons` say why and what to do."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = list(reasons)


@dataclass(frozen=True, slots=True)
class By:
    """Who moves it: an operator, or the guard."""

    author: str
    actor: uuid.UUID | None = None


class Rollouts:
    """The verbs. All raise RolloutError."""

    def __init__(self, journal: Journal, database: Database, settings: Settings) -> None:
        self._journal = journal
        self._database = database
        self._settings = settings
        self._entry = Entry(database, settings)

    async def newest(self) -> Rollout | None:
        """The open roll-out, or else the last one."""
        async with self._database.connection() as connection:
            return await queries.newest(connection)

    async def plan(
        self,
        by: By,
        *,
        automatic: bool = False,
        dry_run: bool = False,
        shorten: float = 1,
        watch_minutes: Mapping[str, int] | None = None,
    ) -> Rollout:
        """Write the steps down; one that was planned or aborted before gives way. `shorten` divides every time."""
        rules = self._settings.operations
        rules = replace(rules, watch_minutes={**rules.watch_minutes, **(watch_minutes or {})})
        async with self._journal.transaction() as tx:
            open_one = await queries.lock_open(tx.db)
            if open_one is not None and open_one.state == "running":
                raise RolloutError(f"Roll-out {open_one.id} is under way: abort it first, or let it finish.")
            if open_one is not None:
                await queries.move(tx.db, open_one.id, "dropped", open_one.position, "another was planned")
                await self._tell(tx, "rollout.dropped", open_one, None, by)
            await queries.insert(tx.db, by.author, automatic, dry_run, planned_steps(rules, shorten=shorten))
            planned = await _locked(tx)
            await self._tell(tx, "rollout.planned", planned, None, by)
        return planned

    async def start(self, by: By) -> Rollout:
        """Begin the first step, with everything risky off."""
        planned = await self._open("planned", "Nothing is planned: stagedoor rollout plan.")
        first = planned.steps[0]
        await self._must_begin(first)
        async with self._journal.transaction() as tx:
            await self._same(tx, planned)
            if not planned.dry_run:
                for key in RISKY:
                    reason = f"roll-out {planned.id}: off until its phase"
                    await flags.change(tx, key, False, reason=reason, author=by.author, actor=by.actor)
            told = compose("started", _fields(planned, first, by))
            await self._tell(tx, "rollout.started", planned, first, by, message=told)
            await self._begin(tx, planned, first, by)
        return await self._again()

    async def next(self, by: By) -> Rollout:
        """Close the present step if it may pass, and begin the next one if it may begin."""
        running = await self._open("running", "No roll-out is under way: stagedoor rollout start.")
        step = running.step
        assert step is not None
        if step.state == "watching":
            reasons = await self._entry.why_not_pass(running, step)
            if reasons:
                raise RolloutError(*reasons)
            async with self._journal.transaction() as tx:
                await self._same(tx, running)
                await self._pass(tx, running, step, by)
            running = await self._again()
        following = running.following
        if following is None or running.state != "running":
            return running
        await self._must_begin(following)
        async with self._journal.transaction() as tx:
            await self._same(tx, running)
            await self._begin(tx, running, following, by)
        return await self._again()

    async def abort(self, by: By, reason: str, *, calls: bool = False, at: tuple[int, int] | None = None) -> Rollout:
        """Turn the present phase's flag off, and calls too when it is calls that must stop (`calls`), in one
        transaction with the record. `at` (roll-out, position): only if it still stands there."""
        async with self._journal.transaction() as tx:
            running = await queries.lock_open(tx.db)
            if running is None or running.state != "running" or at not in (None, (running.id, running.position)):
                raise RolloutError("No roll-out is under way.")
            step = running.step
            assert step is not None
            keys = dict.fromkeys([key for key in (FLAGS.get(step.phase), "FEATURE_CALLS" if calls else None) if key])
            if not running.dry_run:
                for key in keys:
                    why = f"roll-out {running.id} stopped: {reason}"[:500]
                    await flags.change(tx, key, False, reason=why, author=by.author, actor=by.actor)
            await queries.close_step(tx.db, running.id, step.position, "aborted")
            await queries.move(tx.db, running.id, "aborted", running.position, reason)
            off = f"Now off: {', '.join(keys)}" if keys else "No flag was on yet"
            users = "aborted" if keys else None
            told = compose("aborted", _fields(running, step, by) | {"reason": reason, "flags": off}, users=users)
            more = {"reason": reason, "flags": list(keys)}
            await self._tell(tx, "rollout.aborted", running, step, by, message=told, **more)
        return await self._again()

    async def resume(self, by: By) -> Rollout:
        """Begin the aborted step again, with its entry checks and its whole watch."""
        aborted = await self._open("aborted", "No roll-out was aborted.")
        step = aborted.step
        assert step is not None
        await self._must_begin(replace(step, wait_seconds=0))
        async with self._journal.transaction() as tx:
            await self._same(tx, aborted)
            told = compose("resumed", _fields(aborted, step, by))
            await self._tell(tx, "rollout.resumed", aborted, step, by, message=told)
            await self._begin(tx, aborted, step, by)
        return await self._again()

    async def _begin(self, tx: Transaction, rollout: Rollout, step: Step, by: By) -> None:
        key = FLAGS.get(step.phase)
        if key is not None and not rollout.dry_run:
            reason = f"roll-out {rollout.id}: {step.title}"
            share = step.percentage
            await flags.change(tx, key, True, reason=reason, author=by.author, percentage=share, actor=by.actor)
        await queries.begin_step(tx.db, rollout.id, step.position)
        await queries.move(tx.db, rollout.id, "running", step.position)
        users = step.phase if key is not None and step.percentage in (None, 100) else None
        told = compose("step_started", _fields(rollout, step, by), users=users)
        await self._tell(tx, "rollout.step_started", rollout, step, by, message=told)

    async def _pass(self, tx: Transaction, rollout: Rollout, step: Step, by: By) -> None:
        await queries.close_step(tx.db, rollout.id, step.position, "passed")
        told = compose("step_passed", _fields(rollout, step, by))
        await self._tell(tx, "rollout.step_passed", rollout, step, by, message=told)
        if rollout.following is None:
            await queries.move(tx.db, rollout.id, "completed", rollout.position)
            told = compose("completed", _fields(rollout, step, by))
            await self._tell(tx, "rollout.completed", rollout, step, by, message=told)

    async def _must_begin(self, step: Step) -> None:
        reasons = await self._entry.why_not_begin(step)
        if reasons:
            raise RolloutError(*reasons)

    async def _open(self, state: str, otherwise: str) -> Rollout:
        found = await self.newest()
        if found is None or found.state != state:
            raise RolloutError(otherwise)
        return found

    async def _again(self) -> Rollout:
        found = await self.newest()
        assert found is not None
        return found

    async def _same(self, tx: Transaction, seen: Rollout) -> None:
        """The checks were made outside the lock: nobody may have moved it since."""
        if _place(await _locked(tx)) != _place(seen):
            raise RolloutError("Somebody else moved the roll-out just now: look again (stagedoor rollout status).")

    async def _tell(
        self, tx: Transaction, event: str, rollout: Rollout, step: Step | None, by: By, **more: Any
    ) -> None:
        about = {"rolloutId": rollout.id, "dryRun": rollout.dry_run, "author": by.author}
        if step is not None:
            about |= {"position": step.position, "phase": step.phase, "percentage": step.percentage}
        await tx.record(event, actor_id=by.actor, data={**about, **more})


async def _locked(tx: Transaction) -> Rollout:
    found = await queries.lock_open(tx.db)
    if found is None:
        raise RolloutError("No roll-out is open.")
    return found


def _place(rollout: Rollout) -> tuple[object, ...]:
    return rollout.id, rollout.state, rollout.position, rollout.step and rollout.step.state


def _fields(rollout: Rollout, step: Step, by: By) -> dict[str, object]:
    return {"id": rollout.id, "step": step.title, "watch": duration(step.watch_seconds), "author": by.author}
