"""`schema_migrations` says what was applied; a row is written in the transaction that did the work.

So a migration and its record cannot disagree, whoever is killed when. Only a no-transaction file is recorded
beforehand, as dirty, until its one statement is known to be done.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from stagedoor.core.migrate.facts import Thing
from stagedoor.core.migrate.files import Direction, Migration, MigrationError

_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number        integer PRIMARY KEY CHECK (number > 0),
    name          text NOT NULL,
    up_checksum   text NOT NULL,
    down_checksum text NOT NULL,
    applied_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    dirty         boolean NOT NULL DEFAULT false,
    duration_ms   integer NOT NULL DEFAULT 0 CHECK (duration_ms >= 0)
)
"""


@dataclass(frozen=True, slots=True)
class Record:
    number: int
    name: str
    up_checksum: str
    down_checksum: str
    applied_at: datetime
    dirty: bool
    duration_ms: int

    @property
    def title(self) -> str:
        return f"{self.number}_{self.name}"

    def agrees(self, migration: Migration, direction: Direction) -> bool:
        recorded = self.up_checksum if direction == "up" else self.down_checksum
        return self.name == migration.name and recorded == migration.file(direction).checksum


async def ensure_table(conn: asyncpg.Connection) -> None:
    """Call under the migration lock: two sessions may collide in CREATE TABLE IF NOT EXISTS."""
    await conn.execute(_TABLE)


async def read(conn: asyncpg.Connection) -> dict[int, Record]:
    """What is recorded, by number; nothing where no runner has ever been."""
    if await conn.fetchval("SELECT to_regclass('schema_migrations')") is None:
        return {}
    try:
        rows = await conn.fetch(
            "SELECT number, name, up_checksum, down_checksum, applied_at, dirty, duration_ms"
            " FROM schema_migrations ORDER BY number"
        )
    except asyncpg.UndefinedColumnError as error:
        raise MigrationError(
            "The table schema_migrations in this database belongs to another tool. Give Stagedoor a database of its"
            " own, or a schema of its own by `ALTER ROLE … SET search_path`."
        ) from error
    return {row["number"]: Record(*row) for row in rows}


async def write(conn: asyncpg.Connection, migration: Migration, *, dirty: bool = False, duration_ms: int = 0) -> None:
    await conn.execute(
        """
        INSERT INTO schema_migrations (number, name, up_checksum, down_checksum, dirty, duration_ms)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (number) DO UPDATE SET (name, up_checksum, down_checksum, dirty, duration_ms, applied_at)
          = (excluded.name, excluded.up_checksum, excluded.down_checksum, excluded.dirty, excluded.duration_ms,
             clock_timestamp())
        """,
        migration.number,
        migration.name,
        migration.up.checksum,
        migration.down.checksum,
        dirty,
        duration_ms,
    )


async def mark_dirty(conn: asyncpg.Connection, number: int) -> None:
    await conn.execute("UPDATE schema_migrations SET dirty = true WHERE number = $1", number)


async def remove(conn: asyncpg.Connection, number: int) -> None:
    await conn.execute("DELETE FROM schema_migrations WHERE number = $1", number)


async def present(conn: asyncpg.Connection, things: Iterable[Thing]) -> set[Thing]:
    """Those of these tables, indexes, columns and functions that are in the database, finished."""
    asked = [thing for thing in things if thing.kind in ("table", "index", "column", "function")]
    rows = await conn.fetch(
        """
        SELECT CASE asked.kind
                 WHEN 'table' THEN to_regclass(asked.name) IS NOT NULL
                 WHEN 'function' THEN EXISTS (
                   SELECT FROM pg_proc WHERE proname = asked.name AND pg_function_is_visible(oid))
                 WHEN 'column' THEN EXISTS (
                   SELECT FROM pg_attribute a
                   WHERE a.attrelid = to_regclass(asked.tab) AND a.attname = asked.name AND NOT a.attisdropped)
                 ELSE EXISTS (
                   SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                   WHERE i.indrelid = to_regclass(asked.tab) AND c.relname = asked.name AND i.indisvalid)
               END AS here
        FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (kind, name, tab, place)
        ORDER BY asked.place
        """,
        [thing.kind for thing in asked],
        [thing.name for thing in asked],
        [thing.table for thing in asked],
    )
    return {thing for thing, row in zip(asked, rows, strict=True) if row["here"]}
