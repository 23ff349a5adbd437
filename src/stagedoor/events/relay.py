"""Delivers recorded events to every sink, at least once and in the order in which they were recorded of one call.

Fast path: what this process committed is delivered at once, each call's events one after another and different
calls' beside each other, so that a slow sink holds up nobody else. An event takes its place in line when it is
recorded, while its transaction holds the call's lock: the answers to two commits may be read in either order.
Backstop: whatever stayed unpublished, because its process died, a sink failed or it was written by hand in SQL, is
found and delivered within a few seconds. Nothing is delivered inside an open transaction.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import structlog

from stagedoor.core.db import Connection, Database
from stagedoor.core.problems import Unavailable
from stagedoor.events.journal import Event

log = structlog.get_logger("relay")
BACKSTOP_SECONDS = 1.0
BATCH = 500
MARK_EVERY_SECONDS = 0.1  # alone, a mark costs the database as much as half a ring; among fifty, a twentieth
BACKSTOP_LOCK = 7_305_808  # one process at a time republishes; the lock goes with its connection

_UNPUBLISHED = """
SELECT id, type, call_id, creator_id, fan_id, actor_id, version, request_id, data, deliveries, created_at
FROM events WHERE published_at IS NULL AND created_at < clock_timestamp() - interval '1 second'
ORDER BY id LIMIT $1
"""
_MARK = "UPDATE events SET published_at = clock_timestamp() WHERE id = ANY ($1::bigint[]) AND published_at IS NULL"

Lane = uuid.UUID | int


class Sink(Protocol):
    """Somewhere that events go. May raise: the event is then delivered again later."""

    async def deliver(self, event: Event) -> None: ...


class Relay:
    """Owns the lanes, the backstop and the marking. `run` until cancelled."""

    def __init__(self, database: Database, sinks: Sequence[Sink]) -> None:
        self._database = database
        self._sinks = sinks
        self._lanes: dict[Lane, deque[Event]] = {}
        self._uncommitted: set[int] = set()
        self._driven: set[Lane] = set()
        self._under_way: set[asyncio.Task[None]] = set()
        self._delivered: asyncio.Queue[int] = asyncio.Queue()

    def expect(self, event: Event) -> None:
        """Keep a place in line for `event`, recorded and not committed. `publish` or `forget` must follow."""
        self._lanes.setdefault(lane_of(event), deque()).append(event)
        self._uncommitted.add(event.id)

    def publish(self, events: list[Event]) -> None:
        """Deliver `events`, whose places were kept, soon; called after their commit."""
        self._uncommitted.difference_update(event.id for event in events)
        self._go_on(events)

    def forget(self, events: list[Event]) -> None:
        """Give up the places of `events`; called when they were rolled back, or nobody knows."""
        self._uncommitted.difference_update(event.id for event in events)
        for event in events:
            self._lanes[lane_of(event)].remove(event)
        self._go_on(events)

    def _go_on(self, events: list[Event]) -> None:
        for lane in {lane_of(event) for event in events} - self._driven:
            self._driven.add(lane)
            task = asyncio.create_task(self._drive(lane))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def run(self) -> None:
        await asyncio.gather(self._marking(), self._backstop())

    async def drain(self) -> None:
        """Deliver what is queued; called at shutdown, after the last request."""
        while self._under_way:
            await asyncio.wait(self._under_way)
        while not self._delivered.empty():
            await self._mark_some()

    async def _drive(self, lane: Lane) -> None:
        """One lane, up to the first place that is only kept. After a failure the backstop tells it, and what follows
        it, in order."""
        waiting = self._lanes[lane]
        while waiting and waiting[0].id not in self._uncommitted:
            event = waiting.popleft()
            if not await self._deliver(event):
                kept = [event for event in waiting if event.id in self._uncommitted]
                waiting.clear()
                waiting.extend(kept)
                break
            self._delivered.put_nowait(event.id)
        self._driven.discard(lane)
        if not waiting:
            del self._lanes[lane]

    async def _marking(self) -> None:
        while True:
            await self._mark_some()
            if self._delivered.qsize() < BATCH:
                await asyncio.sleep(MARK_EVERY_SECONDS)

    async def _mark_some(self) -> None:
        ids = [await self._delivered.get()]
        while len(ids) < BATCH and not self._delivered.empty():
            ids.append(self._delivered.get_nowait())
        try:
            async with self._database.connection() as connection:
                await connection.execute(_MARK, ids)
        except Unavailable as error:
            log.warning("events stay unpublished", because=error.because, count=len(ids))
        except Exception:
            log.exception("events stay unpublished", count=len(ids))

    async def _backstop(self) -> None:
        while True:
            try:
                while await self.republish():
                    pass
            except Unavailable as error:
                log.warning("relay waits for the database", because=error.because)
            except Exception:
                log.exception("the backstop tries again")
            await asyncio.sleep(BACKSTOP_SECONDS)

    async def republish(self) -> int:
        """Deliver one batch of events that nobody did. Returns how many were delivered."""
        async with self._database.session() as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", BACKSTOP_LOCK):
                return 0
            try:
                return await self._republish(connection)
            finally:
                await connection.execute("SELECT pg_advisory_unlock($1)", BACKSTOP_LOCK)

    async def _republish(self, connection: Connection) -> int:
        lanes: dict[Lane, list[Event]] = {}
        for row in await connection.fetch(_UNPUBLISHED, BATCH):
            event = Event(*row.values())
            lanes.setdefault(lane_of(event), []).append(event)
        parts = await asyncio.gather(*map(self._deliver_all, lanes.values()))
        delivered = [number for part in parts for number in part]
        if delivered:
            await connection.execute(_MARK, delivered)
        return len(delivered)

    async def _deliver_all(self, events: list[Event]) -> list[int]:
        """In order, up to the first failure. Returns the ids that were delivered."""
        delivered = []
        for event in events:
            if not await self._deliver(event):
                break
            delivered.append(event.id)
        return delivered

    async def _deliver(self, event: Event) -> bool:
        try:
            for sink in self._sinks:
                await sink.deliver(event)
        except Exception:
            log.exception("event not delivered", event_id=event.id, event_type=event.type)
            return False
        return True


def lane_of(event: Event) -> Lane:
    """What an event is in line with: its call, else the person it is about."""
    return event.call_id or event.fan_id or event.creator_id or event.id
