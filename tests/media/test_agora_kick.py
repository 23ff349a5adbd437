"""When a call through Agora ends, Agora is told to empty its channel: until it answers, and outside any transaction."""

import asyncio
import time
import uuid
from typing import Any

import httpx
import pytest

from stagedoor.media import agora_kick
from stagedoor.settings import Settings
from tests.agora_server import AgoraCloud
from tests.agora_tokens import APP_ID
from tests.conftest import Stage, fresh_database, staged


async def until(condition: Any, seconds: float = 8.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        await asyncio.sleep(0.02)


async def ended_call(stage: Stage) -> str:
    call_id = await stage.connect()
    await stage.sam.post("/api/calls/end", {"callId": call_id})
    return call_id


async def test_the_channel_is_emptied_once_its_call_is_over(stage: Stage, cloud: AgoraCloud) -> None:
    call_id = await ended_call(stage)
    await until(lambda: cloud.rules)
    rule = {"appid": APP_ID, "cname": f"call-{call_id}", "time_in_seconds": 660, "privileges": ["join_channel"]}
    assert cloud.rules == [rule]
    await stage.ring()
    await stage.mia.post("/api/calls/cancel", {"callId": await current(stage)})  # nobody was let into that channel
    await asyncio.sleep(0.3)
    assert len(cloud.rules) == 1


async def current(stage: Stage) -> str:
    return str((await stage.mia.get("/api/calls/current"))["calls"][0]["id"])


async def test_it_asks_again_until_agora_answers(
    stage: Stage, cloud: AgoraCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.answers.extend([500, 429, 401])
    monkeypatch.setattr(agora_kick, "PAUSE_SECONDS_MAX", 0.1)
    call_id = await ended_call(stage)
    await until(lambda: cloud.rules)
    assert [rule["cname"] for rule in cloud.rules] == [f"call-{call_id}"]
    assert [status for _, status in cloud.asked] == [500, 429, 401, 200]


async def test_agora_is_asked_outside_every_transaction(stage: Stage, cloud: AgoraCloud) -> None:
    seen: list[Any] = []

    async def look() -> None:
        await asyncio.sleep(0.5)
        seen.extend(
            await stage.sql(
                "SELECT query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
                " AND state_change < clock_timestamp() - interval '0.4 seconds'"
            )
        )
        seen.append(await stage.value("SELECT count(*) FROM pg_locks WHERE relation = 'agora_kicks'::regclass"))

    cloud.on_ask = look
    await ended_call(stage)
    await until(lambda: cloud.rules)
    assert seen == [0]


async def test_a_kick_survives_the_process_that_had_it_in_hand(
    agora_settings: Settings, server: str, cloud: AgoraCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agora_kick, "ANSWER_SECONDS", 0.5)
    async with fresh_database(server) as dsn:
        async with staged(agora_settings, dsn) as first:
            cloud.answers.append(5.0)
            await ended_call(first)
            await until(lambda: not cloud.answers)  # asked, and cut off before the answer
        assert cloud.rules == []
        async with staged(agora_settings, dsn):
            await until(lambda: cloud.rules)
    assert len(cloud.rules) == 1


async def test_it_stops_asking_when_every_token_has_expired(stage: Stage, cloud: AgoraCloud) -> None:
    cloud.answers.extend([503] * 50)
    call_id = uuid.uuid4()
    await stage.sql(
        "INSERT INTO agora_kicks (call_id, channel, created_at) VALUES ($1, 'call-x', now() - interval '12 minutes')",
        call_id,
    )
    async with httpx.AsyncClient() as client:
        while await stage.house.kicks.kick_one(client):  # type: ignore[union-attr]  # or its own worker, if faster
            pass
    end = time.monotonic() + 5
    while not await stage.value("SELECT done_at FROM agora_kicks WHERE call_id = $1", call_id):
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
    row = (await stage.sql("SELECT outcome, done_at FROM agora_kicks WHERE call_id = $1", call_id))[0]
    assert row["outcome"] == "every token has expired" and row["done_at"] is not None
