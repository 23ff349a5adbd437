"""Migrations are applied in order, once each, and undone in reverse.

Several runners at once end as one would: the first applies, the others wait and find nothing to do. A runner
killed at any point leaves a database that the next run brings to the same end.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from stagedoor.core.migrate import concurrently, state
from stagedoor.core.migrate.files import MIGRATIONS, Direction, Migration, MigrationError, load
from stagedoor.core.migrate.rules import destroys
from stagedoor.core.migrate.session import (
    Patience,
    Say,
    StatementFailed,
    connection,
    exclusive,
    execute,
    silent,
    until_free,
)
from stagedoor.core.migrate.state import Record
from stagedoor.core.migrate.statements import Statement

_PATIENCE = Patience()
# duplicate table or index, object, column, function, schema
_ALREADY_THERE = {"42P07", "42710", "42701", "42723", "42P06"}


@dataclass(frozen=True, slots=True)
class Applied:
    number: int
    name: str
    direction: Direction
    duration_ms: int
    tries: int = 1

    @property
    def title(self) -> str:
        return f"{self.number}_{self.name}"


async def up(
    dsn: str,
    *,
    directory: Path = MIGRATIONS,
    to: int | None = None,
    patience: Patience = _PATIENCE,
    say: Say = silent,
) -> list[Applied]:
    """Apply what is pending, up to and with number `to`. Raises MigrationError; what was applied before it stays."""
    migrations = load(directory)
    if to is not None and to not in {m.number for m in migrations}:
        raise MigrationError(f"There is no migration {to} in {directory}. `stagedoor migrate status` lists them.")
    async with exclusive(dsn, patience, say) as conn:
        await state.ensure_table(conn)
        records = await state.read(conn)
        wanted = pending(migrations, records, to)
        return [await _apply(conn, migration, "up", patience, say) for migration in wanted]


async def down(
    dsn: str,
    *,
    directory: Path = MIGRATIONS,
    to: int | None = None,
    steps: int = 1,
    patience: Patience = _PATIENCE,
    say: Say = silent,
) -> list[Applied]:
    """Undo the newest `steps` migrations, or everything above number `to` (0: everything)."""
    migrations = load(directory)
    async with exclusive(dsn, patience, say) as conn:
        wanted = undoing(migrations, await state.read(conn), to, steps)
        return [await _apply(conn, migration, "down", patience, say) for migration in wanted]


async def plan_down(
    dsn: str, *, directory: Path = MIGRATIONS, to: int | None = None, steps: int = 1
) -> list[tuple[Migration, list[str]]]:
    """What `down` would undo, newest first, each with the tables, columns and rows that would be lost."""
    migrations = load(directory)
    async with connection(dsn) as conn:
        wanted = undoing(migrations, await state.read(conn), to, steps)
    return [(migration, destroys(migration)) for migration in wanted]


def pending(migrations: Iterable[Migration], records: dict[int, Record], to: int | None) -> list[Migration]:
    """What `up` has to apply, in order. Raises MigrationError where files and records disagree."""
    on_disk = {migration.number: migration for migration in migrations}
    newest_here = max(on_disk, default=0)
    for record in records.values():
        migration = on_disk.get(record.number)
        if migration is None and record.number < newest_here:
            raise MigrationError(
                f"{record.title} is applied, but its files are gone: put them back. To undo it, run `down` from a"
                " release that still has them."
            )
        if migration and not record.dirty and not record.agrees(migration, "up"):
            raise MigrationError(_changed(record, "up"))
        if migration and not record.dirty and not record.agrees(migration, "down"):
            raise MigrationError(_changed(record, "down"))
    done = {number for number, record in records.items() if not record.dirty}
    wanted = [m for n, m in sorted(on_disk.items()) if n not in done and (to is None or n <= to)]
    for migration in wanted:
        if migration.number < max(done, default=0):
            raise MigrationError(
                f"{migration.title} is numbered below {records[max(done)].title}, which is applied already: give it"
                f" the next free number, or, if it was applied by hand, `stagedoor migrate adopt {migration.number}`."
            )
    return wanted


def undoing(migrations: Iterable[Migration], records: dict[int, Record], to: int | None, steps: int) -> list[Migration]:
    """What `down` has to undo, newest first. Raises MigrationError where a DOWN file is gone or changed."""
    newest_first = sorted(records, reverse=True)
    if to not in (None, 0) and to not in records:
        raise MigrationError(f"Migration {to} is not applied, so there is no way back to it: see `migrate status`.")
    numbers = newest_first[: max(steps, 0)] if to is None else [n for n in newest_first if n > to]
    on_disk = {migration.number: migration for migration in migrations}
    wanted = []
    for number in numbers:
        record, migration = records[number], on_disk.get(number)
        if migration is None:
            raise MigrationError(f"{record.title} was applied by another release: run `down` with that release.")
        if not record.dirty and not record.agrees(migration, "down"):
            raise MigrationError(_changed(record, "down"))
        wanted.append(migration)
    return wanted


def _changed(record: Record, direction: Direction) -> str:
    file = f"{record.title}.sql" if direction == "up" else f"{record.title}_DOWN.sql"
    again = "on a database you can spare, run `down` and `up`" if direction == "up" else "if the change is a mend"
    adopt = "" if direction == "up" else f", `stagedoor migrate adopt {record.number}` records it as it is now"
    return (
        f"{file} was changed after it was applied. Put it back as it was and write the change under a new number;"
        f" {again}{adopt}."
    )


async def _apply(
    conn: asyncpg.Connection, migration: Migration, direction: Direction, patience: Patience, say: Say
) -> Applied:
    begin = time.monotonic()
    title = migration.title if direction == "up" else f"{migration.title}_DOWN"
    file = migration.file(direction)

    def spent() -> int:
        return round((time.monotonic() - begin) * 1000)

    async def in_one_transaction() -> None:
        async with conn.transaction():
            await execute(conn, (*file.statements, *_closing(file.statements[-1].last_line)))
            if direction == "up":
                await state.write(conn, migration, duration_ms=spent())
            else:
                await state.remove(conn, migration.number)

    try:
        if file.in_transaction:
            tries = await until_free(conn, title, patience, say, in_one_transaction)
        else:
            tries = await concurrently.run(conn, migration, direction, patience, say)
    except StatementFailed as failed:
        left = migration.number in await state.read(conn) if direction == "up" else not file.in_transaction
        raise MigrationError(_failure(migration, direction, failed, dirty=left)) from failed
    say(f"{'applied' if direction == 'up' else 'undone'} {migration.title} ({spent()} ms)")
    return Applied(migration.number, migration.name, direction, spent(), tries)


def _closing(line: int) -> list[Statement]:
    """What COMMIT would do comes while it can still be told from which file, and a search_path ends with its file."""
    return [Statement(line, sql, sql) for sql in ("SET CONSTRAINTS ALL IMMEDIATE", "RESET ALL")]


def _failure(migration: Migration, direction: Direction, failed: StatementFailed, *, dirty: bool) -> str:
    error = failed.error
    detail = f" ({error.detail})" if getattr(error, "detail", None) else ""
    kept = "It is recorded as dirty until a rerun finishes it." if dirty else "Nothing of this file was kept."
    text = f"{migration.file(direction).path.name}, line {failed.line}: {error.args[0]}{detail}. {kept}"
    if direction == "up" and error.sqlstate in _ALREADY_THERE:
        return (
            f"{text} If somebody applied this file by hand, record it with `stagedoor migrate adopt"
            f" {migration.number}`; otherwise rename what stands in its way."
        )
    return f"{text} Mend what it says and run this again."
