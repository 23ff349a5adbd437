"""Databases beside the live one: a scratch one that goes again, and the swap of a restored one for the live one."""

import contextlib
import secrets
from collections.abc import AsyncIterator

import asyncpg

from stagedoor.ops.backup.tools import BackupError, named

_ADMIN = ("postgres", "template1")
_LIKE = """
SELECT current_database() AS name, pg_encoding_to_char(encoding) AS encoding, datcollate, datctype, datlocprovider
FROM pg_database WHERE datname = current_database()
"""
_SETTINGS = """
SELECT unnest(setconfig) AS setting FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
WHERE d.datname = current_database() AND s.setrole = 0
"""
_BUSY = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"


@contextlib.asynccontextmanager
async def connected(dsn: str, **settings: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    try:
        connection = await asyncpg.connect(dsn, timeout=10, server_settings=settings)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise BackupError(f"The database cannot be reached: {error or type(error).__name__}.") from error
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


@contextlib.asynccontextmanager
async def scratch(dsn: str, purpose: str) -> AsyncIterator[str]:
    """An empty database like the live one, on the same server; dropped when the block ends. Yields its address."""
    name = await create(dsn, purpose)
    try:
        yield named(dsn, name)
    finally:
        await drop(dsn, name)


async def create(dsn: str, purpose: str) -> str:
    """An empty database with the live one's encoding, locale and settings. Returns its name."""
    name = f"stagedoor_{purpose}_{secrets.token_hex(4)}"
    async with connected(dsn) as live:
        like = await live.fetchrow(_LIKE)
        assert like is not None
        locale = ""
        if like["datlocprovider"] == b"c":
            locale = f" LC_COLLATE {_text(like['datcollate'])} LC_CTYPE {_text(like['datctype'])}"
        try:
            await live.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{like['encoding']}'{locale}")
            for row in await live.fetch(_SETTINGS):
                key, _, value = row["setting"].partition("=")
                await live.execute(f"ALTER DATABASE {name} SET {key} = {_text(value)}")
        except asyncpg.InsufficientPrivilegeError as error:
            raise BackupError(
                "The role may not create databases, and a backup is only proven by restoring it:"
                " ALTER ROLE … CREATEDB, or give DATABASE_URL another role for this command."
            ) from error
    return name


async def drop(dsn: str, name: str) -> None:
    async with connected(dsn) as live:
        await live.execute(f"DROP DATABASE IF EXISTS {_name(name)} WITH (FORCE)")


async def swap(dsn: str, restored: str, aside: str) -> None:
    """Give the restored database the live one's name, and the live one the name `aside`. Servers lose their
    connections for a moment and come back by themselves; nothing of the live one is lost."""
    async with connected(dsn) as live:
        name = await live.fetchval("SELECT current_database()")
    async with _admin(dsn, name) as admin:
        await admin.execute(f"ALTER DATABASE {_name(name)} ALLOW_CONNECTIONS false")
        try:
            await admin.execute(_BUSY.replace("$1", _text(name)))
            await admin.execute(_BUSY.replace("$1", _text(restored)))
            async with admin.transaction():
                await admin.execute(f"ALTER DATABASE {_name(name)} RENAME TO {_name(aside)}")
                await admin.execute(f"ALTER DATABASE {_name(restored)} RENAME TO {_name(name)}")
        except BaseException:
            await admin.execute(f"ALTER DATABASE {_name(name)} ALLOW_CONNECTIONS true")
            raise
        await admin.execute(f"ALTER DATABASE {_name(aside)} ALLOW_CONNECTIONS true")


@contextlib.asynccontextmanager
async def _admin(dsn: str, live: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection to neither of the two: a database cannot be renamed from inside."""
    last: BackupError | None = None
    for database in _ADMIN:
        if database == live:
            continue
        try:
            async with connected(named(dsn, database)) as admin:
                yield admin
                return
        except BackupError as error:
            last = error
    raise BackupError(f"To swap the databases, the role must be let into one of {', '.join(_ADMIN)}.") from last


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
