"""What every command opens: the settings, the database, and one way to fail — a sentence, the mend, exit code 2."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TypeVar

import asyncpg
import typer
from rich.console import Console

from stagedoor.core import embedded_pg, migrate
from stagedoor.core.db import GONE, Database
from stagedoor.core.problems import Refusal, Unavailable
from stagedoor.events import Journal
from stagedoor.settings import Settings, SettingsError

errors = Console(stderr=True, highlight=False, soft_wrap=True)
T = TypeVar("T")


class CommandError(Exception):
    """A command cannot do what was asked; the message says why and what to do."""


@contextlib.contextmanager
def clear_errors() -> Iterator[None]:
    try:
        yield
    except Unavailable as error:
        _fail(f"The database does not answer ({error.because}). Is DATABASE_URL right, and is it running?", error)
    except Refusal as error:
        _fail(error.sentence, error)
    except asyncpg.UndefinedTableError as error:
        _fail(f"The database has no such table ({error}). Run: stagedoor migrate up", error)
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        _fail(f"The database lets nobody in this way: {error}. Is DATABASE_URL right?", error)
    except GONE as error:
        _fail(f"The database does not answer ({error}). Is DATABASE_URL right, and is it running?", error)
    except (CommandError, migrate.MigrationError, SettingsError, embedded_pg.EmbeddedPostgresError) as error:
        _fail(str(error), error)


def _fail(sentence: str, error: BaseException) -> None:
    errors.print(sentence, style="red", markup=False)
    raise typer.Exit(2) from error


@contextlib.contextmanager
def database(settings: Settings | None = None) -> Iterator[str]:
    """The address of the server itself: DATABASE_DIRECT_URL, DATABASE_URL, or the embedded one, which is held for as
    long as the block lasts."""
    with clear_errors():
        settings = settings or Settings.from_env()
        if settings.database_url:
            yield settings.database_direct_url or settings.database_url
            return
        with embedded_pg.start(settings.data_dir) as lease:
            yield lease.dsn


@contextlib.asynccontextmanager
async def journal(dsn: str) -> AsyncIterator[tuple[Database, Journal]]:
    """A database and a journal for one command. What it records is published by the relay of a running server."""
    opened = Database(dsn, size=2)
    await opened.open()
    try:
        yield opened, Journal(opened)
    finally:
        await opened.close()


def with_journal(work: Callable[[Settings, Database, Journal], Awaitable[T]]) -> T:
    """Run `work` against the configured database, to its end."""

    async def run(settings: Settings, dsn: str) -> T:
        async with journal(dsn) as (opened, writer):
            return await work(settings, opened, writer)

    with clear_errors():
        settings = Settings.from_env()
        with database(settings) as dsn:
            return asyncio.run(run(settings, dsn))
