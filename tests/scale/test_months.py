"""Events by month: recorded without fail, found by an index, never changed, archived only into a file that is right."""

import asyncio
import csv
import gzip
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from stagedoor.core import migrate
from stagedoor.events import months, relay, retention
from tests.cli.command import Desk, says
from tests.conftest import Stage, fresh_database
from tests.laws.stopped_clock import Theatre, stopped_database, theatre

__all__ = ["theatre"]
MONTH = 31 * 86_400.0
RECORD = 'INSERT INTO events (type, fan_id, call_id, data) VALUES (\'test\', $1, $2, \'{"name": "Sam", "kept": 1}\')'
EVERYTHING = "SELECT coalesce(string_agg(e::text, ',' ORDER BY id), '') FROM events e"


@pytest.fixture
async def clock(server: str) -> AsyncIterator[asyncpg.Connection]:
    """A database whose time the test moves."""
    async with stopped_database(server) as dsn:
        connection = await asyncpg.connect(dsn)
        yield connection
        await connection.close()


async def later(db: asyncpg.Connection, count: int = 1) -> None:
    await db.execute("UPDATE stopped_clock SET at = at + make_interval(months => $1)", count)


async def record(db: asyncpg.Connection, fan: uuid.UUID, times: int = 3) -> None:
    for _ in range(times):
        await db.execute(RECORD, fan, fan)


async def tables(db: asyncpg.Connection) -> dict[str, int]:
    """How many events each table holds."""
    rows = await db.fetch("SELECT tableoid::regclass::text AS name, count(*) FROM events GROUP BY 1")
    return {row["name"]: row["count"] for row in rows}


async def test_an_event_goes_to_its_month_and_ids_keep_the_order(clock: asyncpg.Connection) -> None:
    fan = uuid.uuid4()
    for _ in range(4):
        await record(clock, fan)
        await later(clock)
        await months.make(clock)
    found = await tables(clock)
    assert list(found.values()) == [3, 3, 3, 3] and all(name.startswith("events_2") for name in found)
    ids = await clock.fetch("SELECT id FROM events ORDER BY created_at, id")
    assert [row["id"] for row in ids] == sorted({row["id"] for row in ids})
    assert max(row["id"] for row in ids) < 2**53, "exact in a client's numbers"


async def test_a_month_that_nobody_made_refuses_nothing_and_is_mended(clock: asyncpg.Connection) -> None:
    fan = uuid.uuid4()
    await later(clock, 7)
    await record(clock, fan, 5)
    assert await tables(clock) == {"events_default": 5}
    before = await clock.fetchval(EVERYTHING)
    assert await months.make(clock) == 1 + months.AHEAD
    assert "events_default" not in await tables(clock)
    assert await clock.fetchval(EVERYTHING) == before
    assert await months.make(clock) == 0


async def test_many_processes_make_the_months_once(server: str) -> None:
    async with stopped_database(server) as dsn:
        pool = await asyncpg.create_pool(dsn, min_size=8, max_size=8)
        await pool.execute("UPDATE stopped_clock SET at = at + interval '8 months'")
        made = await asyncio.gather(*(_made(pool) for _ in range(8)))
        await pool.close()
    assert sum(made) == 1 + months.AHEAD


async def _made(pool: Any) -> int:
    async with pool.acquire() as connection, connection.transaction():
        if await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", months.MAKING_LOCK):
            return await months.make(connection)
    return 0


async def test_a_reader_who_stays_long_stops_nobody_from_recording(server: str) -> None:
    """Making a month gives up at once rather than have everybody queue behind it."""
    async with stopped_database(server) as dsn:
        reader, maker, writer = [await asyncpg.connect(dsn) for _ in range(3)]
        await later(maker, 9)
        async with reader.transaction():
            await reader.fetch("SELECT count(*) FROM events")
            making = asyncio.create_task(months.make(maker))
            async with asyncio.timeout(10):
                await record(writer, uuid.uuid4())
                with pytest.raises(asyncpg.LockNotAvailableError):
                    await making
        assert await months.make(maker) == 1 + months.AHEAD
        for connection in (reader, maker, writer):
            await connection.close()


async def test_no_table_of_events_can_be_changed(clock: asyncpg.Connection) -> None:
    fan = uuid.uuid4()
    await record(clock, fan)
    await later(clock, 7)
    await record(clock, fan)
    names = [*await tables(clock), "events"]
    assert len(names) == 3
    for name in names:
        for change in (f"UPDATE {name} SET type = 'other'", f"DELETE FROM {name}", f"TRUNCATE {name}"):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await clock.execute(change)


