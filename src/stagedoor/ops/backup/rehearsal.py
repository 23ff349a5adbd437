"""The way back, walked on a copy with data: the feature's migrations down, then up again.

It is good when what the feature does not own is untouched, the books are right at every stop, and the schema is
afterwards what it was before.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stagedoor.core import migrate
from stagedoor.core.db import Connection
from stagedoor.ops import schema
from stagedoor.ops.backup.databases import connected, scratch
from stagedoor.ops.backup.service import audit, load, make
from stagedoor.ops.backup.tools import BackupError
from stagedoor.ops.schema import Schema

BEFORE_FEATURE = 131  # what 132 and everything after it is undone to
KEPT = (
    "users", "follows", "tips", "messages", "creator_blocked_users", "fan_blocked_creators",
    "ledger_accounts", "ledger_transactions", "ledger_entries",
)  # fmt: skip


@dataclass
class Rehearsed:
    """Each stop with its seconds, and everything that was not as it should be; empty is good."""

    stops: list[tuple[str, float]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


async def rehearse(
    dsn: str,
    *,
    directory: Path = migrate.MIGRATIONS,
    reference: Schema | None = None,
    say: Callable[[str], None] = lambda _line: None,
) -> Rehearsed:
    """Copy the database, undo the feature on the copy, and apply it again. The live one is only read.

    With a `reference`, the schema is compared with that, and what had drifted from it before is not held against
    the way back.
    """
    result = Rehearsed()
    began = time.monotonic()

    def stop(what: str) -> None:
        nonlocal began
        result.stops.append((what, time.monotonic() - began))
        say(f"{what} ({time.monotonic() - began:.1f} s)")
        began = time.monotonic()

    with tempfile.TemporaryDirectory(prefix="stagedoor-") as folder:
        dump, told = await make(dsn, Path(folder))
        async with scratch(dsn, "rehearsal") as copy:
            await load(dsn, copy, dump, told)
            dump.unlink()
            stop("copied")
            await _walk(copy, directory, reference, result, stop)
    return result


async def _walk(
    copy: str, directory: Path, reference: Schema | None, result: Rehearsed, stop: Callable[[str], None]
) -> None:
    async with connected(copy) as db:
        before = await schema.read(db)
        kept = await _counts(db)
    if not before["columns"].get("schema_migrations.number"):
        raise BackupError("This database was never migrated: stagedoor migrate up.")
    top = max(row.number for row in await migrate.status(copy, directory=directory) if row.state == "applied")
    await migrate.down(copy, directory=directory, to=BEFORE_FEATURE)
    async with connected(copy) as db:
        result.wrong += await audit(db)
        result.wrong += [f"{table} lost rows on the way down" for table in await _lost(db, kept)]
    stop(f"undone to {BEFORE_FEATURE}")
    await migrate.up(copy, directory=directory, to=top)
    async with connected(copy) as db:
        after = await schema.read(db)
        result.wrong += await audit(db)
        result.wrong += [f"{table} lost rows on the way up" for table in await _lost(db, kept)]
    expected = before if reference is None else reference
    for section in expected:
        drifted = schema.differences(expected, before, section)
        result.wrong += [found for found in schema.differences(expected, after, section) if found not in drifted]
    stop("applied again")


async def _counts(db: Connection) -> dict[str, int]:
    return {table: await db.fetchval(f"SELECT count(*) FROM {table}") for table in KEPT}


async def _lost(db: Connection, before: dict[str, int]) -> list[str]:
    """Tables with fewer rows than before; a call that ran is settled on the way, so the ledger may have more."""
    after = await _counts(db)
    return [table for table, count in before.items() if after[table] < count]
