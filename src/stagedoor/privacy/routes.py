"""A fan's own settings and data, and what creators see of fans, as HTTP nouns. No decisions here."""

import uuid
from typing import Annotated

from litestar import Response
from litestar.params import Parameter

from stagedoor.calls import FanUnavailable
from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.ids import id_or_nobody
from stagedoor.core.problems import ValidationFailed
from stagedoor.core.wire import Reply
from stagedoor.privacy.erasure import Erasure
from stagedoor.privacy.export import Exporter, ExportWire
from stagedoor.privacy.model import (
    ErasedReply,
    EraseRequest,
    FanReply,
    ForgottenReply,
    ForgottenWire,
    FoundReply,
    OwnEventsReply,
    ProfileReply,
    ReachReply,
    RelatedFansReply,
    SettingsRequest,
)
from stagedoor.privacy.policy import Policy
from stagedoor.privacy.profiles import Profiles
from stagedoor.privacy.reach import Reach
from stagedoor.privacy.trail import Trail

AsCreator = Annotated[uuid.UUID | None, Parameter(query="creatorId", required=False)]


class ExportReply(Reply, frozen=True, kw_only=True):
    export: ExportWire


@route("GET /api/fans/me")
async def me(request: Req) -> FanReply:
    """Me, and who can reach me."""
    return FanReply(fan=await service(request, Policy).of(request.user.id))


@route("PATCH /api/fans/me", feature="FEATURE_FAN_PRIVACY")
async def change_me(request: Req, data: SettingsRequest) -> FanReply:
    """Change who can reach me. It is true everywhere at once."""
    return FanReply(fan=await service(request, Policy).change(request.user, data))


@route("GET /api/fans/me/relationships")
async def relationships(request: Req) -> ReachReply:
    """The creators with whom I have a relationship: why, and what it allows them."""
    return ReachReply(relationships=await service(request, Reach).of(request.user.id))


@route("DELETE /api/fans/me/relationships/{creator_id:uuid}")
async def forget(request: Req, creator_id: uuid.UUID) -> ForgottenReply:
    """Forget me: unfollow, and let nothing that was before count as a relationship."""
    await service(request, Reach).forget(request.user, creator_id)
    return ForgottenReply(relationship=ForgottenWire())


@route("GET /api/fans/me/preview", feature="FEATURE_FAN_PRIVACY", refuses=[FanUnavailable])
async def preview(request: Req, as_creator: AsCreator = None) -> ProfileReply:
    """Me as a creator sees me, byte for byte: `creatorId`, or the one who came last.
    A refusal is what she gets."""
    return ProfileReply(profile=await service(request, Profiles).preview(request.user.id, as_creator))


@route("GET /api/fans/me/export", budget="tight")
async def export(request: Req) -> Response[ExportReply]:
    """Everything that is kept about me, as one document."""
    document = await service(request, Exporter).ask(request.user)
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="stagedoor-{request.user.username}.json"',
    }
    return Response(ExportReply(export=document), headers=headers)


@route("DELETE /api/fans/me", budget="tight", refuses=[ValidationFailed])
async def erase(request: Req, data: EraseRequest) -> ErasedReply:
    """Erase my account for good. What money and audit must keep names nobody any more."""
    await service(request, Erasure).ask(request.user, data.confirm)
    return ErasedReply()


@route("GET /api/fans/me/events")
async def events(request: Req, cursor: str | None = None, limit: int | None = None) -> OwnEventsReply:
    """What I did, and what happened in my calls and to my tokens, newest first."""
    found, following = await service(request, Trail).page(request.user.id, cursor, limit)
    return OwnEventsReply(events=found, next_cursor=following)


@route(
    "GET /api/fans/search", access="creator", budget="tight", feature="FEATURE_FAN_PRIVACY", refuses=[ValidationFailed]
)
async def search(request: Req, q: str = "") -> FoundReply:
    """Fans who chose to be found and whom I may see; at least two letters of a name, or of each word of it."""
    return FoundReply(fans=await service(request, Profiles).search(request.user.id, q))


@route(
    "GET /api/fans/{fan_id:str}/mini-profile",
    access="creator",
    feature="FEATURE_FAN_MINI_PROFILE",
    refuses=[FanUnavailable],
)
async def mini_profile(request: Req, fan_id: str) -> ProfileReply:
    """A fan as I may see her, what I may do, and what we did together."""
    return ProfileReply(profile=await service(request, Profiles).seen_by(request.user.id, id_or_nobody(fan_id)))


@route("GET /api/creators/me/fans", access="creator")
async def related_fans(request: Req, cursor: str | None = None, limit: int | None = None) -> RelatedFansReply:
    """The fans with whom I have a relationship, the newest first, and what I may do."""
    fans, following = await service(request, Profiles).related(request.user.id, cursor, limit)
    return RelatedFansReply(fans=fans, next_cursor=following)


handlers: list[Handler] = [
    me,
    change_me,
    relationships,
    forget,
    preview,
    export,
    erase,
    events,
    search,
    mini_profile,
    related_fans,
]
