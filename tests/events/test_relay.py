"""From the commit to the sinks: nothing of what was rolled back, all of what was committed, in each call's order."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from stagedoor.core.db import Database
from stagedoor.events import Event, Journal, Relay, relay, to_fan


class Ear:
    """Keeps what arrives, a little later than it came."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def deliver(self, event: Event) -> None:
        await asyncio.sleep(0.001)
        self.events.append(event)


def event(number: int, call_id: uuid.UUID) -> Event:
    return Event(number, "call.step", call_id, None, None, None, number, None, {}, [], datetime.now(UTC))


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    found = Database(dsn, size=20)
    await found.open()
    yield found
    await found.close()


@pytest.fixture
def ear() -> Ear:
    return Ear()


async def until(question: str, database: Database, answer: object, seconds: float = 8) -> None:
    async with asyncio.timeout(seconds):
        while True:
            async with database.connection() as connection:
                if await connection.fetchval(question) == answer:
                    return
            await asyncio.sleep(0.05)


UNPUBLISHED = "SELECT count(*) FROM events WHERE published_at IS NULL"


async def test_what_is_rolled_back_was_never_told_nor_recorded(database: Database, ear: Ear) -> None:
    told = Relay(database, [ear])
    journal = Journal(database, told)
    with pytest.raises(ZeroDivisionError):
        async with journal.transaction() as tx:
            await tx.record("test.undone", to_fan(uuid.uuid4(), "message:new"))
            raise ZeroDivisionError
    await told.drain()
    assert ear.events == []
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM events") == 0


async def test_each_calls_events_arrive_in_the_order_of_their_versions(database: Database, ear: Ear) -> None:
    """Many writers of each call take turns at its lock, as the verbs do; calls go on beside each other."""
    told = Relay(database, [ear])
    journal = Journal(database, told)
    calls = [uuid.uuid4() for _ in range(8)]
    versions: dict[uuid.UUID, int] = defaultdict(int)

    async def writer(call_id: uuid.UUID) -> None:
        async with journal.transaction() as tx:
            await tx.db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", str(call_id))
            versions[call_id] += 1
            await tx.record("call.step", call_id=call_id, version=versions[call_id])

    await asyncio.gather(*(writer(call_id) for _ in range(25) for call_id in calls))
    await told.drain()
    for call_id in calls:
        assert [event.version for event in ear.events if event.call_id == call_id] == list(range(1, 26))
    task = asyncio.create_task(told.run())
    await until(UNPUBLISHED, database, 0)
    task.cancel()
    assert len(ear.events) == 200, "what was told at once is not told again"


@pytest.mark.parametrize("then", ["publish", "forget"])
async def test_what_is_committed_first_waits_for_what_was_recorded_before(
    database: Database, ear: Ear, then: str
) -> None:
    """Two commits' answers are read in either order; the lock they were written under knows the right one."""
    told = Relay(database, [ear])
    call_id = uuid.uuid4()
    first, second = (event(number, call_id) for number in (1, 2))
    told.expect(first)
    told.expect(second)
    told.publish([second])
    await told.drain()
    assert ear.events == []
    getattr(told, then)([first])
    await told.drain()
    assert ear.events == ([first, second] if then == "publish" else [second])


async def test_two_backstops_tell_each_event_once(database: Database, ear: Ear) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO events (type, created_at)"
            " SELECT 'test.left', clock_timestamp() - interval '1 minute' FROM generate_series(1, 1200)"
        )
    one, two = Relay(database, [ear]), Relay(database, [ear])
    tasks = [asyncio.create_task(found.run()) for found in (one, two)]
    await until(UNPUBLISHED, database, 0)
    for task in tasks:
        task.cancel()
    assert len(ear.events) == 1200
    assert [event.id for event in ear.events[:100]] == sorted(event.id for event in ear.events[:100])


@pytest.mark.parametrize(("broken", "fails"), [("_MARK", "$1::bigint[]"), ("_UNPUBLISHED", "$1::integer")])
async def test_no_error_of_the_database_stops_the_telling(
    database: Database, ear: Ear, monkeypatch: pytest.MonkeyPatch, broken: str, fails: str
) -> None:
    """Say a statement that is cancelled: what was told stays unmarked, and is told again."""
    statement = getattr(relay, broken)
    monkeypatch.setattr(relay, "BACKSTOP_SECONDS", 0.1)
    monkeypatch.setattr(relay, broken, f"SELECT 1 / 0, {fails}")
    told = Relay(database, [ear])
    journal = Journal(database, told)
    task = asyncio.create_task(told.run())
    async with journal.transaction() as tx:
        await tx.record("test.first")
    await asyncio.sleep(0.5)
    assert not task.done()
    monkeypatch.setattr(relay, broken, statement)
    async with journal.transaction() as tx:
        await tx.record("test.second")
    await until(UNPUBLISHED, database, 0)
    assert not task.done()
    task.cancel()
    assert {event.type for event in ear.events} == {"test.first", "test.second"}


async def test_what_comes_back_from_the_record_is_what_was_told(database: Database, ear: Ear) -> None:
    told = Relay(database, [ear])
    fan, call_id = uuid.uuid4(), uuid.uuid4()
    async with Journal(database, told).transaction() as tx:
        data = {"callType": "video", "tokens": 5, "text": "ä, 😀 and \u2028"}
        await tx.record("test.told", to_fan(fan, "call:incoming", callId=call_id, tokens=5), call_id=call_id, data=data)
    await told.drain()
    async with database.connection() as connection:
        await connection.execute("UPDATE events SET published_at = NULL")
    task = asyncio.create_task(told.run())
    await until(UNPUBLISHED, database, 0)
    task.cancel()
    first, again = ear.events
    assert (again.id, again.type, again.call_id, again.version) == (first.id, first.type, first.call_id, first.version)
    assert again.data == first.data
    assert [(d["channel"], d["name"]) for d in again.deliveries] == [(f"fan:{fan}", "call:incoming")]
    assert again.deliveries[0]["data"] == {"callId": str(call_id), "tokens": 5}
