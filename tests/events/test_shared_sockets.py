"""Several processes are one house to those who call: each hears what happens in the other, also if Redis was away."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import redis.asyncio

from stagedoor.settings import Settings
from tests.live import Live, serving
from tests.redis_server import RedisServer


@pytest.fixture
async def houses(settings: Settings, dsn: str, redis_server: RedisServer) -> AsyncIterator[tuple[Live, Live]]:
    shared = replace(settings, redis_url=redis_server.url)
    async with serving(shared, dsn) as here, serving(shared, dsn) as there:
        yield here, there


async def test_a_call_between_two_processes_is_one_call(houses: tuple[Live, Live]) -> None:
    here, there = houses
    async with here.phone("sam") as sam, there.phone("mia") as mia:
        call_id = await there.ring()
        incoming = await sam.hears("call:incoming", within=1)
        assert incoming["callId"] == call_id
        await here.sam.post("/api/calls/accept", {"callId": call_id})
        assert (await mia.hears("call:accepted", within=1))["callId"] == call_id
        signal = {"callId": call_id, "epoch": 1, "description": {"type": "offer", "sdp": "v=0"}}
        await mia.say("call:signal", signal)
        assert await sam.hears("call:signal", within=1) == {**signal, "from": "creator"}


@pytest.mark.parametrize("end", ["killed", "frozen"])
async def test_what_happens_while_redis_is_away_is_heard_here_at_once_and_there_when_it_is_back(
    houses: tuple[Live, Live], redis_server: RedisServer, end: str
) -> None:
    here, there = houses
    async with here.phone("sam") as near, there.phone("sam") as far, there.phone("mia") as mia:
        call_id = await here.ring()
        await far.hears("call:incoming", within=2)
        redis_server.kill() if end == "killed" else redis_server.freeze()
        await here.sam.post("/api/calls/decline", {"callId": call_id})
        await near.hears("call:declined", within=1)
        await asyncio.sleep(0.3)
        assert mia.of("call:declined") == []
        if end == "killed":
            await redis_server.start()
        else:
            redis_server.thaw()
        assert (await mia.hears("call:declined", within=6))["callId"] == call_id
        assert near.client.connected and far.client.connected


async def test_nothing_counts_as_told_before_the_other_process_listens_again(
    houses: tuple[Live, Live], redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stagedoor.events.shared.LISTEN_AGAIN_SECONDS", 0.4)
    here, there = houses
    manager = here.house.sockets.server.manager
    async with here.phone("sam"), there.phone("mia"), asyncio.timeout(10):
        assert await listeners(redis_server, manager.channel) == 2
        redis_server.kill()
        await asyncio.sleep(0.1)
        await redis_server.start()
        while True:
            try:
                await manager._publish({"method": "nothing"})
                break
            except (redis.ConnectionError, ConnectionError):
                await asyncio.sleep(0.01)
        assert await listeners(redis_server, manager.channel) == 2


async def listeners(server: RedisServer, channel: str) -> int:
    async with redis.asyncio.from_url(server.url) as client:
        [(_, number)] = await client.pubsub_numsub(channel)
    return int(number)
