"""The house under test: a real PostgreSQL, a database of its own for every test, and the people Mia and Sam."""

import asyncio
import contextlib
import os
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import structlog
from litestar import Litestar

from stagedoor.app import MAX_BODY_BYTES, House, api, furnish
from stagedoor.core import embedded_pg, migrate
from stagedoor.core.edge import Edge
from stagedoor.core.lane import Lane
from stagedoor.core.pages import Pages
from stagedoor.demo.seed import seed
from stagedoor.platform import Accounts
from stagedoor.settings import FLAG_DEFAULTS, Identity, Limits, Settings
from tests.declared import declared
from tests.logged import logged

GENEROUS = Limits(calls_per_ip=100_000, calls_per_user=100_000, general=1_000_000, tight=1_000_000)


# They take longest, so they begin first: no worker is left with one of them at the end.
_FIRST = (
    *("e2e/test_in_the_call", "e2e/test_relay_and_cuts", "e2e/test_accessibility"),
    *("ops/test_preflight", "core/test_embedded_pg", "privacy/test_flags_and_viewers", "test_openapi"),
    *("privacy/test_out_of_reach", "cli/test_operator", "chaos/test_slice", "events/test_ably", "privacy/test_matrix"),
    *("scale/test_three_processes", "scale/test_restart", "ops/test_backup", "cli/test_refusals", "cli/test_serving"),
    *("upgrade/test_previous_release", "laws/test_kills", "laws/test_indexes", "ops/test_rollout_processes"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {f"tests/{name}.py": number for number, name in enumerate(_FIRST)}
    items.sort(key=lambda item: place.get(item.location[0], len(place)))


@pytest.fixture(scope="session", autouse=True)
def loggers_follow_their_configuration() -> Iterator[None]:
    """A logger that has logged once keeps its configuration, and would carry one test's into the next."""
    configure = structlog.configure
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structlog, "configure", lambda **how: configure(**{**how, "cache_logger_on_first_use": False}))
        yield


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """The log, as `serve` writes it."""
    with logged(tmp_path) as found:
        yield found


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server, with a migrated and seeded database `template_house`.

    Where TEST_SERVER_DIR is set, of the one that runs there: `make mutants` starts one for many runs.
    """
    shared = os.environ.get("TEST_SERVER_DIR")
    folder = Path(shared) if shared else tmp_path_factory.mktemp("pg")
    with embedded_pg.start(folder) as lease:
        asyncio.run(_make_template(lease.dsn))
        yield lease.dsn


async def _make_template(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        if await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = 'template_house'"):
            return
        await connection.execute("CREATE DATABASE template_house")
    finally:
        await connection.close()
    await migrate.up(named(dsn, "template_house"))


def named(dsn: str, database: str) -> str:
    """The same server's address, of another database."""
    head, _, query = dsn.partition("?")
    base, _, _ = head.rpartition("/")
    return f"{base}/{database}" + (f"?{query}" if query else "")


@contextlib.asynccontextmanager
async def fresh_database(server: str, template: str = "template_house") -> AsyncIterator[str]:
    """A database of its own, as migrations leave it; dropped afterwards."""
    name = f"house_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(server)
    try:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield named(server, name)
    finally:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.close()


@pytest.fixture
async def dsn(server: str) -> AsyncIterator[str]:
    async with fresh_database(server) as found:
        yield found


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Everything on, limits out of the way. A test that is about a limit replaces it."""
    return Settings(
        data_dir=tmp_path,
        flags=dict.fromkeys(FLAG_DEFAULTS, True),
        limits=GENEROUS,
        identity=Identity(secret_key="a key that only the tests know, long enough"),
        pool_size=60,
        top_up=True,
        demo=True,
    )


@dataclass
class Caller:
    """Somebody with a session, asking over HTTP."""

    username: str
    id: uuid.UUID
    token: str
    http: httpx.AsyncClient

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        named_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(
            method, path, json=body, headers={"Authorization": f"Bearer {self.token}", **named_headers}
        )

    async def get(self, path: str) -> Any:
        response = await self.ask("GET", path)
        assert response.status_code == 200, response.text
        return response.json()

    async def post(self, path: str, body: Any = None, status: int | None = None, **headers: str) -> Any:
        response = await self.ask("POST", path, body, **headers)
        assert response.status_code == (status or response.status_code), response.text
        if status is None:
            assert response.status_code in (200, 201), response.text
        return response.json()


@dataclass
class Stage:
    """A running house with the cast in it."""

    house: House
    http: httpx.AsyncClient
    people: dict[str, Caller]

    def __getattr__(self, name: str) -> Caller:
        return self.people[name]

    async def sql(self, statement: str, *args: Any) -> Any:
        """Run one statement; rows as a list of dicts."""
        async with self.house.database.connection() as connection:
            return [dict(row) for row in await connection.fetch(statement, *args)]

    async def value(self, statement: str, *args: Any) -> Any:
        async with self.house.database.connection() as connection:
            return await connection.fetchval(statement, *args)

    async def ring(self, call_type: str = "video") -> str:
        """Mia rings Sam. Returns the call's id."""
        await self.sql("DELETE FROM call_cooldowns")
        reply = await self.mia.post("/api/calls/initiate", {"fanId": str(self.sam.id), "callType": call_type})
        return str(reply["call"]["id"])

    async def connect(self, call_type: str = "video", **accept: Any) -> str:
        """Mia rings Sam, Sam accepts, both have media."""
        call_id = await self.ring(call_type)
        await self.sam.post("/api/calls/accept", {"callId": call_id, **accept})
        await self.mia.post(f"/api/calls/{call_id}/media", {"state": "connected"})
        await self.sam.post(f"/api/calls/{call_id}/media", {"state": "connected"})
        return call_id

    async def audit(self) -> None:
        """The books are right: nothing violated, everything sums to zero, nobody is below zero."""
        assert await self.sql("SELECT * FROM ledger_audit()") == []
        assert await self.value("SELECT coalesce(sum(amount), 0) FROM ledger_entries") == 0
        assert await self.value("SELECT count(*) FROM ledger_accounts WHERE kind = 'user' AND posted < held") == 0

    async def person(self, username: str, *, creator: bool = False, operator: bool = False, tokens: int = 0) -> Caller:
        """One more person, beside the cast."""
        accounts: Accounts = self.house.services[Accounts]
        user_id = await accounts.sign_up(username, None, username.title(), creator=creator, operator=operator)
        if tokens:
            await self.sql(
                "SELECT ledger_post($1, 'credit', $2, '',"
                " ARRAY[house_account('issuance', $1), user_account($2)], ARRAY[-$3::bigint, $3])",
                f"test:{username}",
                user_id,
                tokens,
            )
        self.people[username] = Caller(username, user_id, accounts.session_for(user_id).token, self.http)
        return self.people[username]


# To build its routes takes as long as all the rest of a house; two that stand side by side need two.
_unused_apps: dict[tuple[bool, tuple[str, ...]], list[Litestar]] = defaultdict(list)


@contextlib.asynccontextmanager
async def staged(settings: Settings, dsn: str) -> AsyncIterator[Stage]:
    """A house started on `dsn`, with the cast, over HTTP in process."""
    house = House(settings, dsn)
    routes = (settings.demo, settings.frontend_urls)
    application = _unused_apps[routes].pop() if _unused_apps[routes] else api(house)
    furnish(application, house)
    await house.start()
    try:
        await seed(house.journal)
        transport = httpx.ASGITransport(
            Edge(Pages(Lane(application, MAX_BODY_BYTES), None), house.observe), raise_app_exceptions=False
        )
        hooks = {"response": [declared]}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", timeout=30, event_hooks=hooks
        ) as http:
            accounts: Accounts = house.services[Accounts]
            async with house.database.connection() as connection:
                rows = await connection.fetch("SELECT id, username FROM users")
            people = {
                row["username"]: Caller(row["username"], row["id"], accounts.session_for(row["id"]).token, http)
                for row in rows
            }
            yield Stage(house, http, people)
    finally:
        await house.stop()
        _unused_apps[routes].append(application)


@pytest.fixture
async def stage(settings: Settings, dsn: str) -> AsyncIterator[Stage]:
    async with staged(settings, dsn) as found:
        yield found


def quick(settings: Settings, **calls: Any) -> Settings:
    """The settings with other call rules, such as `ring_seconds=1`."""
    return replace(settings, calls=replace(settings.calls, **calls))
