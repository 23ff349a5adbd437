"""Commands of the operator: flags, expire, audit."""

import getpass
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from stagedoor.calls import Sweeper
from stagedoor.cli.opened import CommandError, with_journal
from stagedoor.core.db import Database
from stagedoor.events import Journal
from stagedoor.flags import FeatureFlags, UnknownFlagError, clear_override, set_override
from stagedoor.settings import FLAG_DEFAULTS, Settings

flags = typer.Typer(help="Feature flags: the environment's default and the runtime override.", no_args_is_help=True)
Key = Annotated[str, typer.Argument(help=f"One of {', '.join(FLAG_DEFAULTS)}.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the record.")]


@flags.command("list")
def list_flags() -> None:
    """Every flag: its value, where it comes from, who set it and why."""

    async def work(settings: Settings, database: Database, _journal: Journal) -> FeatureFlags:
        found = FeatureFlags(database, settings.flags)
        await found.load()
        return found

    found = with_journal(work)
    overrides = {override.key: override for override in found.overrides()}
    table = Table("flag", "value", "from", "by", "why", box=None, header_style="bold", pad_edge=False)
    for key, value in found.all().items():
        override = overrides.get(key)
        origin = ("environment", "", "") if override is None else ("override", override.author, override.reason)
        table.add_row(key, "[green]on" if value else "[red]off", *origin)
    Console(highlight=False).print(table)


@flags.command("set")
def set_flag(key: Key, value: Annotated[str, typer.Argument(help="on or off")], reason: Reason = "") -> None:
    """Override a flag. Every process follows within a second; no restart."""
    if value.lower() not in ("on", "off", "true", "false"):
        raise typer.BadParameter("use on or off")
    enabled = value.lower() in ("on", "true")

    async def work(_settings: Settings, _database: Database, journal: Journal) -> None:
        try:
            await set_override(journal, key, enabled, reason=reason, author=getpass.getuser())
        except UnknownFlagError as error:
            raise CommandError(f"There is no flag {key}. The flags are: {', '.join(FLAG_DEFAULTS)}.") from error

    with_journal(work)
    typer.echo(f"{key} is {'on' if enabled else 'off'} everywhere.")


@flags.command("clear")
def clear_flag(key: Key, reason: Reason = "") -> None:
    """Remove the override: the environment's default counts again."""

    async def work(_settings: Settings, _database: Database, journal: Journal) -> None:
        try:
            await clear_override(journal, key, reason=reason, author=getpass.getuser())
        except UnknownFlagError as error:
            raise CommandError(f"There is no flag {key}. The flags are: {', '.join(FLAG_DEFAULTS)}.") from error

    with_journal(work)
    typer.echo(f"{key} follows the environment again.")


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
