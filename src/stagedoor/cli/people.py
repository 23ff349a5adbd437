"""Small commands about people: seed, token."""

from typing import Annotated

import typer

from stagedoor.cli.opened import CommandError, with_journal
from stagedoor.core.db import Database
from stagedoor.core.identity import Person
from stagedoor.core.secret_key import local_key
from stagedoor.demo.seed import seed as seed_cast
from stagedoor.events import Journal
from stagedoor.platform import Accounts
from stagedoor.settings import Settings

Username = Annotated[str, typer.Argument(help="Name of an account, such as sam.")]


def seed(
    password: Annotated[str | None, typer.Option(help="Let the cast sign in with this password.")] = None,
) -> None:
    """Create Mia, Sam and a small cast, with tokens and relations. Running it again changes nothing."""

    async def work(_settings: Settings, _database: Database, journal: Journal) -> list[str]:
        return await seed_cast(journal, password=password)

    created = with_journal(work)
    typer.echo(f"Created {', '.join(created)}." if created else "Nothing to do: the cast is there.")


def token(
    username: Username,
    hours: Annotated[int | None, typer.Option(min=1, help="How long it is valid.")] = None,
) -> None:
    """Print a bearer token of a local account, and nothing else."""

    async def work(settings: Settings, database: Database, journal: Journal) -> str:
        person = await find(settings, database, journal, username)
        lasts = hours or settings.identity.session_hours
        return Accounts(journal, database, local_key(settings), lasts).session_for(person.id).token

    typer.echo(with_journal(work))


async def find(settings: Settings, database: Database, journal: Journal, username: str) -> Person:
    """The account of that name, or one clear sentence."""
    person = await Accounts(journal, database, b"", settings.identity.session_hours).find(username)
    if person is None:
        raise CommandError(f"There is no account called {username}. The cast is made by: stagedoor seed")
    return person
