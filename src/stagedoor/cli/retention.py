"""`stagedoor retention`: makes the coming months' tables, drops what need not be kept, archives whole old months."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from stagedoor.cli.author import author
from stagedoor.cli.backup import folder_of
from stagedoor.cli.opened import CommandError, clear_errors, database, journal
from stagedoor.core.db import Connection
from stagedoor.events import Journal, months
from stagedoor.events import retention as kept
from stagedoor.settings import Settings


def retention(
    deliveries_days: Annotated[
        int, typer.Option(min=1, help="For how long what clients were told is kept beside the event.")
    ] = 30,
    keep_months: Annotated[
        int | None, typer.Option(min=1, help="Archive events older than so many whole months. Left out: none.")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="Where archives go: `events` beside the backups.")] = None,
) -> None:
    """Make the coming months, drop what clients were told long ago, and archive old months. For a daily timer."""
    with clear_errors():
        settings = Settings.from_env()
        place = folder or folder_of(settings) / "events"
        with database(settings) as dsn:
            asyncio.run(_run(dsn, deliveries_days, keep_months, place))


async def _run(dsn: str, deliveries_days: int, keep_months: int | None, folder: Path) -> None:
    async with journal(dsn) as (opened, writer):
        db = await opened.listen()  # past the pool's time limit: a month may be large
        try:
            made = await months.make(db)
            typer.echo(f"{made} coming months made." if made else "The coming months are there.")
            await _prune(db, writer, deliveries_days)
            if keep_months is not None:
                await _archive(db, writer, keep_months, folder)
            for month in await kept.months(db):
                typer.echo(f"{month.name:24} {month.bytes / 1_000_000:12,.1f} MB")
        except asyncpg.LockNotAvailableError as error:
            busy = "The events are busy, by a backup perhaps. What was done is kept; run this again."
            raise CommandError(busy) from error
        except kept.RetentionError as error:
            raise CommandError(str(error)) from error
        finally:
            await db.close()


async def _prune(db: Connection, writer: Journal, days: int) -> None:
    before = datetime.now(UTC) - timedelta(days=days)
    begun = [month.name for month in await kept.months(db) if month.age_months >= 0]
    pruned = sum([await kept.prune(db, name, before) for name in begun])
    typer.echo(f"What clients were told of {pruned:,} events, more than {days} days ago, is dropped.")
    if pruned:
        async with writer.transaction() as tx:
            said = {"events": pruned, "before": before.isoformat(), "author": author()}
            await tx.record("retention.pruned", data=said)


async def _archive(db: Connection, writer: Journal, keep_months: int, folder: Path) -> None:
    old = [month for month in await kept.months(db) if month.age_months > keep_months]
    for month in old:
        path, told = await kept.archive(db, month, folder)
        async with writer.transaction() as tx:
            said = {"table": told.table, "file": path.name, "rows": told.rows, "sha256": told.sha256}
            await tx.record("retention.archived", data={**said, "author": author()})
        typer.echo(f"{told.table}: {told.rows:,} events are in {path}, and no longer in the database.")
    if not old:
        typer.echo(f"No month is older than {keep_months} months.")
