"""The overview's and the roll-out's HTTP nouns, for operators."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from stagedoor.core.db import Database
from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.wire import Reply, Request, Wire
from stagedoor.ops import looks
from stagedoor.ops.overview import Overview, OverviewWire
from stagedoor.ops.problems import RolloutRefused
from stagedoor.ops.rollout import By, Rollout, RolloutError, Rollouts
from stagedoor.ops.rollout_wire import GuardWire, RolloutWire, guard_wire, rollout_wire
from stagedoor.ops.series import Range

_STORY = """
SELECT id, type, created_at, data FROM events
WHERE call_id IS NULL AND creator_id IS NULL AND fan_id IS NULL AND id > $1
  AND (type LIKE 'rollout.%' OR type LIKE 'flag.%' OR type LIKE 'backup.%' OR type LIKE 'rollback.%')
ORDER BY id DESC LIMIT 100
"""


class PlanRequest(Request, frozen=True):
    """`shorten` divides every time; a dry run checks and watches, and flips nothing."""

    automatic: bool = False
    dry_run: bool = False
    shorten: Annotated[float, msgspec.Meta(ge=1, le=100_000)] = 1


class AbortRequest(Request, frozen=True):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class OverviewReply(Reply, frozen=True, kw_only=True):
    overview: OverviewWire


class RolloutReply(Reply, frozen=True, kw_only=True):
    rollout: RolloutWire | None
    guard: GuardWire | None


class StoryWire(Wire, frozen=True):
    """Something that an operator or the guard did."""

    id: int
    type: str
    at: datetime
    data: dict[str, Any]


class StoryReply(Reply, frozen=True, kw_only=True):
    events: list[StoryWire]


@route("GET /api/ops/overview", access="operator")
async def overview(request: Req, range: Range = "hour") -> OverviewReply:  # noqa: A002  # the query's own name
    """Health, flags, roll-out, funnel, rates and plots over an hour, a day or a week."""
    return OverviewReply(overview=await service(request, Overview).read(range))


@route("GET /api/ops/events", access="operator")
async def story(request: Req, after: int = 0) -> StoryReply:
    """What operators and the guard did, newest first."""
    async with service(request, Database).connection() as connection:
        rows = await connection.fetch(_STORY, after)
    return StoryReply(events=[StoryWire(row["id"], row["type"], row["created_at"], row["data"]) for row in rows])


@route("GET /api/ops/rollout", access="operator")
async def get_rollout(request: Req) -> RolloutReply:
    """The open roll-out, or the last one, and what the guard sees."""
    return await _reply(request, await service(request, Rollouts).newest())


@route("POST /api/ops/rollout/plan", access="operator", refuses=[RolloutRefused], status=201)
async def plan(request: Req, data: PlanRequest) -> RolloutReply:
    """Write the steps down; one that was planned or aborted gives way."""
    verbs = service(request, Rollouts)
    work = verbs.plan(_by(request), automatic=data.automatic, dry_run=data.dry_run, shorten=data.shorten)
    return await _moved(request, work)


@route("POST /api/ops/rollout/{verb:str}", access="operator", refuses=[RolloutRefused])
async def move(request: Req, verb: Literal["start", "next", "resume"]) -> RolloutReply:
    """Begin, go to the next step, or begin the aborted step again."""
    verbs = service(request, Rollouts)
    work = {"start": verbs.start, "next": verbs.next, "resume": verbs.resume}[verb](_by(request))
    return await _moved(request, work)


@route("POST /api/ops/rollout/abort", access="operator", refuses=[RolloutRefused])
async def abort(request: Req, data: AbortRequest) -> RolloutReply:
    """Turn the present phase off. Calls that run finish and settle."""
    return await _moved(request, service(request, Rollouts).abort(_by(request), data.reason))


async def _moved(request: Req, work: Awaitable[Rollout]) -> RolloutReply:
    try:
        return await _reply(request, await work)
    except RolloutError as error:
        raise RolloutRefused(details=[{"field": "rollout", "message": reason} for reason in error.reasons]) from error


async def _reply(request: Req, rollout: Rollout | None) -> RolloutReply:
    async with service(request, Database).connection() as connection:
        look = await looks.read(connection)
    return RolloutReply(
        rollout=None if rollout is None else rollout_wire(rollout), guard=None if look is None else guard_wire(look)
    )


def _by(request: Req) -> By:
    return By(request.user.username, request.user.id)


handlers: list[Handler] = [overview, story, get_rollout, plan, abort, move]
