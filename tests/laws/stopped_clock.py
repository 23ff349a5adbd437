"""A house whose database clock stands still until the test moves it: exact seconds, and no waiting.

The migrations run while `public.clock_timestamp` stands before the server's own on the search path, so every
function, default and view of theirs is bound to it. Not a letter of them is changed.
"""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import pytest

from stagedoor.billing import Reconciler
from stagedoor.calls import Presence, Sweeper
from stagedoor.core import migrate
from stagedoor.events import relay
from stagedoor.ops import Guard
from stagedoor.settings import Settings
from tests.conftest import Caller, Stage, fresh_database, named, staged

TEMPLATE = "template_stopped"
_CLOCK = """
CREATE TABLE stopped_clock (at timestamptz NOT NULL);
INSERT INTO stopped_clock VALUES (date_trunc('second', pg_catalog.clock_timestamp()));
CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM public.stopped_clock';
"""
# A setting of the database, which is not copied with its template.
_OURS_FIRST = """
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$
"""
_MOVE = "UPDATE stopped_clock SET at = at + make_interval(secs => $1)"


async def make_template(server: str) -> None:
    """Once a server: the migrations with the stopped clock under them."""
    admin = await asyncpg.connect(server)
    try:
        if await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", TEMPLATE):
            return
        await admin.execute(f"CREATE DATABASE {TEMPLATE}")
    finally:
        await admin.close()
    await _run(named(server, TEMPLATE), _OURS_FIRST, _CLOCK)
    await migrate.up(named(server, TEMPLATE))


async def _run(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def stopped_database(server: str) -> AsyncIterator[str]:
    """A database of its own with a stopped clock."""
    await make_template(server)
    async with fresh_database(server, template=TEMPLATE) as dsn:
        await _run(dsn, _OURS_FIRST)
        yield dsn


@dataclass
class Theatre(Stage):
    """A stage whose time and sweeper move only when told to."""

    def __getattr__(self, name: str) -> Caller:
        if name not in self.people:
            raise AttributeError(name)
        return self.people[name]

    async def now(self) -> datetime:
        moment: datetime = await self.value("SELECT at FROM stopped_clock")
        return moment

    async def later(self, seconds: float) -> None:
        """Time passes, and nobody does anything."""
        await self.sql(_MOVE, float(seconds))

    async def tick(self, seconds: float) -> None:
        """Time passes, then the sweeper does what is due."""
        await self.later(seconds)
        await self.sweep()

    async def sweep(self) -> None:
        await self.house.sweeper.sweep()

    async def call(self, call_id: str, who: str = "sam") -> Any:
        """The call as `who` sees it."""
        return (await self.people[who].get(f"/api/calls/{call_id}"))["call"]

    async def attest(self, call_id: str, who: str, state: str = "connected") -> Any:
        return (await self.people[who].post(f"/api/calls/{call_id}/media", {"state": state}))["call"]

    async def stay(self, call_id: str, seconds: int, *, step: int = 20) -> None:
        """Both go on talking for `seconds`: they say that they have media, and the sweeper runs meanwhile."""
        while seconds > 0:
            now = min(step, seconds)
            await self.later(now)
            for who in ("mia", "sam"):
                if (await self.call(call_id))["endedAt"] is None:
                    await self.attest(call_id, who)
            await self.sweep()
            seconds -= now


async def _never(_self: object) -> None:
    return None


@contextlib.contextmanager
def nothing_by_itself() -> Iterator[None]:
    """A house that is started here has no sweeper, heartbeat, reconciler or guard but the test's own."""
    with pytest.MonkeyPatch.context() as patch:
        for part in (Sweeper, Presence, Reconciler, Guard):
            patch.setattr(part, "run", _never)
        yield


@contextlib.asynccontextmanager
async def opened(settings: Settings, server: str) -> AsyncIterator[Theatre]:
    async with stopped_database(server) as dsn, contextlib.AsyncExitStack() as stack:
        at_once = stack.enter_context(pytest.MonkeyPatch.context())
        at_once.setattr(relay, "MARK_EVERY_SECONDS", 0.0)  # a moment in which the clock here may go on for hours
        with nothing_by_itself():
            stage = await stack.enter_async_context(staged(settings, dsn))
        yield Theatre(stage.house, stage.http, stage.people)


@pytest.fixture
async def theatre(settings: Settings, server: str) -> AsyncIterator[Theatre]:
    async with opened(settings, server) as found:
        yield found
