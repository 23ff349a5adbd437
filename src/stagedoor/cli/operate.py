"""Commands of the operator: expire, audit."""

import typer

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


def audit() -> None:
    """Check the books: every violation, one a line. Exit code 1 when there is any."""

    async def work(_settings: Settings, database: Database, _journal: Journal) -> list[str]:
        async with database.connection() as connection:
            rows = await connection.fetch("SELECT violation, subject FROM ledger_audit()")
        return [f"{row['violation']}: {row['subject']}" for row in rows]

    violations = with_journal(work)
    for line in violations:
        typer.echo(line)
    if violations:
        raise typer.Exit(1)
    typer.echo("The ledger is clean.")
