"""What becomes of old events: first what clients were told is dropped, later a whole month goes to a file.

A month is a table (`events_2026_11`). Archiving writes it to a compressed CSV, reads that file back, and only when rows
and checksum are right takes the table away. The file holds no free text and no names: ids, what happened, and when.
Money is never archived: a balance is the sum of all its entries (docs/decisions/0009-growth.md).
"""

import asyncio
import gzip
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from stagedoor.core.db import Connection

PRUNE_BATCH = 5_000
BEFORE = "events_before_months"  # what was recorded before there were months; emptied, and never taken away
_NAME = re.compile(r"events_(\d{4})_(\d\d)")
_PARTITIONS = """
SELECT c.relname AS name, pg_total_relation_size(c.oid) AS bytes,
    (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''?(\\d+)'))[1]::bigint AS above
FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'events'::regclass ORDER BY above NULLS LAST
"""
_PRUNE = """
UPDATE {table} SET deliveries = '[]' WHERE id IN (
    SELECT id FROM {table} WHERE id > $1 AND deliveries <> '[]' AND published_at < $2 ORDER BY id LIMIT $3)
RETURNING id
"""
# What a transaction from then on wrote has an xmin that is not older.
_OLDEST_RUNNING = "SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint % 4294967296)::text"
_CHANGED = """
SELECT count(*) AS rows, count(*) FILTER (WHERE age(xmin) <= age($1::text::xid)) AS changed FROM {table}
"""
_COLUMNS = """
SELECT id, type, call_id, creator_id, fan_id, actor_id, version, data - 'name' - 'username' - 'text' AS data,
    created_at, published_at FROM {table} ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Month:
    """One table of events; `age_months` is 0 for the running month, negative for a coming one."""

    name: str
    bytes: int
    age_months: int


class Archived(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one file; kept beside it as JSON."""

    table: str
    rows: int
    sha256: str  # of the text, not of the compressed file
    archived_at: datetime


class RetentionError(Exception):
    """A month cannot be archived now; nothing was changed."""


async def months(db: Connection) -> list[Month]:
    """Every table of events, oldest first; the default one, and an empty one of before, left out."""
    found = []
    this = await db.fetchval("SELECT event_month(clock_timestamp())")
    for row in await db.fetch(_PARTITIONS):
        if row["name"] == BEFORE:
            newest = await db.fetchval(f"SELECT event_month(max(created_at)) FROM {BEFORE}")
            if newest is not None:
                found.append(Month(BEFORE, row["bytes"], this - newest))
        elif match := _NAME.fullmatch(row["name"]):
            month = (int(match[1]) - 2020) * 12 + int(match[2]) - 1
            found.append(Month(row["name"], row["bytes"], this - month))
    return found


async def prune(db: Connection, table: str, before: datetime) -> int:
    """Drop what clients were told by events published before then, in short transactions. How many it were."""
    last, pruned = 0, 0
    while True:
        async with db.transaction():
            await db.execute("SELECT set_config('stagedoor.erasing', 'on', true)")
            rows = await db.fetch(_PRUNE.format(table=_safe(table)), last, before, PRUNE_BATCH)
        if not rows:
            return pruned
        pruned += len(rows)
        last = max(row["id"] for row in rows)


async def archive(db: Connection, month: Month, folder: Path) -> tuple[Path, Archived]:
    """Write the month to a file, prove the file, take the table away. Raises RetentionError, LockNotAvailableError.

    A kill at any point leaves the table, or the proven file; asked again, it begins again.
    """
    table = _safe(month.name)
    if month.age_months < 1:
        raise RetentionError(f"{table} is not over yet.")
    waiting = await db.fetchval(f"SELECT count(*) FROM {table} WHERE published_at IS NULL")
    if waiting:
        raise RetentionError(f"{table} holds {waiting} events that nobody was told of yet: see `stagedoor doctor`.")
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{table}_{datetime.now(UTC):%Y%m%dT%H%M%SZ}.csv.gz"
    since = await db.fetchval(_OLDEST_RUNNING)
    told = await _write(db, table, path)
    await asyncio.to_thread(_prove, path, told)
    await _take_away(db, table, told, since)
    return path, told


async def _write(db: Connection, table: str, path: Path) -> Archived:
    digest, lines = hashlib.sha256(), 0
    with gzip.open(path, "wb", compresslevel=6) as file:

        async def take(chunk: bytes) -> None:
            digest.update(chunk)
            file.write(chunk)

        status = await db.copy_from_query(_COLUMNS.format(table=table), output=take, format="csv", header=True)
        lines = int(status.split()[-1])
    return Archived(table=table, rows=lines, sha256=digest.hexdigest(), archived_at=datetime.now(UTC))


def _prove(path: Path, told: Archived) -> None:
    """Raises RetentionError when the file is not what was read; else puts beside it what it is."""
    digest = hashlib.sha256()
    with gzip.open(path, "rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            digest.update(chunk)
    if digest.hexdigest() != told.sha256:
        raise RetentionError(f"{path} does not read back as it was written: is the disk full? {told.table} is kept.")
    path.with_suffix("").with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(told)))


async def _take_away(db: Connection, table: str, told: Archived, since: str) -> None:
    """Only if it is still what the file holds: an erasure meanwhile may have changed it.

    The long look locks out who would change this month; the whole of `events` is locked for the last moment alone.
    """
    async with db.transaction():
        await db.execute(f"SET LOCAL lock_timeout = '1s'; LOCK TABLE {table} IN EXCLUSIVE MODE")
        found = await db.fetchrow(_CHANGED.format(table=table), since)
        if found is None or found["changed"] or found["rows"] != told.rows:
            raise RetentionError(f"{table} changed while it was written: ask again.")
        if table == BEFORE:
            await db.execute("SELECT set_config('stagedoor.erasing', 'on', true)")
            await db.execute(f"TRUNCATE {table}")
        else:
            await db.execute(f"DROP TABLE {table}")


def _safe(table: str) -> str:
    if table != BEFORE and not _NAME.fullmatch(table):
        raise ValueError(f"{table} is no table of events")
    return table
