"""Who is still there: one batched write a beat for all of this process's clients.

A client that carries media says so about once a second (`call:alive`) and counts as gone three seconds after its
last word; one that only holds a socket is written every five seconds and counts as gone after twelve. A client
that uses HTTP alone counts as gone thirty seconds after its last request. A server that dies stops nobody's clock:
whoever comes back within the gap limit was never away.
"""

import asyncio
import time
import uuid
from typing import Any

import structlog

from stagedoor.calls import media_queries
from stagedoor.core.db import Database
from stagedoor.core.problems import Unavailable
from stagedoor.events.sockets import Client, Sockets

log = structlog.get_logger("presence")
BEAT_SECONDS = 1.0
ALIVE_SECONDS = 3
STALE_SECONDS = 2.0  # a word that waited longer for the database says nothing of now
SOCKET_BEATS = 5  # a socket alone is written every fifth beat
SOCKET_SECONDS = 12


class Presence:
    """Collects signs of life and writes them. `run` until cancelled."""

    def __init__(self, database: Database, sockets: Sockets) -> None:
        self._database = database
        self._sockets = sockets
        self._alive: dict[tuple[uuid.UUID, uuid.UUID], float] = {}
        sockets.on("call:alive", self._heard)

    async def _heard(self, client: Client, data: dict[str, Any]) -> None:
        try:
            call_id = uuid.UUID(str(data.get("callId")))
        except ValueError:
            return
        self._alive[call_id, client.person.id] = time.monotonic()

    async def run(self) -> None:
        beat = 0
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            beat += 1
            try:
                await self._write(sockets_too=beat % SOCKET_BEATS == 0)
            except Unavailable as error:
                log.warning("presence waits for the database", because=error.because)
            except Exception:
                log.exception("a heartbeat was not written")

    async def _write(self, *, sockets_too: bool) -> None:
        if not self._alive and not (sockets_too and self._sockets.people()):
            return
        async with self._database.connection() as connection:  # the wait comes first: then it is asked who is there
            heard = self._heard_lately()
            if heard:
                await media_queries.beat(connection, [c for c, _ in heard], [p for _, p in heard], ALIVE_SECONDS)
            if sockets_too and (people := self._sockets.people()):
                await media_queries.beat_people(connection, people, SOCKET_SECONDS)

    def _heard_lately(self) -> list[tuple[uuid.UUID, uuid.UUID]]:
        """Calls and people heard of since the last beat; a beat's time is theirs, so old words are left out."""
        heard, self._alive = self._alive, {}
        now = time.monotonic()
        return [who for who, at in heard.items() if now - at < STALE_SECONDS]
