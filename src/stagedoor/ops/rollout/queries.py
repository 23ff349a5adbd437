"""The roll-outs' SQL, one function a statement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from stagedoor.core.db import Connection, row_to
from stagedoor.ops.rollout.phases import Phase, PlannedStep, title

State = Literal["planned", "running", "aborted", "completed", "dropped"]
StepState = Literal["waiting", "watching", "passed", "aborted"]


@dataclass(frozen=True, slots=True)
class Step:
    position: int
    phase: Phase
    percentage: int | None
    wait_seconds: float
    watch_seconds: float
    state: StepState
    started_at: datetime | None
    passed_at: datetime | None
    watched_seconds: float | None  # since it began, by the database's clock
    waited_seconds: float | None  # since the step before passed

    @property
    def title(self) -> str:
        return title(self.phase, self.percentage)

    @property
    def left_seconds(self) -> float:
        """How long it is still to be watched."""
        return max(0.0, self.watch_seconds - (self.watched_seconds or 0.0))


@dataclass(frozen=True, slots=True)
class Rollout:
    """`position` is the number of the present step, 0 before the first."""

    id: int
    state: State
    position: int
    automatic: bool
    dry_run: bool
    author: str
    reason: str
    created_at: datetime
    ended_at: datetime | None
    steps: tuple[Step, ...] = ()

    @property
    def step(self) -> Step | None:
        return self.steps[self.position - 1] if self.position else None

    @property
    def following(self) -> Step | None:
        return self.steps[self.position] if self.position < len(self.steps) else None


_ROLLOUT = "SELECT id, state, position, automatic, dry_run, author, reason, created_at, ended_at FROM rollouts"
_STEPS = """
SELECT position, phase, percentage, wait_seconds, watch_seconds, state, started_at, passed_at,
    extract(epoch FROM clock_timestamp() - started_at)::float8 AS watched_seconds,
    extract(epoch FROM clock_timestamp() - lag(passed_at) OVER (ORDER BY position))::float8 AS waited_seconds
FROM rollout_steps WHERE rollout_id = $1 ORDER BY position
"""
_COUNTED = """
SELECT coalesce(jsonb_object_agg(name, counted), '{}') FROM minute_counts
WHERE minute = date_trunc('minute', clock_timestamp()) AND name LIKE 'http.%'
"""


async def newest(db: Connection) -> Rollout | None:
    """The open roll-out, or else the last one."""
    return await _with_steps(db, await db.fetchrow(f"{_ROLLOUT} ORDER BY id DESC LIMIT 1"))


async def lock_open(db: Connection) -> Rollout | None:
    """The one that is planned, running or aborted, under its lock: whoever is second sees what the first did."""
    row = await db.fetchrow(f"{_ROLLOUT} WHERE state IN ('planned', 'running', 'aborted') FOR UPDATE")
    return await _with_steps(db, row)


async def _with_steps(db: Connection, row: Any) -> Rollout | None:
    if row is None:
        return None
    steps = tuple(row_to(Step, step) for step in await db.fetch(_STEPS, row["id"]))
    return Rollout(**dict(row), steps=steps)


async def insert(db: Connection, author: str, automatic: bool, dry_run: bool, steps: list[PlannedStep]) -> int:
    rollout_id: int = await db.fetchval(
        "INSERT INTO rollouts (author, automatic, dry_run) VALUES ($1, $2, $3) RETURNING id", author, automatic, dry_run
    )
    await db.executemany(
        "INSERT INTO rollout_steps (rollout_id, position, phase, percentage, wait_seconds, watch_seconds)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        [(rollout_id, n, s.phase, s.percentage, s.wait_seconds, s.watch_seconds) for n, s in enumerate(steps, 1)],
    )
    return rollout_id


async def move(db: Connection, rollout_id: int, state: State, position: int, reason: str = "") -> None:
    await db.execute(
        "UPDATE rollouts SET state = $2, position = $3, reason = $4,"
        " ended_at = CASE WHEN $2 IN ('completed', 'dropped') THEN clock_timestamp() END WHERE id = $1",
        rollout_id,
        state,
        position,
        reason,
    )


async def begin_step(db: Connection, rollout_id: int, position: int) -> None:
    """Start its clock, and remember what this minute had counted before it."""
    await db.execute(
        f"UPDATE rollout_steps SET state = 'watching', started_at = clock_timestamp(), passed_at = NULL,"
        f" counted = ({_COUNTED}) WHERE rollout_id = $1 AND position = $2",
        rollout_id,
        position,
    )


async def close_step(db: Connection, rollout_id: int, position: int, state: Literal["passed", "aborted"]) -> None:
    await db.execute(
        "UPDATE rollout_steps SET state = $3, passed_at = CASE WHEN $3 = 'passed' THEN clock_timestamp() END"
        " WHERE rollout_id = $1 AND position = $2",
        rollout_id,
        position,
        state,
    )
