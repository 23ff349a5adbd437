"""One process leads the guard; when it dies another does; and all processes' counts add up."""

import asyncio
import uuid

import pytest

from stagedoor.ops import Guard, Tally
from stagedoor.ops.looks import read
from tests.conftest import Stage
from tests.ops.conftest import until


async def leader_of(stage: Stage) -> uuid.UUID | None:
    found: uuid.UUID | None = await stage.value("SELECT process FROM guard_looks")
    return found


async def test_one_leads_and_another_takes_over_when_it_dies(stage: Stage) -> None:
    names = [uuid.uuid4() for _ in range(3)]
    rules = stage.house.settings.operations
    guards = [
        asyncio.create_task(Guard(stage.house.database, stage.house.rollouts, rules, name).run(0.05)) for name in names
    ]
    # whoever was first, the house's own perhaps, dies
    await stage.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )

    async def one_of_us() -> bool:
        return await leader_of(stage) in names

    await until(one_of_us)
    first = await leader_of(stage)
    for _ in range(20):
        await asyncio.sleep(0.02)
        assert await leader_of(stage) == first, "two guards were looking at once"
    guards[names.index(first)].cancel()

    async def another() -> bool:
        return await leader_of(stage) in set(names) - {first}

    await until(another, 3)
    for task in guards:
        task.cancel()
    await asyncio.gather(*guards, return_exceptions=True)


async def test_every_processes_counts_add_up(stage: Stage) -> None:
    processes = [Tally(stage.house.database) for _ in range(4)]
    for one in processes:
        for _ in range(25):
            one.observe("GET", "/api/session", 200, 0.004, None)
        one.observe("POST", "/api/calls/initiate", 503, 0.7, "SERVICE_UNAVAILABLE")
        one.observe("GET", "/health", 503, 0.7, None)
    await asyncio.gather(*(one.flush() for one in processes))
    rows = await stage.sql("SELECT name, sum(counted)::int AS counted FROM minute_counts GROUP BY name")
    counted = {row["name"]: row["counted"] for row in rows}
    assert (counted["http.requests"], counted["http.errors"], counted["http.bucket.1.0"]) == (104, 4, 4)
    assert counted["refused.SERVICE_UNAVAILABLE"] == 4
    assert await stage.value("SELECT count(*) FROM server_processes") >= 4


async def test_counts_that_could_not_be_written_are_written_later(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally = Tally(stage.house.database)
    tally.observe("GET", "/api/session", 200, 0.004, None)
    with monkeypatch.context() as away:
        away.setattr(stage.house.database, "transaction", lambda: (_ for _ in ()).throw(OSError("away")))
        with pytest.raises(OSError, match="away"):
            await tally.flush()
    await tally.flush()
    assert await stage.value("SELECT sum(counted) FROM minute_counts WHERE name = 'http.requests'") == 1


async def test_the_guard_looks_also_when_nothing_is_rolled_out(stage: Stage) -> None:
    guard = Guard(stage.house.database, stage.house.rollouts, stage.house.settings.operations, uuid.uuid4())
    await guard.look()
    async with stage.house.database.connection() as connection:
        look = await read(connection)
    assert look is not None and not look.armed and look.verdict in ("hold", "go")