async def test_an_erasure_reaches_every_month(clock: asyncpg.Connection) -> None:
    fan, pseudonym = uuid.uuid4(), uuid.uuid4()
    for _ in range(3):
        await record(clock, fan)
        await later(clock)
    assert await clock.fetchval("SELECT pseudonymise_events($1, $2)", fan, pseudonym) == 9
    assert await clock.fetchval("SELECT count(*) FROM events WHERE fan_id = $1 OR data ? 'name'", fan) == 0


QUERIES = {
    "what waits": relay._UNPUBLISHED.replace("$1", "500"),
    "mark": relay._MARK,
    "a call's story": "SELECT id FROM events WHERE call_id = $1 ORDER BY id",
    "a fan's page": "SELECT id FROM events WHERE fan_id = $1 AND id < $2 ORDER BY id DESC LIMIT 30",
    "a creator's page": "SELECT id FROM events WHERE creator_id = $1 ORDER BY id DESC LIMIT 30",
    "operations": "SELECT id FROM events WHERE call_id IS NULL AND creator_id IS NULL AND fan_id IS NULL"
    " ORDER BY id DESC LIMIT 30",
    "since": "SELECT count(*) FROM events WHERE created_at > $1",
}


async def test_every_month_is_read_by_an_index(clock: asyncpg.Connection) -> None:
    await record(clock, uuid.uuid4())
    await clock.execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off")
    for name, query in QUERIES.items():
        await clock.execute(f"PREPARE q AS {query}")
        asked = [str(2**62) if f"< ${n}" in query else "NULL" for n in range(1, 4) if f"${n}" in query]
        call = f"({', '.join(asked)})" if asked else ""
        plan = json.loads(await clock.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE q{call}"))
        await clock.execute("DEALLOCATE q")
        nodes = _nodes(plan[0]["Plan"])
        scans = [node for node in nodes if "Relation Name" in node and node["Node Type"] != "ModifyTable"]
        assert len({scan["Relation Name"] for scan in scans}) > 3 or query == relay._MARK, name
        for scan in scans:
            assert "Seq Scan" not in scan["Node Type"] and not scan.get("Disabled"), (name, scan)


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in _nodes(child))]


async def test_a_query_by_id_reads_one_month(clock: asyncpg.Connection) -> None:
    await record(clock, uuid.uuid4(), 1)
    number = await clock.fetchval("SELECT max(id) FROM events")
    plan = "\n".join(row[0] for row in await clock.fetch(f"EXPLAIN SELECT * FROM events WHERE id = {number}"))
    assert plan.count("Scan") == 1, plan


async def test_up_down_up_keeps_every_event_and_goes_on_counting(server: str) -> None:
    async with fresh_database(server, template="template0") as dsn:
        await migrate.up(dsn, to=143)
        db = await asyncpg.connect(dsn)
        fan = uuid.uuid4()
        for way in ("up", "down", "up", "down"):
            await record(db, fan, 20)
            before = await db.fetchval(EVERYTHING)
            await (migrate.up(dsn, to=147) if way == "up" else migrate.down(dsn, to=143))
            assert await db.fetchval(EVERYTHING) == before
        await record(db, fan, 1)
        ids = [row["id"] for row in await db.fetch("SELECT id FROM events ORDER BY created_at, id")]
        assert ids == sorted(set(ids)) and len(ids) == 81
        await db.close()


async def test_a_busy_table_is_turned_into_months_and_nobody_is_refused(server: str) -> None:
    async with fresh_database(server, template="template0") as dsn:
        await migrate.up(dsn, to=143)
        recorded = 0
        done = asyncio.Event()

        async def keep_recording() -> None:
            nonlocal recorded
            db = await asyncpg.connect(dsn)
            while not done.is_set():
                number = await db.fetchval("INSERT INTO events (type) VALUES ('test') RETURNING id")
                await db.execute(relay._MARK, [number])
                recorded += 1
            await db.close()

        async def twenty_more() -> None:
            wanted = recorded + 20
            while recorded < wanted:  # noqa: ASYNC110 - four writers, one count
                await asyncio.sleep(0.01)

        writers = [asyncio.create_task(keep_recording()) for _ in range(4)]
        await twenty_more()
        await migrate.up(dsn, to=147)
        await twenty_more()
        done.set()
        await asyncio.gather(*writers)
        db = await asyncpg.connect(dsn)
        assert await db.fetchval("SELECT count(*) FROM events") == recorded
        assert await db.fetchval("SELECT count(*) FROM events WHERE published_at IS NULL") == 0
        await db.close()


