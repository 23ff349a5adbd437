"""Agora's HTTP nouns: a participant's token, and Agora's own notices."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import Parameter

from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.problems import Forbidden, TooLarge, ValidationFailed
from stagedoor.core.wire import Reply
from stagedoor.media.agora import Agora
from stagedoor.media.agora_evidence import AgoraEvidence
from stagedoor.media.agora_token import UID_MAX, Role
from stagedoor.media.problems import AgoraDisabled, ChannelNotFound, SignatureInvalid

Channel = Annotated[str, Parameter(min_length=1, max_length=64)]
Uid = Annotated[int | None, Parameter(ge=1, le=UID_MAX)]


class TokenReply(Reply, frozen=True, kw_only=True):
    token: str
    app_id: str
    channel: str
    uid: int
    role: Role
    expires_at: datetime


class NoticeReply(Reply, frozen=True, kw_only=True):
    notice: Annotated[str, msgspec.Meta(description="always `received`")] = "received"


@route("GET /api/agora/token", budget="tight", refuses=[ChannelNotFound, AgoraDisabled, Forbidden])
async def token(request: Req, channel: Channel, uid: Uid = None, role: Role = "publisher") -> Response[TokenReply]:
    """My token for the channel of a live call of mine; renews the one that `join` gave. `uid` is my own, or left out.

    An operator may ask for the channel `test`.
    """
    grant = await service(request, Agora).token(request.user, channel, uid, role)
    reply = TokenReply(
        token=grant.token,
        app_id=grant.app_id,
        channel=grant.channel,
        uid=grant.uid,
        role=grant.role,
        expires_at=grant.expires_at,
    )
    return Response(reply, headers={"Cache-Control": "no-store"})


@route(
    "POST /api/agora/webhook",
    access="anyone",
    refuses=[SignatureInvalid, AgoraDisabled, ValidationFailed, TooLarge],
)
async def webhook(request: Req) -> NoticeReply:
    """Agora's notice of who came and went, signed with the webhook's secret (`Agora-Signature-V2`)."""
    evidence = service(request, AgoraEvidence)
    if not evidence.is_configured:
        raise AgoraDisabled(because="AGORA_WEBHOOK_SECRET is not set")
    await evidence.receive(await request.body(), _header(request, "agora-signature-v2"))
    return NoticeReply()


def _header(request: Any, name: str) -> str:
    return str(request.headers.get(name, ""))


handlers: list[Handler] = [token, webhook]
