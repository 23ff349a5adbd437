"""The database: one pool, short transactions, and constraint names that become named refusals.

Connections go back without a reset: nothing here sets session state, and a reset costs a round trip.

Behind a transaction pooler two statements of one connection may reach two sessions, and asyncpg sends a statement's
text and its arguments as two. So every block is then one transaction, no statement is named, and what needs a session
of its own (LISTEN, a lock that outlives its transaction) has a connection past the pooler.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias, TypeVar

import asyncpg
import msgspec

from stagedoor.core.problems import Unavailable

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]"
Borrowed: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
T = TypeVar("T")

# What "the database is away" looks like to a client of it.
GONE = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server said that it ends the connection, which has not ended yet
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


async def _prepare_pooled(connection: Connection) -> None:
    async with connection.transaction():
        await _prepare(connection)


class Database:
    """A pool of connections to one PostgreSQL. Raises Unavailable when it cannot be reached, or made a transaction
    give way to another.

    `dsn` names the server itself. With `pooler`, the address of a transaction pooler in front of it, the pool's
    connections go there.
    """

    def __init__(
        self, dsn: str, *, size: int = 10, pooler: str | None = None, on_query: Callable[[Any], None] | None = None
    ) -> None:
        self.dsn = dsn
        self._pooler = pooler
        self._size = size
        self._on_query = on_query
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._direct: asyncpg.Connection[asyncpg.Record] | None = None
        self._direct_in_use = asyncio.Lock()
        self._at_hand: list[Borrowed] = []  # go to their next user without the pool's steps, a seventh of a read
        self._waiting: deque[asyncio.Future[Borrowed | None]] = deque()
        self._asking = 0

    async def open(self) -> None:
        """Connect; raises the driver's error, so that a start fails with the true cause."""
        self._pool = await asyncpg.create_pool(
            self._pooler or self.dsn,
            min_size=2,
            max_size=self._size,
            statement_cache_size=0 if self._pooler else 100,
            init=self._init,
            reset=_keep_session,
            timeout=ACQUIRE_SECONDS,
            command_timeout=COMMAND_SECONDS,
            max_inactive_connection_lifetime=120,
            max_queries=10_000_000,  # a new connection plans everything anew
        )

    async def _init(self, connection: Any) -> None:
        await (_prepare_pooled if self._pooler else _prepare)(connection)
        if self._on_query is not None:
            connection.add_query_logger(self._on_query)

    async def close(self) -> None:
        if self._direct is not None:
            self._direct.terminate()
        if self._pool is not None:
            pool, self._pool = self._pool, None
            at_hand, self._at_hand = self._at_hand, []
            try:
                for connection in at_hand:
                    await pool.release(connection)
                await asyncio.wait_for(pool.close(), timeout=5)
            except TimeoutError:
                pool.terminate()

    @property
    def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        if self._pool is None:
            raise Unavailable(because="the pool is not open")
        return self._pool

    def connection(self) -> contextlib.AbstractAsyncContextManager[Connection]:
        """One connection, for reads and single writes: each statement its own transaction, or all of them one."""
        return self.transaction() if self._pooler else _Borrowed(self)

    async def borrow(self) -> Borrowed:
        """A connection of the pool's: one at hand, or the next that somebody gives back."""
        while True:
            while self._at_hand:
                connection = self._at_hand.pop()
                if _is_open(connection):
                    return connection
                await self.pool.release(connection)
            if self.pool.get_idle_size() or self.pool.get_size() < self._size:
                self._asking += 1
                try:
                    return await self.pool.acquire(timeout=ACQUIRE_SECONDS)
                finally:
                    self._asking -= 1
            handed = await self._handed_over()
            if handed is not None:
                return handed

    async def _handed_over(self) -> "Borrowed | None":
        """What the next to finish gives back, in the order of asking; None when it went to the pool instead."""
        loop = asyncio.get_running_loop()
        given: asyncio.Future[Borrowed | None] = loop.create_future()
        self._waiting.append(given)
        late = loop.call_later(ACQUIRE_SECONDS, _too_late, given)
        try:
            return await given
        except asyncio.CancelledError:
            if given.done() and not given.cancelled() and (handed := given.result()) is not None:
                await self.give_back(handed, clean=True)
            raise
        finally:
            late.cancel()

    async def give_back(self, connection: Borrowed, *, clean: bool) -> None:
        """`clean`: its last statement ran to its end. Others are the pool's to look at, and so are all while somebody
        asks the pool itself."""
        if clean and not self._asking and _is_open(connection):
            if not self._hand_over(connection):
                self._at_hand.append(connection)
            return
        if self._pool is not None:
            await self._pool.release(connection)
            self._hand_over(None)

    def _hand_over(self, connection: "Borrowed | None") -> bool:
        """To whoever has waited longest. False when nobody waits."""
        while self._waiting:
            given = self._waiting.popleft()
            if not given.done():
                given.set_result(connection)
                return True
        return False

    def idle(self) -> int:
        """Connections that are open and that nobody uses."""
        return self.pool.get_idle_size() + len(self._at_hand)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction: commits when the block ends, rolls back when it raises."""
        async with _Borrowed(self) as connection, connection.transaction():
            yield connection

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        """One session from the first statement to the last, each its own transaction. One block at a time."""
        if not self._pooler:
            async with _Borrowed(self) as connection:
                yield connection
            return
        async with self._direct_in_use:
            try:
                if self._direct is None or self._direct.is_closed():
                    self._direct = await self.listen()
                    await _prepare(self._direct)
                yield self._direct
            except (*GONE, *GAVE_WAY) as error:
                raise _away(error) from error

    async def listen(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection of its own for LISTEN, outside the pool and past a pooler."""
        return await asyncpg.connect(self.dsn, timeout=ACQUIRE_SECONDS)


class _Borrowed:
    """A connection of the pool's for a while, without what a generator costs."""

    __slots__ = ("_connection", "_database")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __aenter__(self) -> Connection:
        try:
            self._connection = await self._database.borrow()
        except (*GONE, *GAVE_WAY) as error:
            raise _away(error) from error
        return self._connection

    async def __aexit__(self, _kind: Any, error: BaseException | None, _where: Any) -> None:
        try:
            await self._database.give_back(self._connection, clean=error is None)
        except (*GONE, *GAVE_WAY) as gone:
            raise _away(gone) from gone
        if isinstance(error, (*GONE, *GAVE_WAY)):
            raise _away(error) from error


def _is_open(connection: Borrowed) -> bool:
    """False too for one that the pool took back by itself when its server went."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False


def _too_late(given: "asyncio.Future[Borrowed | None]") -> None:
    if not given.done():
        given.set_exception(TimeoutError(f"no connection was free for {ACQUIRE_SECONDS:.0f} s"))


def _away(error: BaseException) -> Unavailable:
    gave_way = isinstance(error, GAVE_WAY)
    what = "gave way" if gave_way else "database"
    return Unavailable(retry_after=1 if gave_way else 2, because=f"{what}: {type(error).__name__}: {error}")


async def _keep_session(_connection: Connection) -> None:
    return None


def row_to(kind: type[T], row: asyncpg.Record) -> T:
    """A row as a frozen type whose fields are the row's columns, no more and no fewer."""
    return kind(**dict(row))
