"""Delivers recorded events to every sink, at least once and in the order of this process's commits.

Fast path: what this process committed is queued and published at once. Backstop: whatever stayed unpublished,
because its process died or because it was written by hand in SQL, is found and published within a few seconds.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from stagedoor.core.db import Database
from stagedoor.core.problems import Unavailable
from stagedoor.events.journal import Event

log = structlog.get_logger("relay")
BACKSTOP_SECONDS = 1.0
BATCH = 500

_UNPUBLISHED = """
SELECT id, type, call_id, creator_id, fan_id, actor_id, version, request_id, data, deliveries, created_at
FROM events WHERE published_at IS NULL AND created_at < clock_timestamp() - interval '1 second'
ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
"""
_MARK = "UPDATE events SET published_at = clock_timestamp() WHERE id = ANY ($1::bigint[]) AND published_at IS NULL"


class Sink(Protocol):
    """Somewhere that events go. May raise: the event is then delivered again later."""

    async def deliver(self, event: Event) -> None: ...


class Relay:
    """Owns the queue, the backstop and the marking. `run` until cancelled."""

    def __init__(self, database: Database, sinks: Sequence[Sink]) -> None:
        self._database = database
        self._sinks = sinks
        self._queue: asyncio.Queue[Event] = asyncio.Queue()

    def publish(self, events: list[Event]) -> None:
        for event in events:
            self._queue.put_nowait(event)

    async def run(self) -> None:
        await asyncio.gather(self._fast_path(), self._backstop())

    async def drain(self) -> None:
        """Deliver what is queued; called at shutdown, after the last request."""
        while not self._queue.empty():
            await self._publish_queued()

    async def _fast_path(self) -> None:
        while True:
            await self._publish_queued()

    async def _publish_queued(self) -> None:
        batch = [await self._queue.get()]
        while len(batch) < BATCH and not self._queue.empty():
            batch.append(self._queue.get_nowait())
        delivered = [event.id for event in batch if await self._deliver(event)]
        try:
            async with self._database.connection() as connection:
                await connection.execute(_MARK, delivered)
        except Unavailable as error:
            log.warning("events stay unpublished", because=error.because, count=len(delivered))

    async def _backstop(self) -> None:
        while True:
            try:
                while await self.republish():
                    pass
            except Unavailable as error:
                log.warning("relay waits for the database", because=error.because)
            await asyncio.sleep(BACKSTOP_SECONDS)

    async def republish(self) -> int:
        """Publish one batch of events that nobody did. Returns how many were delivered."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_UNPUBLISHED, BATCH)
            delivered = [row["id"] for row in rows if await self._deliver(Event(*row.values()))]
            if delivered:
                await connection.execute(_MARK, delivered)
        return len(delivered)

    async def _deliver(self, event: Event) -> bool:
        try:
            for sink in self._sinks:
                await sink.deliver(event)
        except Exception:
            log.exception("event not delivered", event_id=event.id, event_type=event.type)
            return False
        return True
