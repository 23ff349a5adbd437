"""An index is built or dropped without a transaction, and whatever a failure leaves is put right.

Before the statement runs the migration is recorded as dirty. A half-built (invalid) index is dropped before
every try and after a failure, so that a rerun always begins from nothing or finds the work done.
"""

import time
from typing import Literal

import asyncpg

from stagedoor.core.migrate import state
from stagedoor.core.migrate.files import Direction, Migration, MigrationError
from stagedoor.core.migrate.session import Busy, Patience, Say, StatementFailed, execute, until_free

IndexState = Literal["absent", "building", "invalid", "valid"]

_DROP_INDEX = """
SELECT format('DROP INDEX CONCURRENTLY %s', i.indexrelid::regclass)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass($2) AND c.relname = $1
"""
_INDEX_STATE = """
SELECT CASE WHEN i.indisvalid THEN 'valid'
            WHEN EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
              THEN 'building'
            ELSE 'invalid' END
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass($2) AND c.relname = $1
"""


async def run(
    conn: asyncpg.Connection, migration: Migration, direction: Direction, patience: Patience, say: Say
) -> int:
    """Apply a no-transaction file and keep its record true; the number of tries."""
    begin = time.monotonic()
    file = migration.file(direction)
    records = await state.read(conn)
    was_dirty = migration.number in records and records[migration.number].dirty
    if direction == "up":
        await state.write(conn, migration, dirty=True)
    else:
        await state.mark_dirty(conn, migration.number)

    async def attempt() -> None:
        if file.builds_index and await _make_room(conn, file.builds_index, say) == "valid" and was_dirty:
            return  # killed between the end of the build and its record
        await execute(conn, (*file.settings, *file.work))

    try:
        tries = await until_free(conn, migration.title, patience, say, attempt)
    except (StatementFailed, MigrationError):
        await conn.execute("RESET ALL")
        if direction == "up" and await _nothing_left(conn, migration, say):
            await state.remove(conn, migration.number)
        raise
    if direction == "up":
        await state.write(conn, migration, duration_ms=round((time.monotonic() - begin) * 1000))
    else:
        await state.remove(conn, migration.number)
    return tries


async def _make_room(conn: asyncpg.Connection, index: tuple[str, str], say: Say) -> IndexState:
    """Drop what a failed build of this index left. Raises Busy while somebody else is building it."""
    name, table = index
    found: IndexState = await conn.fetchval(_INDEX_STATE, name, table) or "absent"
    if found == "building":
        raise Busy(f"index {name} is being built")
    if found == "invalid":
        say(f"index {name} was left half-built: dropping it")
        drop: str = await conn.fetchval(_DROP_INDEX, name, table)
        try:
            await conn.execute(drop)
        except asyncpg.LockNotAvailableError as error:
            raise Busy(f"index {name} cannot be dropped yet") from error
        return "absent"
    return found


async def _nothing_left(conn: asyncpg.Connection, migration: Migration, say: Say) -> bool:
    """True when the failed file left the database as it was; else the dirty record stays and says so."""
    if migration.up.builds_index is None:
        return False
    try:
        await _make_room(conn, migration.up.builds_index, say)
    except (Busy, asyncpg.PostgresError):
        return False
    return True
