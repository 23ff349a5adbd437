"""`stagedoor wallet`: issue tokens to an account, and say what it has."""

from typing import Annotated

import typer

from stagedoor.billing import Wallets
from stagedoor.cli.opened import with_journal
from stagedoor.cli.people import Username, find
from stagedoor.core.db import Database
from stagedoor.events import Journal
from stagedoor.settings import Settings

app = typer.Typer(help="Tokens.", no_args_is_help=True)


@app.command()
def credit(
    username: Username,
    tokens: Annotated[int, typer.Argument(min=1, max=1_000_000_000)],
    memo: Annotated[str, typer.Option(help="Shown in the wallet.")] = "",
    key: Annotated[str | None, typer.Option(help="Once per key: a retry credits nothing more.")] = None,
) -> None:
    """Issue tokens to an account."""

    async def work(settings: Settings, database: Database, journal: Journal) -> str:
        person = await find(settings, database, journal, username)
        wallet = await Wallets(journal, database).credit(
            person.id, tokens, kind="credit", memo=memo, key=key, actor=None
        )
        return f"{person.username} has {wallet.balance} tokens, {wallet.held} of them held."

    typer.echo(with_journal(work))


@app.command()
def show(username: Username) -> None:
    """Print an account's balance."""

    async def work(settings: Settings, database: Database, journal: Journal) -> str:
        person = await find(settings, database, journal, username)
        wallet = await Wallets(journal, database).balance(person.id)
        return f"{person.username} has {wallet.balance} tokens, {wallet.held} of them held."

    typer.echo(with_journal(work))
