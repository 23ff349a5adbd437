"""Who is there: said by clients, written in one statement a beat, and never held up."""

import asyncio
import time
import uuid
from typing import Any

import pytest

from stagedoor.calls import media_queries, presence
from stagedoor.calls.media_queries import Word
from tests.conftest import Stage
from tests.laws.stopped_clock import Theatre
from tests.live import Live, live

__all__ = ["live"]
SEEN = """
SELECT p.role, extract(epoch FROM clock_timestamp() - p.seen_at)::float8 AS ago, p.presence_seconds
FROM call_participants p WHERE p.call_id = $1 ORDER BY p.role
"""


async def seen(stage: Stage, call_id: str) -> dict[str, tuple[float, int]]:
    rows = await stage.sql(SEEN, call_id)
    return {row["role"]: (row["ago"], row["presence_seconds"]) for row in rows}


async def test_a_client_that_says_it_is_alive_is_there_for_three_seconds_and_a_socket_for_twelve(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "SOCKET_BEATS", 2)
    call_id = await live.connect()
    await live.sql("UPDATE call_participants SET seen_at = seen_at - interval '20 seconds'")
    async with live.phone("mia") as mia, live.phone("sam"):
        await mia.say("call:alive", {"callId": call_id})
        async with asyncio.timeout(8):
            while (await seen(live, call_id))["fan"][0] > 10 or (await seen(live, call_id))["creator"][0] > 10:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    found = await seen(live, call_id)
    assert (found["creator"][1], found["fan"][1]) == (3, 12)


async def test_nobody_is_kept_alive_by_somebody_else_nor_in_another_call(live: Live) -> None:
    call_id = await live.connect()
    await live.sql("UPDATE call_participants SET seen_at = seen_at - interval '20 seconds'")
    async with live.phone("leo") as leo:
        nonsense: list[Any] = [{"callId": str(uuid.uuid4())}, {"callId": "x"}, {}, None, [], "x" * 100]
        for said in ({"callId": call_id}, *nonsense):
            await leo.say("call:alive", said)
        await asyncio.sleep(1.3)
    assert all(ago > 20 for ago, _ in (await seen(live, call_id)).values())


async def test_a_word_counts_for_when_it_was_said_however_long_it_waited_for_the_database(live: Live) -> None:
    call_id = await live.connect()
    await live.sql("UPDATE call_participants SET seen_at = seen_at - interval '20 seconds'")
    now = time.monotonic()
    words = {(uuid.UUID(call_id), live.mia.id): now, (uuid.UUID(call_id), live.sam.id): now - 9}
    live.house.presence._alive.update(words)
    await live.house.presence._write(sockets_too=False)
    found = await seen(live, call_id)
    assert found["creator"][0] < 5
    assert 9 <= found["fan"][0] < 14


async def test_an_older_word_takes_nothing_from_a_newer_one(theatre: Theatre) -> None:
    call_id = uuid.UUID(await theatre.connect())
    async with theatre.house.database.connection() as connection:
        await media_queries.beat(connection, [Word(call_id, theatre.sam.id, 2.5)])
    seen_at = "SELECT at - seen_at = interval '0' FROM call_participants, stopped_clock WHERE role = 'fan'"
    assert await theatre.value(seen_at)


@pytest.mark.parametrize(
    ("said", "ago"), [(1.5, 1.5), (0, 0), (99, 3), (-5, 0), ("1", 0), (None, 0), (float("nan"), 0), (True, 0)]
)
def test_a_client_may_say_that_its_word_is_older_and_never_newer(said: object, ago: float) -> None:
    assert presence._silence(said) == ago


async def test_who_has_no_media_is_not_kept_in_the_call(theatre: Theatre) -> None:
    call_id = await theatre.connect()
    await theatre.attest(call_id, "sam", "lost")
    await theatre.later(2)
    people = [theatre.mia.id, theatre.sam.id]
    async with theatre.house.database.connection() as connection:
        await media_queries.beat(connection, [Word(uuid.UUID(call_id), person) for person in people])
        await media_queries.beat_people(connection, people, 12)
    rows = await theatre.sql("SELECT role, at - seen_at AS ago FROM call_participants, stopped_clock")
    assert {row["role"]: row["ago"].total_seconds() for row in rows} == {"creator": 0, "fan": 2}


@pytest.mark.parametrize("statement", ["beat", "beat_people"])
async def test_a_heartbeat_waits_for_nobody(stage: Stage, statement: str) -> None:
    """Somebody holds one row: the others are written at once, and nothing can deadlock."""
    call_id = uuid.UUID(await stage.connect())
    people = [stage.mia.id, stage.sam.id]
    await stage.sql("UPDATE call_participants SET seen_at = seen_at - interval '20 seconds'")
    async with stage.house.database.transaction() as other:
        await other.execute("SELECT 1 FROM call_participants WHERE role = 'fan' FOR UPDATE")
        async with asyncio.timeout(2), stage.house.database.connection() as connection:
            if statement == "beat":
                await media_queries.beat(connection, [Word(call_id, person) for person in people])
            else:
                await media_queries.beat_people(connection, people, 12)
    found = await seen(stage, str(call_id))
    assert found["creator"][0] < 10
    assert found["fan"][0] > 20


async def test_no_error_of_the_database_stops_the_heartbeat(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    async def fails(*_args: Any) -> None:
        tries.append(_args)
        if len(tries) == 1:
            raise ZeroDivisionError

    monkeypatch.setattr(presence, "BEAT_SECONDS", 0.02)
    monkeypatch.setattr(media_queries, "beat", fails)
    async with asyncio.timeout(8):
        while len(tries) < 3:
            stage.house.presence._alive[uuid.uuid4(), stage.sam.id] = time.monotonic()
            await asyncio.sleep(0.02)


async def test_two_processes_heartbeats_never_deadlock(stage: Stage) -> None:
    """Both have everybody's sockets, in opposite order, all the time."""
    calls = []
    for creator, fan in (("mia", "sam"), ("noor", "ines")):
        body = {"fanId": str(stage.people[fan].id), "callType": "voice"}
        call = (await stage.people[creator].post("/api/calls/initiate", body))["call"]["id"]
        await stage.people[fan].post("/api/calls/accept", {"callId": call})
        for who in (creator, fan):
            await stage.people[who].post(f"/api/calls/{call}/media", {"state": "connected"})
            calls.append(Word(uuid.UUID(call), stage.people[who].id))

    async def process(pairs: list[Word]) -> None:
        for _ in range(60):
            async with stage.house.database.connection() as connection:
                await media_queries.beat(connection, pairs)

    await asyncio.gather(*(process(calls[::direction]) for direction in (1, -1, 1, -1)))
