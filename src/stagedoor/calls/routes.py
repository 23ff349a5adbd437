"""The calls' HTTP nouns. No decisions here."""

import uuid
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from litestar.params import Parameter

from stagedoor.calls import problems
from stagedoor.calls.media import SILENT_SECONDS_MAX, CallMedia
from stagedoor.calls.model import CallType, CallWire
from stagedoor.calls.reading import CallReader
from stagedoor.calls.service import Calls
from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.problems import IdempotencyKeyReused
from stagedoor.core.wire import Reply, Request, Wire
from stagedoor.media import Credentials
from stagedoor.push import Passes

IdempotencyKey = Annotated[str | None, Parameter(header="Idempotency-Key", required=False)]
DeviceId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class InitiateRequest(Request, frozen=True):
    fan_id: uuid.UUID
    call_type: CallType


class AcceptRequest(Request, frozen=True):
    call_id: uuid.UUID
    max_tokens: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    device_id: DeviceId | None = None


class CallRequest(Request, frozen=True):
    call_id: uuid.UUID


class DeclineRequest(Request, frozen=True):
    """`callBackMinutes`: not now, but call me again then."""

    call_id: uuid.UUID
    call_back_minutes: Literal[15, 30, 60] | None = None


class PushedDeclineRequest(Request, frozen=True):
    """`token` is the `declineToken` that was pushed with the ring."""

    call_id: uuid.UUID
    token: Annotated[str, msgspec.Meta(max_length=200)]


class DeclinedWire(Wire, frozen=True):
    declined: bool = True


class DeclinedReply(Reply, frozen=True, kw_only=True):
    call: DeclinedWire


class QualityRequest(Request, frozen=True):
    """3 good, 2 fair, 1 weak: how the other's media arrives here."""

    quality: Literal[1, 2, 3]


class JoinRequest(Request, frozen=True):
    device_id: DeviceId


class MediaRequest(Request, frozen=True):
    """`silentSeconds`: how long nothing had arrived when the client called it lost; that time is not billed.

    `heartbeat`: from now on I say `call:alive` over my socket about once a second while it arrives, and nothing is
    billed past my last word. Without it, and before the first such word, I count as there for 30 seconds.
    """

    state: Literal["connected", "lost"]
    silent_seconds: Annotated[float, msgspec.Meta(ge=0, le=SILENT_SECONDS_MAX)] = 0.0
    heartbeat: bool = False


class CallReply(Reply, frozen=True, kw_only=True):
    call: CallWire


class CurrentReply(Reply, frozen=True, kw_only=True):
    calls: list[CallWire]
    server_time: datetime


class HistoryReply(Reply, frozen=True, kw_only=True):
    calls: list[CallWire]
    next_cursor: str | None


class JoinReply(Reply, frozen=True, kw_only=True):
    media: Credentials


@route(
    "POST /api/calls/initiate",
    access="creator",
    budget="calls",
    feature="FEATURE_CALLS",
    status=201,
    refuses=[
        problems.FanUnavailable,
        problems.CreatorBusy,
        problems.FanBusy,
        problems.CallCooldown,
        IdempotencyKeyReused,
    ],
)
async def initiate(request: Req, data: InitiateRequest, idempotency_key: IdempotencyKey = None) -> CallReply:
    """Ring a fan. It rings for two minutes, on every device of theirs."""
    calls = service(request, Calls)
    call_id, call = await calls.initiate(request.user, data.fan_id, data.call_type, idempotency_key)
    return CallReply(call=call) if call is not None else await _reply(request, call_id)


@route(
    "POST /api/calls/accept",
    refuses=[
        problems.CallNotFound,
        problems.AnsweredElsewhere,
        problems.InvitationExpired,
        problems.CallCancelled,
        problems.CallNotAllowed,
        problems.FanBusy,
        problems.InsufficientTokens,
    ],
)
async def accept(request: Req, data: AcceptRequest) -> CallReply:
    """Answer. The price was frozen when it rang; at most `maxTokens` are spent, when given."""
    await service(request, Calls).accept(request.user, data.call_id, data.max_tokens, data.device_id)
    return await _reply(request, data.call_id)


