"""Where a database stands: for every number, whether it is applied, and if not quite, what to do.

Reading takes no lock and writes nothing, so it may be asked at any time, also while a run is at work. Files
applied or undone by hand with psql are told from the tables, indexes and columns that they make.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from stagedoor.core.migrate import facts, state
from stagedoor.core.migrate.facts import Thing
from stagedoor.core.migrate.files import MIGRATIONS, Migration, MigrationError, load
from stagedoor.core.migrate.session import Patience, Say, connection, exclusive, silent
from stagedoor.core.migrate.state import Record

State = Literal["applied", "pending", "by_hand", "undone_by_hand", "dirty", "changed", "missing", "newer"]
_PATIENCE = Patience()
_TAKES_AWAY = re.compile(r"\b(?:DROP|RENAME)\b", re.I)


@dataclass(frozen=True, slots=True)
class Status:
    number: int
    name: str
    state: State
    applied_at: datetime | None = None
    duration_ms: int | None = None
    mend: str = ""

    @property
    def title(self) -> str:
        return f"{self.number}_{self.name}"

    @property
    def settled(self) -> bool:
        """Nothing to do. A number that only a newer release knows is no concern of this one."""
        return self.state in ("applied", "newer")


async def status(dsn: str, *, directory: Path = MIGRATIONS) -> list[Status]:
    """One line a number, in order, of the files and of the records together."""
    migrations = {migration.number: migration for migration in load(directory)}
    async with connection(dsn) as conn:
        records = await state.read(conn)
        marks = _marks(migrations.values())
        here = await state.present(conn, {thing for things in marks.values() for thing in things})
    numbers = sorted({*migrations, *records})
    # Of what a later file made anew nothing shows who made it first; the later file came after it.
    reached = max((n for n, things in marks.items() if things and things <= here), default=0)
    marks = {n: things or marks.get(reached, set()) if n < reached else things for n, things in marks.items()}
    return [
        _of_file(migrations[n], records.get(n), marks[n], here)
        if n in migrations
        else _of_record(records[n], newest=n > max(migrations, default=0))
        for n in numbers
    ]


def _of_record(record: Record, *, newest: bool) -> Status:
    kind: State = "newer" if newest else "missing"
    mend = "applied by a newer release" if newest else "put its files back"
    return Status(record.number, record.name, kind, record.applied_at, record.duration_ms, mend)


def _of_file(migration: Migration, record: Record | None, marks: set[Thing], here: set[Thing]) -> Status:
    number, name = migration.number, migration.name
    if record is None:
        if marks and marks <= here:
            return Status(number, name, "by_hand", mend=f"run `stagedoor migrate adopt {number}`")
        return Status(number, name, "pending", mend="run `stagedoor migrate up`")
    kind: State = "applied"
    mend = ""
    if record.dirty:
        kind, mend = "dirty", "run `stagedoor migrate up` again, or `down` to undo it"
    elif not (record.agrees(migration, "up") and record.agrees(migration, "down")):
        kind, mend = "changed", "put the file back and write the change under a new number"
    elif marks and marks.isdisjoint(here):
        kind, mend = "undone_by_hand", f"run `stagedoor migrate forget {number}`"
    return Status(number, name, kind, record.applied_at, record.duration_ms, mend)


async def adopt(
    dsn: str,
    number: int,
    *,
    directory: Path = MIGRATIONS,
    patience: Patience = _PATIENCE,
    say: Say = silent,
) -> Status:
    """Record, without running it, that a file was applied by hand as it is on disk now.

    Also records a changed file anew. Raises MigrationError when the database does not hold what the file makes.
    """
    migrations = {migration.number: migration for migration in load(directory)}
    if number not in migrations:
        raise MigrationError(f"There is no migration {number} in {directory}. `stagedoor migrate status` lists them.")
    migration = migrations[number]
    async with exclusive(dsn, patience, say) as conn:
        await state.ensure_table(conn)
        records = await state.read(conn)
        lower = [m for n, m in sorted(migrations.items()) if n < number and n not in records]
        if lower:
            raise MigrationError(f"{lower[0].title} comes first and is not recorded: adopt or apply it before.")
        marks = _marks(migrations.values(), upto=max([number, *records]))[number]
        absent = marks - await state.present(conn, marks)
        if absent:
            raise MigrationError(
                f"{migration.title} was not applied here, {_names(absent)} is not in this database (or is invalid):"
                " apply it with `stagedoor migrate up`."
            )
        await state.write(conn, migration)
        record = (await state.read(conn))[number]
    return Status(number, migration.name, "applied", record.applied_at, record.duration_ms)


async def forget(
    dsn: str,
    number: int,
    *,
    directory: Path = MIGRATIONS,
    patience: Patience = _PATIENCE,
    say: Say = silent,
) -> None:
    """Strike the record of a file that was undone by hand. Raises MigrationError while anything of it is left."""
    migrations = {migration.number: migration for migration in load(directory)}
    async with exclusive(dsn, patience, say) as conn:
        records = await state.read(conn)
        if number not in records:
            raise MigrationError(f"Migration {number} is not recorded in this database, so there is nothing to forget.")
        if number != max(records):
            raise MigrationError(f"{records[max(records)].title} stands on it: undo that first.")
        left = await state.present(conn, _marks(migrations.values()).get(number, set()))
        if left:
            raise MigrationError(
                f"{records[number].title} is still here ({_names(left)}): undo it with `stagedoor migrate down`."
            )
        await state.remove(conn, number)


def _marks(migrations: Iterable[Migration], upto: int | None = None) -> dict[int, set[Thing]]:
    """By number, what shows that a file was applied: what it makes, less what a later file drops or renames."""
    ordered = sorted(migrations, key=lambda migration: migration.number)
    made: dict[int, set[Thing]] = {}
    for migration in ordered:
        gone = " ".join(s.code for s in migration.up.statements if _TAKES_AWAY.search(s.code)).lower()
        if upto is None or migration.number <= upto:
            made = {n: {t for t in things if not _named(t, gone)} for n, things in made.items()}
        before = {thing for things in made.values() for thing in things}
        made[migration.number] = {
            thing
            for thing in facts.made(migration.up.statements)
            if thing.kind in ("table", "index", "column") or (thing.kind == "function" and thing not in before)
        }
    return made


def _named(thing: Thing, code: str) -> bool:
    return any(re.search(rf"(?<![\w.]){re.escape(name)}\b", code) for name in (thing.name, thing.table) if name)


def _names(things: set[Thing]) -> str:
    return ", ".join(str(thing) for thing in sorted(things))
