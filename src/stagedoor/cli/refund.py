"""`stagedoor refund`: tokens of a call back to the fan who paid for it."""

import uuid
from typing import Annotated

import typer

from stagedoor.aftercare import Refunds
from stagedoor.cli.opened import with_journal
from stagedoor.core.db import Database
from stagedoor.events import Journal
from stagedoor.settings import Settings


def refund(
    call: Annotated[str, typer.Argument(help="Id of the call; it is on the receipt.")],
    tokens: Annotated[
        int | None, typer.Option(min=0, help="The total that shall have been refunded; by default all of the charge.")
    ] = None,
    platform_pays: Annotated[
        bool, typer.Option("--platform-pays", help="What the creator no longer has, the platform pays.")
    ] = False,
) -> None:
    """Refund a call in part or in full, never more than was charged. The same again changes nothing."""
    try:
        call_id = uuid.UUID(call)
    except ValueError as error:
        raise typer.BadParameter("give the id of a call, as on its receipt") from error

    async def work(_settings: Settings, _database: Database, journal: Journal) -> str:
        made = await Refunds(journal).refund(call_id, tokens, platform_pays=platform_pays)
        standing = f"{made.refunded_tokens} of {made.tokens_charged} tokens are refunded"
        return f"{standing}, {made.moved_tokens} of them now." if made.moved_tokens else f"{standing}: nothing to do."

    typer.echo(with_journal(work))
