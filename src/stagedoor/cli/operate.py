"""Commands of the operator: expire, audit."""

from typing import Annotated

import msgspec
import typer

from stagedoor.billing import Audit, Finding, Reconciler
from stagedoor.calls import Sweeper
from stagedoor.cli.opened import with_journal
from stagedoor.core.db import Database
from stagedoor.events import Journal
from stagedoor.settings import Settings


def expire() -> None:
    """Do at once what is due: expire stale invitations, end what ran out. Safe beside running servers."""

    async def work(settings: Settings, _database: Database, journal: Journal) -> int:
        sweeper = Sweeper(journal, settings.calls)
        done = 0
        while await sweeper.sweep_one():
            done += 1
        return done

    typer.echo(f"{with_journal(work)} calls were due.")


def audit(
    repair: Annotated[bool, typer.Option("--repair", help="Mend what decides nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare calls, segments, holds, ledger, events and presence. Exit code 1 when something contradicts."""

    async def work(_settings: Settings, database: Database, journal: Journal) -> Audit:
        return await Reconciler(journal, database).look(mend=repair)

    found = with_journal(work)
    if as_json:
        typer.echo(msgspec.json.encode(found))
    else:
        for finding in found.repaired:
            typer.echo(f"mended: {_line(finding)}", err=True)
        for finding in found.findings:
            typer.echo(_line(finding), err=finding.waiting)
        if found.clean:
            typer.echo("The ledger is clean.")
        elif any(finding.mendable for finding in found.findings):
            typer.echo("Some of this can be mended: stagedoor audit --repair", err=True)
    if not found.clean:
        raise typer.Exit(1)


def _line(finding: Finding) -> str:
    return f"{finding.check} {finding.subject}: {finding.says} ({finding.detail})"
