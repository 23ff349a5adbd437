"""A roll-out and the guard, as operators see them."""

from datetime import datetime
from typing import Literal

from stagedoor.core.wire import Wire
from stagedoor.ops.looks import Look
from stagedoor.ops.rates import ratio
from stagedoor.ops.rollout import Rollout, Step
from stagedoor.ops.rollout.phases import Phase


class StepWire(Wire, frozen=True):
    """`leftSeconds` is null unless it is being watched."""

    position: int
    title: str
    phase: Phase
    percentage: int | None
    state: Literal["waiting", "watching", "passed", "aborted"]
    wait_seconds: float
    watch_seconds: float
    left_seconds: float | None
    started_at: datetime | None
    passed_at: datetime | None


class RolloutWire(Wire, frozen=True):
    """`position` is the number of the present step, 0 before the first. `reason` says why it was stopped."""

    id: int
    state: Literal["planned", "running", "aborted", "completed", "dropped"]
    position: int
    automatic: bool
    dry_run: bool
    author: str
    reason: str
    created_at: datetime
    ended_at: datetime | None
    steps: list[StepWire]


class GuardWire(Wire, frozen=True):
    """What the guard saw last. It acts only while it is `armed`, that is while a roll-out is under way."""

    at: datetime
    age_seconds: float
    armed: bool
    verdict: Literal["go", "hold", "abort"]
    reasons: list[str]
    requests: int
    errors: int
    error_rate: float | None
    p95_seconds: float | None
    rung: int
    accepted: int
    connected: int
    connect_rate: float | None
    violations: int


def rollout_wire(rollout: Rollout) -> RolloutWire:
    return RolloutWire(
        id=rollout.id,
        state=rollout.state,
        position=rollout.position,
        automatic=rollout.automatic,
        dry_run=rollout.dry_run,
        author=rollout.author,
        reason=rollout.reason,
        created_at=rollout.created_at,
        ended_at=rollout.ended_at,
        steps=[_step(step) for step in rollout.steps],
    )


def _step(step: Step) -> StepWire:
    return StepWire(
        position=step.position,
        title=step.title,
        phase=step.phase,
        percentage=step.percentage,
        state=step.state,
        wait_seconds=step.wait_seconds,
        watch_seconds=step.watch_seconds,
        left_seconds=step.left_seconds if step.state == "watching" else None,
        started_at=step.started_at,
        passed_at=step.passed_at,
    )


def guard_wire(look: Look) -> GuardWire:
    seen = look.seen
    return GuardWire(
        at=look.at,
        age_seconds=look.age_seconds,
        armed=look.armed,
        verdict=look.verdict,
        reasons=look.reasons,
        requests=seen.requests,
        errors=seen.errors,
        error_rate=ratio(seen.errors, seen.requests),
        p95_seconds=seen.p95_seconds,
        rung=seen.rung,
        accepted=seen.tried,
        connected=seen.connected,
        connect_rate=ratio(seen.connected, seen.tried),
        violations=seen.violations,
    )
