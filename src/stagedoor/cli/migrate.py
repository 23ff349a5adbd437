"""`stagedoor migrate`: bring the database's schema forward or back, and say where it stands.

Exit codes: 0 done or settled, 1 something is left to do (status, lint) or was declined, 2 it could not be done.
"""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from stagedoor.cli.opened import clear_errors, database, errors
from stagedoor.core import migrate

app = typer.Typer(help="Bring the database's schema forward or back.", no_args_is_help=True)
T = TypeVar("T")

Directory = Annotated[Path, typer.Option(help="Folder of the numbered SQL files.")]
Number = Annotated[int, typer.Argument(help="Number of the migration, such as 132.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

_COLOURS = {"applied": "green", "newer": "green", "pending": "yellow"}


@app.command()
def up(
    to: Annotated[int | None, typer.Option(help="Stop after this number.")] = None,
    directory: Directory = migrate.MIGRATIONS,
) -> None:
    """Apply what is pending, in order."""
    with database() as dsn:
        done = _run(migrate.up(dsn, directory=directory, to=to, say=_say))
    typer.echo(f"{len(done)} applied." if done else "Nothing to do: every migration is applied.")


@app.command()
def down(
    to: Annotated[int | None, typer.Option(help="Undo everything above this number; 0 for everything.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="How many of the newest to undo.")] = 1,
    yes: Yes = False,
    directory: Directory = migrate.MIGRATIONS,
) -> None:
    """Undo the newest migration, or several. Asks first where rows would be lost."""
    with database() as dsn:
        plan = _run(migrate.plan_down(dsn, directory=directory, to=to, steps=steps))
        lost = [(migration.title, things) for migration, things in plan if things]
        if lost and not yes:
            for title, things in lost:
                typer.echo(f"{title} DOWN destroys for good: {', '.join(things)}.", err=True)
            typer.confirm("Is there a backup, and shall it go?", abort=True, err=True)
        done = _run(migrate.down(dsn, directory=directory, to=to, steps=steps, say=_say))
    typer.echo(f"{len(done)} undone." if done else "Nothing to do: no migration is applied.")


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
    directory: Directory = migrate.MIGRATIONS,
) -> None:
    """Say for every number whether it is applied. Exit code 1 when something is left to do."""
    with database() as dsn:
        rows = _run(migrate.status(dsn, directory=directory))
    if as_json:
        typer.echo(msgspec.json.encode([_status_json(row) for row in rows]).decode())
    else:
        _print_status(rows)
    if not all(row.settled for row in rows):
        raise typer.Exit(1)


@app.command()
def adopt(number: Number, yes: Yes = False, directory: Directory = migrate.MIGRATIONS) -> None:
    """Record a migration that somebody applied by hand with psql, without running it."""
    if not yes:
        typer.confirm(f"Was {number} applied here exactly as its file is now?", abort=True, err=True)
    with database() as dsn:
        row = _run(migrate.adopt(dsn, number, directory=directory, say=_say))
    typer.echo(f"{row.title} is recorded as applied.")


@app.command()
def forget(number: Number, directory: Directory = migrate.MIGRATIONS) -> None:
    """Strike the record of a migration that somebody undid by hand with psql."""
    with database() as dsn:
        _run(migrate.forget(dsn, number, directory=directory, say=_say))
    typer.echo(f"{number} is no longer recorded.")


@app.command()
def lint(directory: Directory = migrate.MIGRATIONS) -> None:
    """Read the files for what would hurt a busy database. Exit code 1 when there is something to mend."""
    with clear_errors():
        findings = migrate.lint(directory)
    if not findings:
        typer.echo("Nothing to mend.")
        return
    table = Table("where", "rule", "what and how to mend it", box=None, header_style="bold", pad_edge=False)
    for finding in findings:
        table.add_row(f"{finding.file}:{finding.line}", finding.rule, finding.message)
    _console().print(table)
    typer.echo(f"{len(findings)} to mend. Where one is right as it is: -- lint: allow <rule>: <why>")
    raise typer.Exit(1)


def _print_status(rows: list[migrate.Status]) -> None:
    table = Table("migration", "state", "since", "took", "", box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(
            row.title,
            f"[{_COLOURS.get(row.state, 'red')}]{row.state.replace('_', ' ')}",
            f"{row.applied_at.astimezone():%Y-%m-%d %H:%M:%S}" if row.applied_at else "",
            f"{row.duration_ms} ms" if row.duration_ms is not None else "",
            row.mend,
        )
    _console().print(table)


def _status_json(row: migrate.Status) -> dict[str, Any]:
    return {
        "number": row.number,
        "name": row.name,
        "state": row.state,
        "appliedAt": row.applied_at,
        "durationMs": row.duration_ms,
        "mend": row.mend,
    }


def _console() -> Console:
    """A pipe or a log has no width: do not fold its lines at 80 columns."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 240
    return console


def _say(line: str) -> None:
    errors.print(line, markup=False)


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
