"""What a check is: a name, what it looks at, and its answer in a word, a sentence and a mend."""

import shutil
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import asyncpg

from stagedoor.core import migrate
from stagedoor.ops import schema
from stagedoor.ops.backup import scratch
from stagedoor.ops.backup.databases import connected
from stagedoor.ops.schema import Schema
from stagedoor.settings import Settings

State = Literal["pass", "warn", "fail", "skip"]
Needs = Literal["nothing", "database", "server"]
Db: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True, slots=True)
class Answer:
    """`mend` is what to do about it: a command or a setting."""

    state: State
    says: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    name: str
    state: State
    says: str
    mend: str


def good(says: str) -> Answer:
    return Answer("pass", says)


def bad(says: str, mend: str) -> Answer:
    return Answer("fail", says, mend)


def weak(says: str, mend: str) -> Answer:
    """Not what production should have, and not a reason to stop."""
    return Answer("warn", says, mend)


def not_asked(says: str) -> Answer:
    return Answer("skip", says)


@dataclass
class Place:
    """Where preflight runs: these settings, this database, this server. What a test bends is passed in."""

    settings: Settings
    dsn: str
    url: str | None
    directory: Path = migrate.MIGRATIONS
    wrong_settings: Mapping[str, str] = field(default_factory=dict)
    rehearsed: bool = True
    now: Callable[[], float] = time.time
    lint: Callable[[Path], list[migrate.Finding]] = migrate.lint
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
    references: dict[int, Schema] = field(default_factory=dict)

    @property
    def backup_dir(self) -> Path:
        return self.settings.operations.backup_dir or self.settings.data_dir / "backups"

    async def show(self, db: Db, name: str) -> str:
        value: str = await db.fetchval("SELECT current_setting($1)", name)
        return value

    async def reference(self, top: int) -> Schema:
        """The schema that the migrations up to `top` make, and nothing else."""
        if top not in self.references:
            async with scratch(self.dsn, "reference") as empty:
                await migrate.up(empty, directory=self.directory, to=top)
                async with connected(empty) as db:
                    self.references[top] = await schema.read(db)
        return self.references[top]

    async def top(self) -> int:
        """The newest migration that is recorded as applied and known here; 0 without any."""
        rows = await migrate.status(self.dsn, directory=self.directory)
        return max((row.number for row in rows if row.state == "applied"), default=0)


OfPlace = Callable[[Place], Awaitable[Answer]]
OfDatabase = Callable[[Place, Db], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    needs: Needs
    ask: OfPlace | None = None
    ask_database: OfDatabase | None = None


CHECKS: list[Check] = []


def check(name: str, *, needs: Literal["nothing", "server"] = "nothing") -> Callable[[OfPlace], OfPlace]:
    """Enter a check that looks at the environment or at the running server."""

    def enter(ask: OfPlace) -> OfPlace:
        CHECKS.append(Check(name, needs, ask=ask))
        return ask

    return enter


def database_check(name: str) -> Callable[[OfDatabase], OfDatabase]:
    """Enter a check that looks at the database."""

    def enter(ask: OfDatabase) -> OfDatabase:
        CHECKS.append(Check(name, "database", ask_database=ask))
        return ask

    return enter
