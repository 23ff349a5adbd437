"""Who is still there: one batched write a beat for all of this process's clients.

A client that carries media says so about once a second (`call:alive`), is billed for up to its last word, and counts
as gone three seconds after it; one that only holds a socket is written every five seconds and counts as gone after
twelve. A client that uses HTTP alone counts as gone thirty seconds after its last request. A server that dies stops
nobody's clock: whoever comes back within the gap limit was never away.
"""

import asyncio
import math
import time
import uuid
from typing import Any

import structlog

from stagedoor.calls import media_queries
from stagedoor.calls.model import ALIVE_SECONDS
from stagedoor.core.db import Database
from stagedoor.core.problems import Unavailable
from stagedoor.events.sockets import Client, Sockets

log = structlog.get_logger("presence")
BEAT_SECONDS = 0.2  # a word waits no longer to be written: what it says is what a hang-up is billed to
SOCKET_BEATS = 25  # a socket alone is written this seldom
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
        self._alive[call_id, client.person.id] = time.monotonic() - _silence(data.get("silentSeconds"))

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
            if words := self._words():
                await media_queries.beat(connection, words)
            if sockets_too and (people := self._sockets.people()):
                await media_queries.beat_people(connection, people, SOCKET_SECONDS)

    def _words(self) -> list[media_queries.Word]:
        """Those that came since the last beat."""
        heard, self._alive = self._alive, {}
        now = time.monotonic()
        return [media_queries.Word(call_id, person, now - at) for (call_id, person), at in heard.items()]


def _silence(said: object) -> float:
    """How long a client says that nothing had arrived; nonsense and what lies ahead are no silence."""
    if isinstance(said, bool) or not isinstance(said, int | float) or math.isnan(said):
        return 0.0
    return min(float(ALIVE_SECONDS), max(0.0, said))