_ANSWERS = [
    problems.CallNotFound,
    problems.AnsweredElsewhere,
    problems.InvitationExpired,
    problems.CallCancelled,
]


@route("POST /api/calls/decline", refuses=_ANSWERS)
async def decline(request: Req, data: DeclineRequest) -> CallReply:
    """Decline a ringing call, on every device; or ask the creator to call back in 15, 30 or 60 minutes."""
    await service(request, Calls).decline(request.user, data.call_id, data.call_back_minutes)
    return await _reply(request, data.call_id)


@route("POST /api/calls/decline-pushed", access="anyone", budget="tight", refuses=_ANSWERS)
async def decline_pushed(request: Req, data: PushedDeclineRequest) -> DeclinedReply:
    """Decline a ring from its notification, where no session is: the pass that was pushed with it is enough. It
    declines that one call while it rings, and nothing else."""
    fan_id = service(request, Passes).holder("decline", data.token, str(data.call_id))
    if fan_id is None:
        raise problems.CallNotFound(because="not the pass of this call")
    await service(request, Calls).decline_for(fan_id, data.call_id)
    return DeclinedReply(call=DeclinedWire())


@route("POST /api/calls/cancel", refuses=_ANSWERS)
async def cancel(request: Req, data: CallRequest) -> CallReply:
    """Stop ringing."""
    await service(request, Calls).cancel(request.user, data.call_id)
    return await _reply(request, data.call_id)


@route("POST /api/calls/end", refuses=[problems.CallNotFound])
async def end(request: Req, data: CallRequest) -> CallReply:
    """Hang up. Ending an ended call answers with how it ended."""
    await service(request, Calls).end(request.user, data.call_id)
    return await _reply(request, data.call_id)


@route("GET /api/calls/current")
async def current(request: Req) -> CurrentReply:
    """What rings or runs for me now: what a client reads when it starts or reconnects."""
    calls = await service(request, CallReader).current(request.user.id)
    return CurrentReply(calls=calls, server_time=datetime.now(UTC))


@route("GET /api/calls/history")
async def history(request: Req, cursor: str | None = None, limit: int | None = None) -> HistoryReply:
    """My calls that are over, newest first."""
    calls, following = await service(request, CallReader).history(request.user.id, cursor, limit)
    return HistoryReply(calls=calls, next_cursor=following)


@route("GET /api/calls/{call_id:uuid}", refuses=[problems.CallNotFound])
async def get_call(request: Req, call_id: uuid.UUID) -> CallReply:
    """One call that I am in."""
    return await _reply(request, call_id)


@route(
    "POST /api/calls/{call_id:uuid}/join",
    refuses=[problems.CallNotFound, problems.CallNotLive, problems.CallEnded],
)
async def join(request: Req, call_id: uuid.UUID, data: JoinRequest) -> JoinReply:
    """My own media credentials. Joining from another device takes the call over."""
    return JoinReply(media=await service(request, CallMedia).join(request.user, call_id, data.device_id))


@route(
    "POST /api/calls/{call_id:uuid}/media",
    refuses=[problems.CallNotFound, problems.CallNotLive, problems.CallEnded],
)
async def media(request: Req, call_id: uuid.UUID, data: MediaRequest) -> CallReply:
    """I have, or lost, the other side's media. The clock runs only while both sides have it."""
    await service(request, CallMedia).attest(
        request.user, call_id, data.state, silent_seconds=data.silent_seconds, heartbeat=data.heartbeat
    )
    return await _reply(request, call_id)


@route(
    "POST /api/calls/{call_id:uuid}/quality",
    refuses=[problems.CallNotFound, problems.CallNotLive, problems.CallEnded],
)
async def quality(request: Req, call_id: uuid.UUID, data: QualityRequest) -> CallReply:
    """How good the connection is from here on. It is on the receipt, and changes nothing else."""
    await service(request, CallMedia).said_quality(request.user, call_id, data.quality)
    return await _reply(request, call_id)


async def _reply(request: Req, call_id: uuid.UUID) -> CallReply:
    return CallReply(call=await service(request, CallReader).one(request.user.id, call_id))


handlers: list[Handler] = [
    initiate,
    accept,
    decline,
    decline_pushed,
    cancel,
    end,
    current,
    history,
    get_call,
    join,
    media,
    quality,
]
