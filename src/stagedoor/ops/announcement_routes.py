"""What there is to tell everybody who is signed in."""

from datetime import datetime

from stagedoor.core.db import Database
from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.wire import Reply, Wire
from stagedoor.ops.rollout.announcement import Kind, announcement


class AnnouncementWire(Wire, frozen=True):
    """`kind` is for a client's own words; `text` says it in English. Whoever closed it knows it by its `id`."""

    id: int
    kind: Kind
    text: str
    at: datetime


class AnnouncementReply(Reply, frozen=True, kw_only=True):
    announcement: AnnouncementWire | None


@route("GET /api/announcement")
async def read(request: Req) -> AnnouncementReply:
    """The newest thing that people are told of a roll-out, for a week; null when there is none."""
    async with service(request, Database).connection() as connection:
        found = await announcement(connection)
    return AnnouncementReply(
        announcement=None if found is None else AnnouncementWire(found.id, found.kind, found.text, found.at)
    )


handlers: list[Handler] = [read]
