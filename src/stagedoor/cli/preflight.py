"""`stagedoor preflight`: everything that must be true before a deployment, with the mend for what is not."""

import asyncio
import os
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from stagedoor.cli.opened import clear_errors, database
from stagedoor.ops.preflight import Finding, Place, read_settings, run

_WORDS = {"pass": "[green]pass", "warn": "[yellow]warn", "fail": "[red]FAIL", "skip": "[dim]skip"}


def preflight(
    url: Annotated[str, typer.Option(help="Base address of a running server; empty to leave it out.")] = (
        "http://127.0.0.1:8000"
    ),
    quick: Annotated[bool, typer.Option("--quick", help="Without the rehearsal on a copy of the data.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Check the whole environment. Exit code 1 when anything fails."""
    with clear_errors():
        settings, wrong = read_settings(os.environ)
        with database(settings) as dsn:
            place = Place(settings, dsn, url.rstrip("/") or None, wrong_settings=wrong, rehearsed=not quick)
            findings = asyncio.run(_findings(place, quiet=as_json))
    if as_json:
        typer.echo(msgspec.json.encode(findings).decode())
    else:
        _print(findings)
    if any(finding.state == "fail" for finding in findings):
        raise typer.Exit(1)


async def _findings(place: Place, *, quiet: bool) -> list[Finding]:
    found = []
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), transient=True, disable=quiet) as progress:
        task = progress.add_task("asking the database")
        async for finding in run(place):
            found.append(finding)
            progress.update(task, description=f"{finding.name}: {finding.says}")
    return found


def _print(findings: list[Finding]) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    table = Table("check", "", "what there is", "what to do", box=None, header_style="bold", pad_edge=False)
    for finding in findings:
        table.add_row(finding.name, _WORDS[finding.state], finding.says, finding.mend)
    console.print(table)
    count = {state: sum(finding.state == state for finding in findings) for state in _WORDS}
    verdict = f"{count['fail']} failed: not ready." if count["fail"] else "Ready."
    typer.echo(f"{count['pass']} passed, {count['warn']} could be better, {count['skip']} were not asked. {verdict}")
