"""One transaction, one event: a change and its record commit together or not at all.

A service opens `journal.transaction()`, changes rows on `tx.db` and calls `tx.record(...)`. After the commit
this process publishes what was recorded; a crash in between leaves the row unpublished, and the relay of any
process publishes it later. Business code never emits, logs or counts by itself.
"""

import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

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


@dataclass(slots=True)
class Transaction:
    """An open transaction: `db` for statements, `record` for what they mean."""

    db: Connection
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
        self.recorded.append(Event(row["id"], *about, row["created_at"]))

    def recorded_already(self, event: Event) -> None:
        """The event that a function in the database wrote with its change: to be published like any other."""
        self.recorded.append(event)


class Journal:
    """Opens transactions whose events are published after they commit."""

    def __init__(self, database: Database, publish: Callable[[list[Event]], None]) -> None:
        self._database = database
        self._publish = publish

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        async with self._database.transaction() as connection:
            tx = Transaction(connection)
            yield tx
        if tx.recorded:
            self._publish(tx.recorded)

    @contextlib.asynccontextmanager
    async def statement(self) -> AsyncIterator[Transaction]:
        """For a change that is one statement and records its own event: it is its own transaction, so none is opened
        around it. What it recorded is published once it has run."""
        async with self._database.connection() as connection:
            tx = Transaction(connection)
            yield tx
        if tx.recorded:
            self._publish(tx.recorded)
