"""`stagedoor doctor`: what ails it, from the parts down to the slow query. Looks, and changes nothing."""

import time
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from stagedoor.cli.opened import with_journal
from stagedoor.core.db import Database
from stagedoor.events import Journal
from stagedoor.ops import looks, standing
from stagedoor.ops.diagnosis import Diagnosis, diagnose
from stagedoor.ops.standing import Part
from stagedoor.settings import Settings

_COLOURS = {"ok": "green", "degraded": "yellow", "down": "red", "off": "dim"}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Say how each part is, what blocks what, why calls end and what is slow. Exit code 1 when a part is down."""

    async def work(settings: Settings, database: Database, _journal: Journal) -> tuple[list[Part], Diagnosis]:
        async with database.connection() as connection:
            began = time.perf_counter()
            await connection.fetchval("SELECT 1")
            ping = time.perf_counter() - began
            now, look = await standing.read(connection), await looks.read(connection)
            found = await diagnose(connection)
        hours = settings.operations.backup_hours
        return standing.parts(now, look, ping_seconds=ping, backup_hours=hours), found

    parts, found = with_journal(work)
    if as_json:
        typer.echo(msgspec.json.encode({"parts": parts, "diagnosis": found}).decode())
    else:
        _print(parts, found)
    if any(part.state == "down" for part in parts):
        raise typer.Exit(1)


def _print(parts: list[Part], found: Diagnosis) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    table = Table("part", "", "says", box=None, header_style="bold", pad_edge=False)
    for part in parts:
        table.add_row(part.name, f"[{_COLOURS[part.state]}]{part.state}", part.says)
    console.print(table)
    for title, lines in (
        ("Waiting for each other", found.blocked),
        ("Long transactions", found.longest),
        ("Calls of the last hour, by how they ended", [f"{n} {reason}" for reason, n in found.endings.items()]),
        ("Refusals of the last hour", [f"{n} {code}" for code, n in found.refusals.items()]),
    ):
        for line in [f"\n{title}", *(f"  {line}" for line in lines)] if lines else []:
            console.print(line, markup=False)
    console.print("\nWhere the database's time goes", markup=False)
    missing = ["pg_stat_statements is not installed: CREATE EXTENSION pg_stat_statements"]
    for line in missing if found.slow is None else found.slow:
        console.print(f"  {line}", markup=False)