async def old(clock: asyncpg.Connection) -> uuid.UUID:
    """Three events of this month, told, and then two months pass."""
    fan = uuid.uuid4()
    await record(clock, fan)
    await clock.execute("UPDATE events SET published_at = created_at")
    await later(clock, 2)
    await months.make(clock)
    return fan


async def first(clock: asyncpg.Connection) -> retention.Month:
    return (await retention.months(clock))[0]


async def test_an_old_month_is_in_its_file_and_no_longer_in_the_table(
    clock: asyncpg.Connection, tmp_path: Path
) -> None:
    fan = await old(clock)
    kept = [row["id"] for row in await clock.fetch("SELECT id FROM events ORDER BY id")]
    month = await first(clock)
    assert month.age_months == 2
    path, told = await retention.archive(clock, month, tmp_path / "archive")
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["id"]) for row in rows] == kept and told.rows == 3
    assert {row["fan_id"] for row in rows} == {str(fan)}
    assert [json.loads(row["data"]) for row in rows] == [{"kept": 1}] * 3, "no names, nothing that clients were told"
    assert await clock.fetchval("SELECT count(*) FROM events") == 0
    assert month.name not in [other.name for other in await retention.months(clock)]
    assert json.loads(path.with_suffix("").with_suffix(".json").read_text())["sha256"] == told.sha256


async def test_no_month_is_archived_that_runs_or_has_untold_events(clock: asyncpg.Connection, tmp_path: Path) -> None:
    await record(clock, uuid.uuid4())
    with pytest.raises(retention.RetentionError, match="not over"):
        await retention.archive(clock, await first(clock), tmp_path)
    await later(clock, 2)
    with pytest.raises(retention.RetentionError, match="nobody was told"):
        await retention.archive(clock, await first(clock), tmp_path)
    assert await clock.fetchval("SELECT count(*) FROM events") == 3


@pytest.mark.parametrize("what", ["erased", "torn"])
async def test_a_file_that_is_not_the_month_takes_nothing_away(
    clock: asyncpg.Connection, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    fan = await old(clock)
    write = retention._write

    async def and_then(db: Any, table: str, path: Path) -> retention.Archived:
        told = await write(db, table, path)
        if what == "erased":
            await clock.execute("SELECT pseudonymise_events($1, $2)", fan, uuid.uuid4())
        else:
            with gzip.open(path, "wb") as file:
                file.write(b"id,type\n")
        return told

    monkeypatch.setattr(retention, "_write", and_then)
    with pytest.raises(retention.RetentionError):
        await retention.archive(clock, await first(clock), tmp_path)
    assert await clock.fetchval("SELECT count(*) FROM events") == 3


async def test_what_clients_were_told_is_dropped_when_it_is_old_and_was_told(clock: asyncpg.Connection) -> None:
    insert = "INSERT INTO events (type, deliveries, published_at) VALUES ('test', '[{}]', $1)"
    now = await clock.fetchval("SELECT at FROM stopped_clock")
    for published in (now.replace(year=now.year - 1), now, None):
        await clock.execute(insert, published)
    limit = now.replace(hour=0, minute=0, second=0)
    table = (await first(clock)).name
    assert await retention.prune(clock, table, limit) == 1
    assert await retention.prune(clock, table, limit) == 0
    left = [row["deliveries"] for row in await clock.fetch("SELECT deliveries FROM events ORDER BY id")]
    assert left == ["[]", "[{}]", "[{}]"]


async def test_calls_go_on_over_the_end_of_a_month(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    await theatre.later(MONTH)
    await theatre.sweep()
    assert (await theatre.call(call_id))["state"] == "missed"
    told = await theatre.sql("SELECT type FROM events WHERE call_id = $1 ORDER BY id", uuid.UUID(call_id))
    assert [row["type"] for row in told] == ["call.ringing", "call.missed"]


async def test_the_command_makes_prunes_archives_and_says_so(stage: Stage, dsn: str, tmp_path: Path) -> None:
    await stage.sql(RECORD, stage.sam.id, None)
    desk = Desk(tmp_path, dsn)
    said = says(await asyncio.to_thread(desk.types, "retention", "--keep-months", "12"))
    assert "coming months are there" in said and "No month is older than 12 months." in said
    assert "events_2" in said
