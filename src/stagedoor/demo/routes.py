"""Sign in as one of the cast without a password, and watch what is recorded."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from litestar.params import Parameter

from stagedoor.core.db import Database
from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.wire import Reply, Request, Wire
from stagedoor.platform import Accounts
from stagedoor.platform.model import SessionWire, SignedIn
from stagedoor.platform.routes import signed_in

EventId = Annotated[int, Parameter(ge=0, le=2**63 - 1)]


class DemoSessionRequest(Request, frozen=True):
    username: Literal["mia", "sam"]


class EventWire(Wire, frozen=True):
    """An event, as the record keeps it."""

    id: int
    type: str
    at: datetime
    call_id: uuid.UUID | None
    data: dict[str, Any]


class EventsReply(Reply, frozen=True, kw_only=True):
    events: list[EventWire]


@route("POST /api/demo/sessions", access="anyone", status=201)
async def demo_session(request: Req, data: DemoSessionRequest) -> SignedIn:
    """A real session of Mia or Sam."""
    accounts = service(request, Accounts)
    person = await accounts.find(data.username)
    assert person is not None
    opened = accounts.session_for(person.id)
    return await signed_in(request, data.username, SessionWire(opened.token, opened.expires_at))


@route("GET /api/demo/events", access="anyone")
async def demo_events(request: Req, after: EventId = 0) -> EventsReply:
    """What was recorded after the event `after`, oldest first; the last 50 when `after` is 0."""
    async with service(request, Database).connection() as connection:
        rows = await connection.fetch(
            "SELECT id, type, created_at, call_id, data FROM events WHERE id > $1 ORDER BY id DESC LIMIT 50", after
        )
    return EventsReply(events=[EventWire(*row.values()) for row in reversed(rows)])


handlers: list[Handler] = [demo_session, demo_events]
