"""`stagedoor demo`: from nothing to a ringing phone."""

import asyncio
import os
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from stagedoor.cli.opened import CommandError, clear_errors, database, journal
from stagedoor.cli.serve import check_port, run
from stagedoor.core import migrate
from stagedoor.core.pages import find_dist
from stagedoor.demo.seed import PASSWORD, seed
from stagedoor.settings import FLAG_DEFAULTS, Settings

_SETTINGS = {"STAGEDOOR_DEMO": "true", "WALLET_TOP_UP": "true", **dict.fromkeys(FLAG_DEFAULTS, "true")}


def demo(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Database, schema, cast and server in one; everything switched on. Ctrl-C stops all of it."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    with clear_errors():
        settings = Settings.from_env()
        if find_dist() is None:
            raise CommandError("The user interface is not built. Run: make install")
        check_port(host, port)
        with database(settings) as dsn:
            asyncio.run(_prepare(dsn))
            run(settings, dsn, host, port, listening=partial(_announce, host, port))


async def _prepare(dsn: str) -> None:
    await migrate.up(dsn)
    async with journal(dsn) as (_, writer):
        await seed(writer, password=PASSWORD)


def _announce(host: str, port: int) -> None:
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::1", "::") else host  # noqa: S104
    console = Console(highlight=False)
    console.print(f"\n  [bold]Open http://{shown}:{port}/demo[/bold]  and press Video on Mia's phone.\n")
    sign_in = f"  Or sign in at http://{shown}:{port}/ as mia, sam or ops with the password {PASSWORD}"
    console.print(sign_in, soft_wrap=True)
    console.print("  Ctrl-C stops everything; the data stays.\n")
