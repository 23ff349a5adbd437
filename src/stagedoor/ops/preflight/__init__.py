"""Preflight: everything that must be true before a deployment, asked of the real environment, each with its mend."""

from collections.abc import AsyncIterator

import asyncpg

from stagedoor.core import migrate
from stagedoor.core.db import GONE
from stagedoor.ops.backup import BackupError
from stagedoor.ops.backup.databases import connected
from stagedoor.ops.preflight import database, environment, providers, server, structure  # noqa: F401  # enter theirs
from stagedoor.ops.preflight.checks import CHECKS, Answer, Check, Db, Finding, Place
from stagedoor.ops.preflight.environment import read_settings

__all__ = ["CHECKS", "Finding", "Place", "read_settings", "run"]


async def run(place: Place) -> AsyncIterator[Finding]:
    """Every check in order, as each is answered. One that breaks is a failure with its error as the sentence."""
    try:
        async with connected(place.dsn, application_name="stagedoor preflight") as db:
            yield Finding("database.answers", "pass", "answers", "")
            async for finding in _each(place, db):
                yield finding
    except BackupError as error:
        yield Finding("database.answers", "fail", str(error), "mend DATABASE_URL, or start it")
        async for finding in _each(place, None):
            yield finding


async def _each(place: Place, db: "Db | None") -> AsyncIterator[Finding]:
    for entry in CHECKS:
        answer = await _ask(entry, place, db)
        yield Finding(entry.name, answer.state, answer.says, answer.mend)


async def _ask(entry: Check, place: Place, db: "Db | None") -> Answer:
    try:
        if entry.ask_database is not None:
            return Answer("skip", "the database does not answer") if db is None else await entry.ask_database(place, db)
        if entry.needs == "server" and place.url is None:
            return Answer("skip", "no server was named (--url)")
        assert entry.ask is not None
        return await entry.ask(place)
    except (BackupError, migrate.MigrationError) as error:
        return Answer("fail", str(error), "stagedoor doctor")
    except (*GONE, asyncpg.PostgresError) as error:
        return Answer("fail", f"{type(error).__name__}: {error}", "stagedoor doctor")
