"""One migration run at a time, and no run that makes a busy platform wait.

The lock is asked for again and again and never waited for: a session that waits inside PostgreSQL holds a
snapshot, and CREATE INDEX CONCURRENTLY waits for snapshots, so the two would deadlock. A statement that
cannot have its table within the file's `lock_timeout` lets everybody pass and tries again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from stagedoor.core.migrate.files import MigrationError
from stagedoor.core.migrate.statements import Statement

# "STAGE" in ASCII. A database has one such lock, whatever schema the tables are in.
LOCK_KEY = 0x53_54_41_47_45

_SESSION = {
    "application_name": "stagedoor migrate",
    # a role's own limits are meant for requests; the files set lock_timeout by themselves
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "2s",
    # the server gives up the statement of a runner that was killed, and with it the lock
    "client_connection_check_interval": "1s",
}
_OLDEST_TRANSACTIONS = """
SELECT pid, application_name, state, extract(epoch FROM clock_timestamp() - xact_start)::int AS seconds
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
ORDER BY xact_start LIMIT 3
"""
_LOCK_HOLDER = """
SELECT a.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32) | l.objid::bigint = $1
"""

Say = Callable[[str], None]


def silent(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to stand behind another run, and behind the transactions that hold a table."""

    lock_seconds: float = 600
    busy_seconds: float = 60
    poll_seconds: float = 0.2


class Busy(Exception):
    """What a file needs is held by somebody else right now."""


class StatementFailed(Exception):
    """The server refused one statement of a file."""

    def __init__(self, line: int, error: asyncpg.PostgresError) -> None:
        super().__init__(f"line {line}: {error}")
        self.line = line
        self.error = error


_CONNECTION_LOST = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)


@asynccontextmanager
async def connection(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    try:
        conn = await asyncpg.connect(dsn, timeout=10, server_settings=_SESSION)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise MigrationError(
            f"The database cannot be reached: {error or type(error).__name__}. Check DATABASE_URL, and that it names"
            " the server itself, not a pooler."
        ) from error
    try:
        yield conn
    except _CONNECTION_LOST as error:
        raise MigrationError(
            f"The connection to the database broke: {error or type(error).__name__}. Run the same command again: it"
            " begins where this one stopped."
        ) from error
    except asyncpg.PostgresError as error:
        raise MigrationError(
            f"The database refused the runner's own records: {error}. Let the role in DATABASE_URL create tables in"
            " this schema and write to schema_migrations."
        ) from error
    finally:
        if not conn.is_closed():
            conn.terminate()


@asynccontextmanager
async def exclusive(dsn: str, patience: Patience, say: Say) -> AsyncIterator[asyncpg.Connection]:
    """A session that alone may migrate this database, for as long as it lives."""
    async with connection(dsn) as conn:
        await _take_lock(conn, patience, say)
        yield conn
        await conn.close(timeout=5)


async def _take_lock(conn: asyncpg.Connection, patience: Patience, say: Say) -> None:
    begin = time.monotonic()
    while not await conn.fetchval("SELECT pg_try_advisory_lock($1)", LOCK_KEY):
        waited = time.monotonic() - begin
        pid = await conn.fetchval(_LOCK_HOLDER, LOCK_KEY)
        if waited >= patience.lock_seconds:
            raise MigrationError(
                f"Another migration run (server process {pid}) has been at work for more than {waited:.0f} s. Let it"
                f" finish, or end it with `SELECT pg_terminate_backend({pid})`, then run this again."
            )
        if waited < patience.poll_seconds:
            say(f"another migration run (server process {pid}) is at work: waiting for it")
        await asyncio.sleep(patience.poll_seconds)


async def execute(conn: asyncpg.Connection, statements: Iterable[Statement]) -> None:
    """One statement after the other, as psql sends them, so that a refusal has a line. Raises StatementFailed, Busy."""
    for statement in statements:
        try:
            await conn.execute(statement.text)
        except _CONNECTION_LOST:
            raise
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            raise Busy(f"line {statement.line}") from error
        except asyncpg.PostgresError as error:
            position = getattr(error, "position", None)
            before = statement.text[: int(position) - 1] if position else ""
            raise StatementFailed(statement.line + before.count("\n"), error) from error


async def until_free(
    conn: asyncpg.Connection, title: str, patience: Patience, say: Say, attempt: Callable[[], Awaitable[None]]
) -> int:
    """Run `attempt` until no lock stands in its way; the number of tries. Waits 0.1 s, doubling up to 5 s."""
    begin, pause, tries = time.monotonic(), 0.1, 0
    while True:
        tries += 1
        # a SET in a file outlives its transaction: no file may see what another one set
        await conn.execute("RESET ALL")
        try:
            await attempt()
        except Busy as busy:
            if time.monotonic() - begin + pause > patience.busy_seconds:
                raise MigrationError(await _still_busy(conn, f"{title}, {busy},", tries)) from busy
            say(f"{title}: a table is busy ({busy}), try {tries + 1} in {pause:.1f} s")
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5)
        else:
            return tries


async def _still_busy(conn: asyncpg.Connection, title: str, tries: int) -> str:
    holders = ", ".join(
        f"process {row['pid']} ({row['application_name'] or 'unnamed'}, {row['state']}, {row['seconds']} s)"
        for row in await conn.fetch(_OLDEST_TRANSACTIONS)
    )
    return (
        f"{title} could not have its table in {tries} tries and is not applied. The oldest open transactions"
        f" are: {holders or 'none any more'}. Let them finish or end them with `SELECT pg_terminate_backend(…)`, then"
        " run this again."
    )
