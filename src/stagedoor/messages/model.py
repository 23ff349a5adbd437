"""Messages and threads, as one of the two sees them."""

import uuid
from datetime import datetime
from typing import Annotated

import msgspec

from stagedoor.calls import PersonWire
from stagedoor.core.wire import Reply, Request, Wire

# At least one character that is not white space; no NUL, which the database cannot store.
Body = Annotated[str, msgspec.Meta(min_length=1, max_length=4000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]


class MessageRequest(Request, frozen=True):
    body: Body


class MessageWire(Wire, frozen=True):
    """`readAt` of my own message is null while its recipient does not let me see her."""

    id: uuid.UUID
    body: str
    at: datetime
    mine: bool
    read_at: datetime | None


class MessageReply(Reply, frozen=True, kw_only=True):
    message: MessageWire


class LastWire(Wire, frozen=True):
    body: str
    at: datetime
    mine: bool


class ThreadWire(Wire, frozen=True):
    person: PersonWire
    last: LastWire
    unread: int
    can_message: bool


class ThreadsReply(Reply, frozen=True, kw_only=True):
    threads: list[ThreadWire]


class ThreadReply(Reply, frozen=True, kw_only=True):
    messages: list[MessageWire]
    next_cursor: str | None
    can_message: bool


class UnreadWire(Wire, frozen=True):
    unread: int


class ReadReply(Reply, frozen=True, kw_only=True):
    read: UnreadWire
