"""Messages as HTTP nouns. No decisions here."""

from stagedoor.calls import FanUnavailable
from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.ids import id_or_nobody
from stagedoor.messages.model import (
    MessageReply,
    MessageRequest,
    ReadReply,
    ThreadReply,
    ThreadsReply,
    UnreadWire,
)
from stagedoor.messages.service import Messages


@route("GET /api/messages")
async def threads(request: Req) -> ThreadsReply:
    """My threads, the latest first."""
    return ThreadsReply(threads=await service(request, Messages).threads(request.user.id))


@route("GET /api/messages/{user_id:str}")
async def thread(request: Req, user_id: str, cursor: str | None = None, limit: int | None = None) -> ThreadReply:
    """What we wrote, newest first, and whether I may write."""
    other = id_or_nobody(user_id)
    messages, following, allowed = await service(request, Messages).thread(request.user.id, other, cursor, limit)
    return ThreadReply(messages=messages, next_cursor=following, can_message=allowed)


@route("POST /api/messages/{user_id:str}", status=201, refuses=[FanUnavailable])
async def send(request: Req, user_id: str, data: MessageRequest) -> MessageReply:
    """Write to a creator, or as a creator to a fan who allows it."""
    message = await service(request, Messages).send(request.user, id_or_nobody(user_id), data.body)
    return MessageReply(message=message)


@route("POST /api/messages/{user_id:str}/read")
async def read(request: Req, user_id: str) -> ReadReply:
    """I read everything in this thread."""
    await service(request, Messages).read(request.user.id, id_or_nobody(user_id))
    return ReadReply(read=UnreadWire(0))


handlers: list[Handler] = [threads, thread, send, read]
