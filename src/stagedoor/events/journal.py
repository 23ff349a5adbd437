"""One transaction, one event: a change and its record commit together or not at all.

A service opens `journal.transaction()`, changes rows on `tx.db` and calls `tx.record(...)`. After the commit
this process publishes what was recorded; a crash in between leaves the row unpublished, and the relay of any
process publishes it later. Business code never emits, logs or counts by itself.
"""

import contextlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import msgspec
import structlog

from stagedoor.core.db import Connection, Database


@dataclass(frozen=True, slots=True)
class Tell:
    """One delivery: the event `name` with `data` on `channel` (`fan:{id}` or `creator:{id}`)."""

    channel: str
    name: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """A recorded event, as the sinks receive it."""

    id: int
    type: str
    call_id: uuid.UUID | None
    creator_id: uuid.UUID | None
    fan_id: uuid.UUID | None
    actor_id: uuid.UUID | None
    version: int
    request_id: str | None
    data: dict[str, Any]
    deliveries: list[dict[str, Any]]
    created_at: datetime


def to_fan(fan_id: uuid.UUID, name: str, **data: Any) -> Tell:
    return Tell(f"fan:{fan_id}", name, data)


def to_creator(creator_id: uuid.UUID, name: str, **data: Any) -> Tell:
    return Tell(f"creator:{creator_id}", name, data)


def request_id() -> str | None:
    """The id of the request that is being answered, under which the log has the rest."""
    found: str | None = structlog.contextvars.get_contextvars().get("requestId")
    return found


_INSERT = """
INSERT INTO events (type, call_id, creator_id, fan_id, actor_id, version, request_id, data, deliveries)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING id, created_at
"""


class Publisher(Protocol):
    """Who tells what was recorded. An event's place in line is kept when it is recorded and before its commit, while
    the transaction holds the lock that orders it."""

    def expect(self, event: Event) -> None: ...
    def publish(self, events: list[Event]) -> None: ...
    def forget(self, events: list[Event]) -> None: ...


class Elsewhere:
    """The relay of a running server finds what was recorded, and publishes it."""

    def expect(self, event: Event) -> None:
        pass

    def publish(self, events: list[Event]) -> None:
        pass

    forget = publish


@dataclass(slots=True)
class Transaction:
    """An open transaction: `db` for statements, `record` for what they mean."""

    db: Connection
    publisher: Publisher
    recorded: list[Event] = field(default_factory=list)

    async def record(
        self,
        type: str,  # noqa: A002  # the field's name in the table and on the wire
        *tells: Tell,
        call_id: uuid.UUID | None = None,
        creator_id: uuid.UUID | None = None,
        fan_id: uuid.UUID | None = None,
        actor_id: uuid.UUID | None = None,
        version: int = 0,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the event `type` in this transaction. `tells` are what clients hear of it, in order."""
        deliveries = [
            {"channel": tell.channel, "name": tell.name, "data": msgspec.to_builtins(tell.data)} for tell in tells
        ]
        about = (type, call_id, creator_id, fan_id, actor_id, version, request_id(), dict(data or {}), deliveries)
        row = await self.db.fetchrow(_INSERT, *about)
        assert row is not None
        self._recorded(Event(row["id"], *about, row["created_at"]))

    def recorded_already(self, event: Event) -> None:
        """The event that a function in the database wrote with its change: to be published like any other."""
        self._recorded(event)

    def _recorded(self, event: Event) -> None:
        self.recorded.append(event)
        self.publisher.expect(event)


class Journal:
    """Opens transactions whose events are published after they commit."""

    def __init__(self, database: Database, publisher: Publisher | None = None) -> None:
        """Without a publisher, the relay of a running server tells what is recorded."""
        self._database = database
        self._publisher = publisher or Elsewhere()

    def transaction(self) -> "_Published":
        return _Published(self._database.transaction(), self._publisher)

    def statement(self) -> "_Published":
        """For a change that is one statement and records its own event: it is its own transaction, so none is opened
        around it. What it recorded is published once it has run."""
        return _Published(self._database.connection(), self._publisher)


class _Published:
    """A transaction, and what becomes of its events when it ends. (A generator would do, and costs a ring 3 %.)"""

    __slots__ = ("_opening", "_publisher", "_recorded")

    def __init__(self, opening: contextlib.AbstractAsyncContextManager[Connection], publisher: Publisher) -> None:
        self._opening = opening
        self._publisher = publisher
        self._recorded: list[Event] = []

    async def __aenter__(self) -> Transaction:
        return Transaction(await self._opening.__aenter__(), self._publisher, self._recorded)

    async def __aexit__(self, *raised: Any) -> None:
        try:
            await self._opening.__aexit__(*raised)
        except BaseException:  # a commit that nobody answered for as well: the backstop looks
            self._publisher.forget(self._recorded)
            raise
        if raised[0] is None:
            self._publisher.publish(self._recorded)
        else:
            self._publisher.forget(self._recorded)
