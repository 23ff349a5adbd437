"""`stagedoor flags`: what is on, for whom, who said so and why."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from stagedoor.cli.author import author
from stagedoor.cli.opened import CommandError, with_journal
from stagedoor.core.db import Database
from stagedoor.events import Journal
from stagedoor.flags import (
    Change,
    FeatureFlags,
    Override,
    UnknownFlagError,
    UnknownPersonError,
    clear_override,
    history,
    names_of,
    set_override,
)
from stagedoor.settings import FLAG_DEFAULTS, Settings

app = typer.Typer(help="Feature flags: the environment's default and the runtime override.", no_args_is_help=True)
T = TypeVar("T")
Key = Annotated[str, typer.Argument(help=f"One of {', '.join(FLAG_DEFAULTS)}.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the record.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON array.")]


@app.command("list")
def list_flags(as_json: AsJson = False) -> None:
    """Every flag: its value, where it comes from, who set it and why."""

    async def work(settings: Settings, database: Database, _journal: Journal) -> list[dict[str, object]]:
        found = FeatureFlags(database, settings.flags)
        await found.load()
        async with database.connection() as connection:
            named = [user for override in found.overrides() for user in override.user_ids]
            names = await names_of(connection, named)
        return [_line(key, default, found.override(key), names) for key, default in found.defaults().items()]

    lines = with_journal(work)
    if as_json:
        typer.echo(msgspec.json.encode(lines).decode())
        return
    table = Table("flag", "value", "from", "by", "why", box=None, header_style="bold", pad_edge=False)
    for line in lines:
        colour = {"on": "green", "off": "red"}.get(str(line["value"]), "yellow")
        shown = [f"[{colour}]{line['value']}", str(line["from"]), str(line["author"]), str(line["reason"])]
        table.add_row(str(line["key"]), *shown)
    _console().print(table)


def _line(key: str, default: bool, override: Override | None, names: dict[uuid.UUID, str]) -> dict[str, object]:
    if override is None:
        return {"key": key, "value": "on" if default else "off", "from": "environment", "author": "", "reason": ""}
    value = "on" if override.enabled else "off"
    if override.targeted:
        people = [names[user] for user in override.user_ids if user in names]
        share = [f"{override.percentage} %"] if override.percentage else []
        value = "on for " + ", ".join([*share, *people, *(f"every {role}" for role in override.roles)])
    return {
        "key": key,
        "value": value,
        "from": "override",
        "author": override.author,
        "reason": override.reason,
    }


@app.command("set")
def set_flag(
    key: Key,
    value: Annotated[str, typer.Argument(help="on or off")],
    reason: Reason = "",
    percentage: Annotated[int | None, typer.Option(min=0, max=100, help="On for this share of people only.")] = None,
    user: Annotated[list[str] | None, typer.Option(help="On for this person; may be repeated.")] = None,
    role: Annotated[list[str] | None, typer.Option(help="On for fan, creator or operator; may be repeated.")] = None,
) -> None:
    """Override a flag. Every process follows within a second; no restart."""
    if value.lower() not in ("on", "off", "true", "false"):
        raise typer.BadParameter("use on or off")
    enabled = value.lower() in ("on", "true")

    async def work(_settings: Settings, _database: Database, journal: Journal) -> None:
        await set_override(
            journal,
            key,
            enabled,
            reason=reason,
            author=author(),
            percentage=percentage,
            users=user or (),
            roles=role or (),
        )

    _run(work)
    partly = percentage not in (None, 100) or (percentage is None and bool(user or role))
    whom = "for those you named" if partly and enabled else "everywhere"
    typer.echo(f"{key} is {'on' if enabled else 'off'} {whom}.")


@app.command("clear")
def clear_flag(key: Key, reason: Reason = "") -> None:
    """Remove the override: the environment's default counts again."""

    async def work(_settings: Settings, _database: Database, journal: Journal) -> None:
        await clear_override(journal, key, reason=reason, author=author())

    _run(work)
    typer.echo(f"{key} follows the environment again.")


@app.command("history")
def show_history(key: Key, as_json: AsJson = False) -> None:
    """Who changed a flag, when and why, newest first."""

    async def work(_settings: Settings, database: Database, _journal: Journal) -> list[Change]:
        async with database.connection() as connection:
            return await history(connection, key)

    changes = _run(work)
    if as_json:
        typer.echo(msgspec.json.encode(changes).decode())
        return
    table = Table("when", "to", "by", "why", box=None, header_style="bold", pad_edge=False)
    for change in changes:
        table.add_row(f"{change.at.astimezone():%Y-%m-%d %H:%M:%S}", _to(change), change.author, change.reason)
    _console().print(table)


def _to(change: Change) -> str:
    if change.enabled is None:
        return "cleared"
    if not change.enabled:
        return "off"
    some = [f"{change.percentage} %"] if 0 < change.percentage < 100 else []
    some += [*change.users, *(f"every {role}" for role in change.roles)]
    return "on for " + ", ".join(some) if some else "on"


def _run(work: Callable[[Settings, Database, Journal], Awaitable[T]]) -> T:
    """`with_journal`, with a sentence for what the operator mistyped."""

    async def told(settings: Settings, database: Database, journal: Journal) -> T:
        try:
            return await work(settings, database, journal)
        except UnknownFlagError as error:
            sentence = f"There is no flag {error.args[0]}. The flags are: {', '.join(FLAG_DEFAULTS)}."
            raise CommandError(sentence) from error
        except UnknownPersonError as error:
            raise CommandError(f"There is no account called {error.args[0]}.") from error
        except ValueError as error:
            raise CommandError(str(error)) from error

    return with_journal(told)


def _console() -> Console:
    """A pipe or a log has no width: do not fold its lines at 80 columns."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 240
    return console
