"""What all processes count together, by minute: the guard and the operators' page go by it.

Each process adds what it counted every two seconds, in one statement, and says that it lives. A count that could
not be written is written with the next batch; a killed process loses two seconds of counts and nothing else.
"""

import asyncio
import socket
import uuid
from collections import Counter

import structlog

from stagedoor import __version__
from stagedoor.core.db import Connection, Database
from stagedoor.core.problems import Unavailable
from stagedoor.events import Event
from stagedoor.ops.metrics import BUCKETS, measure_pool

log = structlog.get_logger("tally")
FLUSH_SECONDS = 2.0
KEPT_DAYS = 8
ALIVE_SECONDS = 10
_FORGET_EVERY = 900  # flushes: half an hour

REQUESTS, ERRORS, BUCKET, REFUSED, EVENT = "http.requests", "http.errors", "http.bucket.", "refused.", "event."

# Sorted, so that two processes lock the rows in the same order.
_ADD = """
INSERT INTO minute_counts (minute, name, counted)
SELECT date_trunc('minute', now()), name, counted FROM unnest($1::text[], $2::bigint[]) AS t (name, counted)
ORDER BY name
ON CONFLICT (minute, name) DO UPDATE SET counted = minute_counts.counted + EXCLUDED.counted
"""
_ALIVE = """
INSERT INTO server_processes (id, host, release) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()
"""


def bucket_of(seconds: float) -> str:
    """The name that a request of `seconds` is counted under: its smallest upper bound."""
    return BUCKET + next((str(bound) for bound in BUCKETS if seconds <= bound), "inf")


class Tally:
    """A sink of events and an observer of HTTP requests. `run` until cancelled."""

    def __init__(self, database: Database) -> None:
        self.process = uuid.uuid4()
        self._database = database
        self._counted: Counter[str] = Counter()
        self._flushes = 0

    def observe(self, _method: str, route: str, status: int, seconds: float, refusal: str | None) -> None:
        """One finished request. Only what people do counts: pages, probes and operators who watch would thin out its
        errors, and make the guard take an idle house for a healthy one."""
        if not route.startswith("/api") or (route.startswith("/api/ops") and status < 400):
            return
        self._counted[REQUESTS] += 1
        self._counted[bucket_of(seconds)] += 1
        if status >= 500:
            self._counted[ERRORS] += 1
        if refusal is not None:
            self._counted[REFUSED + refusal] += 1

    async def deliver(self, event: Event) -> None:
        self._counted[EVENT + event.type] += 1

    async def run(self) -> None:
        try:
            while True:
                await self._flush_or_wait()
                await asyncio.sleep(FLUSH_SECONDS)
        finally:
            await self._leave()

    async def flush(self) -> None:
        """Write what was counted, and that this process lives."""
        counted, self._counted = self._counted, Counter()
        try:
            async with self._database.transaction() as connection:
                if counted:
                    await connection.execute(_ADD, list(counted), list(counted.values()))
                await connection.execute(_ALIVE, self.process, socket.gethostname(), __version__)
                if self._flushes % _FORGET_EVERY == 0:
                    await self._forget(connection)
        except BaseException:
            self._counted.update(counted)
            raise
        self._flushes += 1
        measure_pool(self._database)

    async def _flush_or_wait(self) -> None:
        try:
            await self.flush()
        except Unavailable as error:
            log.warning("counts wait for the database", because=error.because)
        except Exception:
            log.exception("counts were not written")

    async def _forget(self, connection: Connection) -> None:
        await connection.execute(
            "DELETE FROM minute_counts WHERE minute < now() - make_interval(days => $1)", KEPT_DAYS
        )
        await connection.execute("DELETE FROM server_processes WHERE seen_at < now() - interval '1 day'")

    async def _leave(self) -> None:
        """A process that stops says so; one that is killed is missed after ten seconds."""
        try:
            await self.flush()
            async with self._database.connection() as connection:
                await connection.execute("DELETE FROM server_processes WHERE id = $1", self.process)
        except Exception as error:
            log.info("left without a word", because=type(error).__name__)
