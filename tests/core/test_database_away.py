"""The database goes and comes back: a shaped 503 in between, and nobody restarts anything."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest

from stagedoor.app import House
from stagedoor.core.db import Database
from stagedoor.core.problems import Unavailable
from stagedoor.settings import Settings
from tests.cable import cable
from tests.conftest import staged
from tests.outside import Outside, assert_problem, bearer


@pytest.fixture
def short_folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="sd-") as folder:
        yield Path(folder)


ROUTES = ("/ready", "/api/creators/mia", "/api/wallet", "/api/calls/current")


async def test_a_pulled_cable_is_a_shaped_503_at_once_and_heals_by_itself(
    settings: Settings, dsn: str, short_folder: Path
) -> None:
    async with (
        cable(dsn, short_folder) as line,
        staged(settings, line.dsn) as stage,
        Outside(stage.house).at("203.0.113.10", **bearer(stage.mia.token)) as visitor,
    ):
        for path in ROUTES:
            assert (await visitor.get(path)).status_code == 200
        await line.pull()
        for path in ROUTES:
            asked_at = time.monotonic()
            body = assert_problem(await visitor.get(path), 503, "SERVICE_UNAVAILABLE")
            assert body["retryAfter"] >= 1
            assert "sql" not in body["error"].lower()
            assert time.monotonic() - asked_at < 1
        ring = await visitor.post("/api/calls/initiate", json={"fanId": str(stage.sam.id), "callType": "voice"})
        assert_problem(ring, 503, "SERVICE_UNAVAILABLE")
        assert (await visitor.get("/health")).status_code == 200
        await line.plug()
        for path in ROUTES:
            assert (await visitor.get(path)).status_code == 200
        assert await stage.ring()


async def test_a_mute_database_is_a_503_within_seconds_and_not_a_hanging_request(
    settings: Settings, dsn: str, short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stagedoor.core.db.ACQUIRE_SECONDS", 0.5)
    monkeypatch.setattr("stagedoor.core.db.COMMAND_SECONDS", 1)
    async with (
        cable(dsn, short_folder) as line,
        staged(replace(settings, pool_size=2), line.dsn) as stage,
        Outside(stage.house).at("203.0.113.11") as visitor,
    ):
        line.mute()
        answers = await asyncio.gather(*(visitor.get("/api/creators/mia") for _ in range(6)))
        assert {answer.status_code for answer in answers} == {503}
        line.unmute()
        await asyncio.sleep(0.2)
        assert (await visitor.get("/api/creators/mia")).status_code == 200


async def test_a_connection_whose_server_is_just_going_is_a_database_away(dsn: str, short_folder: Path) -> None:
    """It was told that it ends, and has not ended yet: what the driver then says is its own kind of error."""
    async with cable(dsn, short_folder) as line:
        database = Database(line.dsn, size=2)
        await database.open()
        line.withhold_ends()
        admin = await asyncpg.connect(dsn)
        await admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await admin.close()
        await asyncio.sleep(0.1)
        with pytest.raises(Unavailable, match="SERVICE_UNAVAILABLE"):
            async with database.connection() as connection:
                await connection.fetchval("SELECT 1", timeout=2)
        line.pass_on_ends()
        await database.close()


async def test_a_house_does_not_start_on_an_address_where_nobody_answers(settings: Settings, tmp_path: Path) -> None:
    house = House(settings, f"postgresql://nobody@/none?host={tmp_path}&port=5432")
    with pytest.raises(OSError):
        await house.start()


async def test_a_transaction_that_raises_leaves_nothing(dsn: str) -> None:
    database = Database(dsn, size=2)
    with pytest.raises(Unavailable):
        async with database.connection():
            pass
    await database.open()
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            async with database.transaction() as connection:
                await connection.execute("INSERT INTO users (username, display_name) VALUES ('nina', 'Nina')")
                await connection.execute("INSERT INTO users (username, display_name) VALUES ('NOT A NAME', 'X')")
        async with database.connection() as connection:
            assert await connection.fetchval("SELECT count(*) FROM users WHERE username = 'nina'") == 0
            await connection.execute("SELECT $1::jsonb", {"any": ["json", 1]})
            assert await connection.fetchval("SELECT $1::jsonb", {"any": ["json", 1]}) == {"any": ["json", 1]}
    finally:
        await database.close()
