"""Through Ably events arrive at least once and in order of each call, whatever breaks; each listens to their own."""

import asyncio
import json
import random
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from stagedoor.core.db import Database
from stagedoor.events import Event, ably
from stagedoor.events.ably import AblySink, messages_of
from stagedoor.events.ably_tokens import token_request
from stagedoor.settings import Ably as Config
from stagedoor.settings import Settings
from tests.ably_server import KEY, Ably, Weather, ably_server
from tests.conftest import Stage, staged

CALLS, STEPS, KILLS = 25, 40, 4
OUTAGE_SECONDS = sum(ably.PAUSES_SECONDS) + 1.0
PEER = Path(__file__).parent.parent / "peers" / "ably_token_requests.mjs"


@pytest.fixture
async def server_of_ably() -> AsyncIterator[Ably]:
    async with ably_server() as found:
        yield found


@pytest.fixture
async def stage(settings: Settings, dsn: str, server_of_ably: Ably) -> AsyncIterator[Stage]:
    config = Config(api_key=KEY, rest_url=server_of_ably.url)
    async with staged(replace(settings, realtime_provider="ably", ably=config), dsn) as found:
        yield found


async def outage(ably: Ably, seconds: float) -> None:
    """Nothing gets through for longer than the sink's own patience."""
    before, ably.weather = ably.weather, Weather(refused=1.0)
    await asyncio.sleep(seconds)
    ably.weather = before


