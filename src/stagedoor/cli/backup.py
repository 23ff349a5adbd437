"""`stagedoor backup`, `restore`, `rehearse`: a backup is one that was restored; a way back is one that was walked."""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from stagedoor.cli.author import author
from stagedoor.cli.opened import CommandError, clear_errors, database, errors, journal
from stagedoor.ops.backup import BackupError, Manifest, make, rehearse, restore, verify
from stagedoor.ops.backup.manifest import read as read_manifest
from stagedoor.settings import Settings

T = TypeVar("T")


def folder_of(settings: Settings) -> Path:
    """Where backups are kept: BACKUP_DIR, or `backups` in the data directory."""
    return settings.operations.backup_dir or settings.data_dir / "backups"


def backup(
    prove: Annotated[bool, typer.Option("--prove/--no-prove", help="Restore it into a scratch database.")] = True,
    list_only: Annotated[bool, typer.Option("--list", help="List what there is, newest first.")] = False,
) -> None:
    """Dump the database, and prove the dump by restoring it: every table counted, the ledger audited."""
    with clear_errors():
        settings = Settings.from_env()
        if list_only:
            _print_list(folder_of(settings))
            return
        with database(settings) as dsn:
            path, told = _run(_backup(dsn, folder_of(settings), prove))
    rows = sum(told.counts.values())
    proven = "proven by a restore" if told.verified_at else "not proven: stagedoor backup proves one"
    typer.echo(f"{path}\n{told.bytes:,} bytes, {rows:,} rows in {len(told.counts)} tables, {proven}.")


async def _backup(dsn: str, folder: Path, prove: bool) -> tuple[Path, Manifest]:
    path, told = await make(dsn, folder, _say)
    if prove:
        told = await verify(dsn, path, _say)
    async with journal(dsn) as (_, writer), writer.transaction() as tx:
        said = {"file": path.name, "bytes": told.bytes, "author": author()}
        await tx.record("backup.verified" if prove else "backup.made", data=said)
    return path, told


def restore_command(
    file: Annotated[Path, typer.Argument(help="A .dump made by stagedoor backup, its .json beside it.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Bring a backup back as the live database: into a new one, audited, then swapped. The old one is kept."""
    with clear_errors():
        settings = Settings.from_env()
        with _sentence():
            told = read_manifest(file)
        lost = f"What happened since {told.taken_at.astimezone():%Y-%m-%d %H:%M:%S} will not be in it."
        if not yes:
            typer.confirm(f"{lost} Shall {file.name} become the live database?", abort=True, err=True)
        with database(settings) as dsn:
            done = _run(restore(dsn, file, _say))
            _run(_record(dsn, "backup.restored", {"file": file.name, "aside": done.aside}))
    typer.echo(f"{done.database} is what it was at {told.taken_at.astimezone():%Y-%m-%d %H:%M:%S}.")
    typer.echo(f"The one before is kept as {done.aside}; drop it when nobody misses anything.")


def rehearse_command() -> None:
    """Walk the destructive way back on a copy with data: the feature undone, applied again, the books audited."""
    with database() as dsn:
        result = _run(rehearse(dsn, say=_say))
    for what in result.wrong:
        errors.print(what, style="red", markup=False)
    if result.wrong:
        raise typer.Exit(1)
    seconds = sum(seconds for _, seconds in result.stops)
    typer.echo(f"Down and up again in {seconds:.1f} s on a copy; the live database was only read.")


async def _record(dsn: str, event: str, data: dict[str, object]) -> None:
    async with journal(dsn) as (_, writer), writer.transaction() as tx:
        await tx.record(event, data={**data, "author": author()})


def _print_list(folder: Path) -> None:
    table = Table("taken", "proven", "rows", "bytes", "file", box=None, header_style="bold", pad_edge=False)
    with _sentence():
        found = [(path, read_manifest(path)) for path in folder.glob("*.dump")]
    for path, told in sorted(found, key=lambda pair: pair[1].taken_at, reverse=True):
        proven = "[green]yes" if told.verified_at else "[red]no"
        taken = f"{told.taken_at.astimezone():%Y-%m-%d %H:%M:%S}"
        table.add_row(taken, proven, f"{sum(told.counts.values()):,}", f"{told.bytes:,}", str(path))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 240
    console.print(table if found else f"No backup in {folder} yet: stagedoor backup.")


@contextlib.contextmanager
def _sentence() -> Iterator[None]:
    """A BackupError as the command's own sentence."""
    try:
        yield
    except BackupError as error:
        raise CommandError(str(error)) from error


def _run(work: Coroutine[Any, Any, T]) -> T:
    with _sentence():
        return asyncio.run(work)


def _say(line: str) -> None:
    errors.print(line, markup=False)
