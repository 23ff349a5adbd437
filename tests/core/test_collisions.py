"""Two changes that cannot both go on: the one that gives way is told to try again, and nothing of it is left."""

import asyncio
from dataclasses import replace

import pytest

from stagedoor.core.db import Database
from stagedoor.core.problems import Unavailable
from stagedoor.settings import Settings
from tests.conftest import Stage, quick, staged
from tests.outside import assert_problem

GIVE_WAY = """
CREATE FUNCTION give_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'gave way' USING ERRCODE = '{code}'; END $$;
CREATE TRIGGER give_way BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION give_way();
"""
GO_ON = "DROP TRIGGER give_way ON {table}; DROP FUNCTION give_way()"


async def change(stage: Stage, script: str) -> None:
    async with stage.house.database.connection() as connection:
        await connection.execute(script)


@pytest.mark.parametrize("code", ["40P01", "40001", "55P03"])
async def test_a_request_that_gave_way_is_a_503_that_changed_nothing_and_succeeds_again(
    stage: Stage, code: str
) -> None:
    before = (await stage.sam.get("/api/wallet"))["wallet"]
    await change(stage, GIVE_WAY.format(code=code, table="ledger_entries"))
    refused = await stage.sam.ask("POST", "/api/creators/mia/tip", {"tokens": 7}, Idempotency_Key="once")
    assert assert_problem(refused, 503, "SERVICE_UNAVAILABLE")["retryAfter"] == 1
    await change(stage, GO_ON.format(table="ledger_entries"))
    assert (await stage.sam.get("/api/wallet"))["wallet"] == before
    await stage.sam.post("/api/creators/mia/tip", {"tokens": 7}, Idempotency_Key="once")
    assert (await stage.sam.get("/api/wallet"))["wallet"]["balance"] == before["balance"] - 7


async def test_a_ring_whose_expiry_gave_way_expires_a_moment_later(settings: Settings, dsn: str) -> None:
    """Not thirty seconds later, as a call does that cannot be advanced."""
    async with staged(quick(settings, ring_seconds=1), dsn) as stage:
        await change(stage, GIVE_WAY.format(code="40P01", table="call_invitations").replace("INSERT OR ", ""))
        call_id = await stage.ring()
        await asyncio.sleep(1.2)
        await change(stage, GO_ON.format(table="call_invitations"))
        async with asyncio.timeout(15):
            while (await stage.sam.get(f"/api/calls/{call_id}"))["call"]["state"] != "missed":  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_of_two_transactions_that_wait_for_each_other_one_goes_on_and_one_may_try_again(
    settings: Settings, dsn: str
) -> None:
    async with staged(replace(settings, pool_size=4), dsn) as stage:
        database: Database = stage.house.database
        both_hold_one = asyncio.Barrier(2)

        async def rename(first: str, second: str) -> None:
            async with database.transaction() as connection:
                await connection.execute("SET LOCAL deadlock_timeout = '20ms'")
                for username in (first, second):
                    await connection.execute("UPDATE users SET bio = $1 WHERE username = $2", first, username)
                    if username == first:
                        await both_hold_one.wait()

        ended = await asyncio.gather(rename("mia", "sam"), rename("sam", "mia"), return_exceptions=True)
        gave_way = [error for error in ended if error is not None]
        assert len(gave_way) == 1 and isinstance(gave_way[0], Unavailable), ended
        assert gave_way[0].retry_after == 1
        assert "DeadlockDetectedError" in str(gave_way[0].because)
        bios = await stage.sql("SELECT DISTINCT bio FROM users WHERE username IN ('mia', 'sam')")
        assert len(bios) == 1
