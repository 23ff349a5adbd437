"""Many share few connections: each gets one in its turn, and none is lost by whoever gives up or breaks one."""

import asyncio
import random
from collections.abc import AsyncIterator

import asyncpg
import pytest

from stagedoor.core import db
from stagedoor.core.db import Database
from stagedoor.core.problems import Unavailable

SIZE = 3


@pytest.fixture
async def few(dsn: str) -> AsyncIterator[Database]:
    found = Database(dsn, size=SIZE)
    await found.open()
    yield found
    await found.close()


async def all_are_there(few: Database) -> None:
    """As many as ever can be held at once, and no more."""
    together = asyncio.Barrier(SIZE + 1)

    async def hold() -> None:
        async with few.connection() as connection:
            assert await connection.fetchval("SELECT 1") == 1
            await together.wait()
            await together.wait()

    holders = [asyncio.create_task(hold()) for _ in range(SIZE)]
    async with asyncio.timeout(5):
        await together.wait()
    one_more = asyncio.create_task(few.borrow())
    await asyncio.sleep(0.05)
    assert not one_more.done()
    await together.wait()
    await asyncio.gather(*holders)
    await few.give_back(await one_more, clean=True)


async def test_a_hundred_share_three_and_each_has_its_turn(few: Database) -> None:
    held, most = 0, 0

    async def use(number: int) -> int:
        nonlocal held, most
        async with few.connection() as connection:
            held += 1
            most = max(most, held)
            try:
                return int(await connection.fetchval("SELECT $1::int", number))
            finally:
                held -= 1

    async with asyncio.timeout(10):
        assert await asyncio.gather(*(use(number) for number in range(100))) == list(range(100))
    assert most <= SIZE  # the third may still be opening when two have done it all
    await all_are_there(few)


async def test_whoever_gives_up_waiting_loses_no_connection(few: Database) -> None:
    chance = random.Random(7)

    async def use() -> None:
        async with few.transaction() as connection:
            await connection.fetchval("SELECT pg_sleep(0.001)")

    for _ in range(40):
        tasks = [asyncio.create_task(use()) for _ in range(12)]
        await asyncio.sleep(chance.uniform(0, 0.004))
        for task in chance.sample(tasks, 6):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await all_are_there(few)


async def test_a_connection_that_breaks_is_another_s_turn(few: Database, dsn: str) -> None:
    async def use(*, breaks: bool) -> None:
        async with few.connection() as connection:
            if breaks:
                await connection.fetchval("SELECT pg_terminate_backend(pg_backend_pid())")
            await connection.fetchval("SELECT 1")

    async with asyncio.timeout(10):
        found = await asyncio.gather(*(use(breaks=number % 4 == 0) for number in range(40)), return_exceptions=True)
    assert [type(one) for one in found if one is not None] == [Unavailable] * 10
    await all_are_there(few)


async def test_nobody_waits_for_ever(few: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "ACQUIRE_SECONDS", 0.2)
    held = [await few.borrow() for _ in range(SIZE)]
    with pytest.raises(Unavailable):
        async with few.connection():
            pass
    for connection in held:
        await few.give_back(connection, clean=True)
    await all_are_there(few)


async def test_what_was_left_open_is_the_pools_to_mend(few: Database) -> None:
    """An error inside the block may leave anything behind."""
    for _ in range(20):
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with few.transaction() as connection:
                await connection.fetchval("SELECT 1 / 0")
    await all_are_there(few)
