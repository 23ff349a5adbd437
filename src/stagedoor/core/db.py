"""The database: one pool, short transactions, and constraint names that become named refusals.

Connections go back without a reset: nothing here sets session state, and a reset costs a round trip.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, TypeAlias, TypeVar

import asyncpg
import msgspec

from stagedoor.core.problems import Unavailable

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]"
T = TypeVar("T")

# What "the database is away" looks like to a client of it.
GONE = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)
# Two transactions that could not both go on, and this one gave way: nothing of it is left, and trying again helps.
GAVE_WAY = (
    asyncpg.TransactionRollbackError,  # deadlock_detected, serialization_failure and the rest of class 40
    asyncpg.LockNotAvailableError,
)
ACQUIRE_SECONDS = 5.0
COMMAND_SECONDS = 30.0


async def _prepare(connection: Connection) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            encoder=_encode_jsonb if name == "jsonb" else _encode_json,
            decoder=_decode_jsonb if name == "jsonb" else msgspec.json.decode,
            format="binary",
        )


def _encode_json(value: Any) -> bytes:
    return msgspec.json.encode(value)


def _encode_jsonb(value: Any) -> bytes:
    return b"\x01" + msgspec.json.encode(value)  # the binary format opens with its version


def _decode_jsonb(value: bytes) -> Any:
    return msgspec.json.decode(memoryview(value)[1:])


class Database:
    """A pool of connections to one PostgreSQL. Raises Unavailable when it cannot be reached, or made a
    transaction give way to another."""

    def __init__(self, dsn: str, *, size: int = 10) -> None:
        self.dsn = dsn
        self._size = size
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Connect; raises the driver's error, so that a start fails with the true cause."""
        self._pool = await asyncpg.create_pool(
            self.dsn,
            min_size=2,
            max_size=self._size,
            init=_prepare,
            reset=_keep_session,
            timeout=ACQUIRE_SECONDS,
            command_timeout=COMMAND_SECONDS,
            max_inactive_connection_lifetime=120,
        )

    async def close(self) -> None:
        if self._pool is not None:
            pool, self._pool = self._pool, None
            try:
                await asyncio.wait_for(pool.close(), timeout=5)
            except TimeoutError:
                pool.terminate()

    @property
    def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        if self._pool is None:
            raise Unavailable(because="the pool is not open")
        return self._pool

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One connection, each statement its own transaction: for reads."""
        try:
            async with self.pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
                yield connection
        except GONE as error:
            raise Unavailable(retry_after=2, because=f"database: {type(error).__name__}: {error}") from error
        except GAVE_WAY as error:
            raise Unavailable(retry_after=1, because=f"gave way: {type(error).__name__}: {error}") from error

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction: commits when the block ends, rolls back when it raises."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def listen(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection of its own for LISTEN, outside the pool."""
        return await asyncpg.connect(self.dsn, timeout=ACQUIRE_SECONDS)


async def _keep_session(_connection: Connection) -> None:
    return None


def row_to(kind: type[T], row: asyncpg.Record) -> T:
    """A row as a frozen type whose fields are the row's columns, no more and no fewer."""
    return kind(**dict(row))
