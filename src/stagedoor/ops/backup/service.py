"""A backup is a pg_dump that was restored once; a restore is a new database that was audited before it is swapped in.

pg_dump -Fc → new database → pg_restore --exit-on-error → counts and ledger audit → swap. `psql < dump` into a live
schema is no restore: it exits 0 with dozens of errors.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import msgspec

from stagedoor.ops.backup import manifest as manifests
from stagedoor.ops.backup.databases import connected, create, drop, scratch, swap
from stagedoor.ops.backup.manifest import Manifest
from stagedoor.ops.backup.tools import BackupError, Tools, find, named

Say = Callable[[str], None]
_TABLES = """
SELECT quote_ident(c.relname) FROM pg_class c
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace AND NOT c.relispartition ORDER BY 1
"""


@dataclass(frozen=True)
class Restored:
    """What a restore left: the live database's name, and where the one before it is kept."""

    database: str
    aside: str


async def make(dsn: str, folder: Path, say: Say = lambda _line: None) -> tuple[Path, Manifest]:
    """Dump the database into `folder`, with what every table counts in the very snapshot of the dump."""
    _prepare(folder)
    async with connected(dsn) as live, live.transaction(isolation="repeatable_read", readonly=True):
        tools = find(dsn, live.get_server_version().major)
        snapshot = await live.fetchval("SELECT pg_export_snapshot()")
        facts = await _facts(live)
        dump = folder / f"{facts.database}-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.dump"
        say(f"dumping {facts.database} with pg_dump {tools.major}")
        part = dump.with_suffix(".dump.part")
        part.touch(mode=0o600)
        try:
            await tools.run("pg_dump", dsn, "--format=custom", f"--snapshot={snapshot}", f"--file={part}")
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    part.replace(dump)
    sha256 = await asyncio.to_thread(manifests.digest, dump)
    told = Manifest(
        file=dump.name,
        database=facts.database,
        system=facts.system,
        taken_at=datetime.now(UTC),
        verified_at=None,
        bytes=dump.stat().st_size,
        sha256=sha256,
        server_version=facts.server_version,
        migrations=facts.migrations,
        counts=facts.counts,
    )
    manifests.write(dump, told)
    return dump, told


async def verify(dsn: str, dump: Path, say: Say = lambda _line: None) -> Manifest:
    """Restore it into a database of its own, compare every table's count, audit the ledger; then it is proven."""
    told = manifests.read(dump)
    async with scratch(dsn, "proof") as copy:
        say(f"restoring {dump.name} to prove it")
        await load(dsn, copy, dump, told)
    proven = msgspec.structs.replace(told, verified_at=datetime.now(UTC))
    manifests.write(dump, proven)
    return proven


async def load(dsn: str, target: str, dump: Path, told: Manifest) -> None:
    """Restore `dump` into the empty database at `target`, and compare it with what it should hold."""
    if await asyncio.to_thread(manifests.digest, dump) != told.sha256:
        raise BackupError(f"{dump.name} is not the file that was taken: its checksum differs. Use another one.")
    tools = await tools_for(dsn)
    await tools.run("pg_restore", target, "--exit-on-error", "--no-password", str(dump))
    async with connected(target) as restored:
        facts = await _facts(restored)
        wrong = [
            f"{table}: {facts.counts.get(table, 0)} rows instead of {count}"
            for table, count in told.counts.items()
            if facts.counts.get(table) != count
        ]
        wrong += await audit(restored)
        await restored.execute("ANALYZE")
    if wrong:
        raise BackupError(f"{dump.name} does not restore to what it was: {'; '.join(wrong[:5])}.")


async def audit(connection: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    """The ledger's violations; of a database without a ledger none."""
    if await connection.fetchval("SELECT to_regprocedure('ledger_audit()') IS NULL"):
        return []
    rows = await connection.fetch("SELECT violation, subject FROM ledger_audit()")
    return [f"{row['violation']}: {row['subject']}" for row in rows]


async def restore(dsn: str, dump: Path, say: Say = lambda _line: None) -> Restored:
    """Bring `dump` back as the live database. The one before stays on the server under another name."""
    told = manifests.read(dump)
    name = await create(dsn, "restored")
    try:
        say(f"restoring {dump.name} into a new database")
        await load(dsn, named(dsn, name), dump, told)
        async with connected(dsn) as live:
            database = await live.fetchval("SELECT current_database()")
        aside = f"{database[:40]}_before_{datetime.now(UTC):%Y%m%d%H%M%S%f}"[:63]
        say(f"it is sound: swapping it for {database}, which is kept as {aside}")
        await swap(dsn, name, aside)
    except BaseException:
        await drop(dsn, name)
        raise
    return Restored(database, aside)


async def tools_for(dsn: str) -> Tools:
    async with connected(dsn) as live:
        return find(dsn, live.get_server_version().major)


@dataclass(frozen=True)
class _Facts:
    database: str
    system: str
    server_version: str
    migrations: list[int]
    counts: dict[str, int]


async def _facts(connection: "asyncpg.Connection[asyncpg.Record]") -> _Facts:
    tables = [row[0] for row in await connection.fetch(_TABLES)]
    counts = {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables}
    migrated = "schema_migrations" in counts
    numbers = await connection.fetch("SELECT number FROM schema_migrations ORDER BY number") if migrated else []
    return _Facts(
        database=await connection.fetchval("SELECT current_database()"),
        system=str(await connection.fetchval("SELECT system_identifier FROM pg_control_system()")),
        server_version=await connection.fetchval("SHOW server_version"),
        migrations=[row["number"] for row in numbers],
        counts=counts,
    )


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BackupError(f"{folder} cannot be written ({error.strerror}): set BACKUP_DIR.") from error