async def reached(condition: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        await asyncio.sleep(0.02)


def publisher(dsn: str, url: str, steps: int, calls: list[uuid.UUID]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.events.publisher", dsn, url, str(steps), *map(str, calls)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def test_a_thousand_events_arrive_in_order_through_faults_and_kills(dsn: str, server_of_ably: Ably) -> None:
    server_of_ably.weather = Weather(refused=0.08, lost_request=0.02, lost_answer=0.03, cut=0.02)
    calls = [uuid.uuid4() for _ in range(CALLS)]
    connection = await asyncpg.connect(dsn)
    # What is killed here is a process, not the database: its commits need not reach the disk one by one.
    await connection.execute(
        f"ALTER DATABASE {dsn.split('?', maxsplit=1)[0].rpartition('/')[2]} SET synchronous_commit = off"
    )
    running = [publisher(dsn, server_of_ably.url, STEPS, calls) for _ in range(KILLS + 1)]
    try:
        for kills in range(1, KILLS + 1):
            await reached(lambda kills=kills: len(server_of_ably.accepted) >= kills * CALLS * STEPS // (KILLS + 2))
            victim = running.pop(0)
            victim.kill()
            victim.wait()
            if kills == 2:
                await outage(server_of_ably, OUTAGE_SECONDS)
        await reached(lambda: len(server_of_ably.accepted) == CALLS * STEPS)
    finally:
        for process in running:
            process.kill()
            process.wait()
        await connection.close()
    arrived = defaultdict(list)
    for channel, data in server_of_ably.accepted:
        assert data["name"] == "call:step" and data["eventId"] > 0
        arrived[channel].append(data["step"])
    assert arrived == {f"fan:{call}": list(range(1, STEPS + 1)) for call in calls}
    assert server_of_ably.faults >= 50 and server_of_ably.repeated > 0


async def test_events_arrive_as_they_do_over_the_socket(stage: Stage, server_of_ably: Ably) -> None:
    call_id = await stage.connect()
    await stage.sam.post("/api/calls/end", {"callId": call_id})
    end = time.monotonic() + 5
    while await stage.value("SELECT count(*) FROM events WHERE published_at IS NULL"):
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
    told = [
        delivery
        for row in await stage.sql("SELECT deliveries FROM events ORDER BY id")
        for delivery in row["deliveries"]
    ]
    mine = [{"channel": channel, **data} for channel, data in server_of_ably.accepted]
    assert len(mine) == len(told)
    incoming = next(one for one in mine if one["name"] == "call:incoming")
    assert incoming["channel"] == f"fan:{stage.sam.id}" and incoming["callId"] == call_id
    assert incoming["creatorName"] == "Mia" and incoming["version"] == 1 and incoming["eventId"] > 0
    assert [one["name"] for one in mine if one["channel"] == f"creator:{stage.mia.id}"] == [
        delivery["name"] for delivery in told if delivery["channel"] == f"creator:{stage.mia.id}"
    ]


async def test_nothing_is_published_inside_an_open_transaction(stage: Stage, server_of_ably: Ably) -> None:
    server_of_ably.weather = Weather(lost_request=1.0, silence_seconds=2.0)
    await stage.ring()
    waiting = (
        "SELECT query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
        " AND state_change < clock_timestamp() - interval '0.7 seconds'"
    )
    seen = []
    for _ in range(20):
        await asyncio.sleep(0.2)
        seen += await stage.sql(waiting)
    assert seen == [] and server_of_ably.attempts > 1


async def test_a_later_event_waits_for_an_earlier_one_of_its_call(
    dsn: str, server_of_ably: Ably, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ably, "TURN_SECONDS", 0.2)
    database = Database(dsn, size=2)
    await database.open()
    sink = AblySink(Config(api_key=KEY, rest_url=server_of_ably.url), database)
    call_id = uuid.uuid4()
    async with database.connection() as connection:
        ids = [
            await connection.fetchval(
                "INSERT INTO events (type, call_id) VALUES ('call.step', $1) RETURNING id", call_id
            )
            for _ in range(2)
        ]
    first, second = (event(number, call_id) for number in ids)
    with pytest.raises(ably.NotPublished):
        await sink.deliver(second)
    assert server_of_ably.accepted == []
    await sink.deliver(first)
    await sink.deliver(second)
    assert [data["step"] for _, data in server_of_ably.accepted] == ids
    await sink.close()
    await database.close()


def event(number: int, call_id: uuid.UUID | None, **delivery: Any) -> Event:
    told = {"channel": "fan:sam", "name": "call:step", "data": {"step": number}, **delivery}
    return Event(number, "call.step", call_id, None, None, None, 1, None, {}, [told], None)  # type: ignore[arg-type]


def test_messages_carry_ids_that_ably_knows_again() -> None:
    one = event(7, None)
    twice = replace(one, deliveries=[*one.deliveries, {**one.deliveries[0], "name": "wallet:changed"}])
    messages = messages_of(twice)["fan:sam"]
    assert [message["id"] for message in messages] == ["7:0", "7:1"]
    assert json.loads(messages[0]["data"]) == {"step": 7, "eventId": 7, "version": 1}


async def test_a_token_request_opens_the_callers_own_channels_only(stage: Stage, server_of_ably: Ably) -> None:
    response = await stage.mia.ask("GET", "/api/realtime/token")
    assert response.headers["cache-control"] == "no-store"
    mia = response.json()["realtime"]
    sam = (await stage.sam.get("/api/realtime/token"))["realtime"]
    own = {f"fan:{stage.mia.id}": ["subscribe"], f"creator:{stage.mia.id}": ["subscribe"]}
    assert json.loads(mia["tokenRequest"]["capability"]) == own
    assert json.loads(sam["tokenRequest"]["capability"]) == {f"fan:{stage.sam.id}": ["subscribe"]}
    assert sam["channels"] == [f"fan:{stage.sam.id}"] and sam["tokenRequest"]["clientId"] == str(stage.sam.id)
    assert (await stage.http.get("/api/realtime/token")).status_code == 401
    async with httpx.AsyncClient(base_url=server_of_ably.url) as http:
        wider = {**sam["tokenRequest"], "capability": mia["tokenRequest"]["capability"]}
        other = {**sam["tokenRequest"], "clientId": str(stage.mia.id)}
        everything = {**sam["tokenRequest"], "capability": '{"*":["*"]}'}
        for forged in (wider, other, everything):
            assert (await http.post("/keys/appid.keyid/requestToken", json=forged)).status_code == 401
        granted = await http.post("/keys/appid.keyid/requestToken", json=sam["tokenRequest"])
        assert json.loads(granted.json()["capability"]) == {f"fan:{stage.sam.id}": ["subscribe"]}
        again = await http.post("/keys/appid.keyid/requestToken", json=sam["tokenRequest"])
        assert again.status_code == 401


def test_token_requests_are_signed_as_ablys_own_client_signs_them() -> None:
    chance = random.Random(3)
    cases = [
        {
            "key": f"app{chance.randint(0, 9)}.key:{chance.getrandbits(128):x}",
            "clientId": str(uuid.UUID(int=chance.getrandbits(128))),
            "channels": [f"fan:{uuid.UUID(int=chance.getrandbits(128))}" for _ in range(chance.randint(1, 2))],
            "ttl": chance.randint(60, 86_400),
            "timestamp": chance.randint(1, 2**42),
            "nonce": f"{chance.getrandbits(128):032x}",
        }
        for _ in range(100)
    ]
    done = subprocess.run(["node", str(PEER)], input=json.dumps(cases), capture_output=True, text=True, check=True)
    for case, theirs in zip(cases, json.loads(done.stdout), strict=True):
        ours = token_request(
            Config(api_key=case["key"], token_ttl_seconds=case["ttl"]),
            case["clientId"],
            case["channels"],
            timestamp_ms=case["timestamp"],
            nonce=case["nonce"],
        )
        assert (ours.mac, ours.capability, ours.key_name) == (theirs["mac"], theirs["capability"], theirs["keyName"])


async def test_by_the_socket_there_is_no_such_token(settings: Settings, dsn: str) -> None:
    async with staged(settings, dsn) as stage:
        response = await stage.sam.ask("GET", "/api/realtime/token")
        assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")
