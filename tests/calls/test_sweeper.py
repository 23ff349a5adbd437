"""The sweeper: everything that is due gets done, once, by whoever comes first, and nothing holds up the rest."""

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from stagedoor.calls import Sweeper
from stagedoor.settings import Settings
from tests.conftest import Stage, quick, staged
from tests.laws.stopped_clock import Theatre

BROKEN = {
    "without its participants": "DELETE FROM call_participants WHERE call_id = $1",
    "in a gap that never began": "UPDATE calls SET state = 'reconnecting' WHERE id = $1",
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_call_that_cannot_be_advanced_holds_up_no_other(theatre: Theatre, how: str) -> None:
    broken = await theatre.connect()
    async with theatre.house.database.transaction() as connection:
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(BROKEN[how], broken)
    body = {"fanId": str(theatre.ines.id), "callType": "voice"}
    ringing = (await theatre.noor.post("/api/calls/initiate", body))["call"]["id"]
    with capture_logs() as logs:
        async with asyncio.timeout(10):
            await theatre.tick(120)
    assert (await theatre.call(ringing, "ines"))["state"] == "missed"
    assert [line["callId"] for line in logs if line["event"] == "call not advanced"] == [broken]
    looked_at = "SELECT extract(epoch FROM due_at - at)::int FROM calls, stopped_clock WHERE id = $1"
    assert await theatre.value(looked_at, broken) == 30, "it is looked at again"


async def test_a_stale_ring_ends_within_a_second_of_its_time(settings: Settings, dsn: str) -> None:
    async with staged(quick(settings, ring_seconds=1), dsn) as stage:
        call_id = await stage.ring()
        await asyncio.sleep(1.9)
        assert (await stage.sam.get(f"/api/calls/{call_id}"))["call"]["state"] == "missed"
        late = (
            "SELECT extract(epoch FROM ended_at - expires_at)::float8 FROM calls JOIN call_invitations ON id = call_id"
        )
        assert 0 <= await stage.value(late) < 0.9


async def test_many_sweepers_end_each_call_once(theatre: Theatre) -> None:
    fans = [await theatre.person(f"fan{n}", creator=True) for n in range(20)]
    await theatre.sql("UPDATE users SET fan_privacy_visibility = 'creators', fan_allow_calls = 'everyone'")
    for creator, fan in zip(fans[:10], fans[10:], strict=True):
        body = {"fanId": str(fan.id), "callType": "voice"}
        assert (await creator.ask("POST", "/api/calls/initiate", body)).status_code == 201
    await theatre.later(120)
    house = theatre.house
    await asyncio.gather(*(Sweeper(house.journal, house.settings.calls).sweep() for _ in range(8)))
    assert await theatre.value("SELECT count(*) FROM calls WHERE state = 'missed'") == 10
    assert await theatre.value("SELECT count(*) FROM events WHERE type = 'call.missed'") == 10


async def test_it_says_that_it_started(settings: Settings, dsn: str) -> None:
    with capture_logs() as logs:
        async with staged(replace(settings), dsn):
            await asyncio.sleep(0.05)
    assert "Call invitation expiration job started" in [line["event"] for line in logs]


async def test_accept_and_the_sweeper_at_the_deadline_have_one_outcome(stage: Stage) -> None:
    """Whoever is first: never a missed call that was answered, nor an answer to a missed call."""
    seen = set()
    for number in range(24):
        call_id = await stage.ring()
        await stage.sql(
            "WITH i AS (UPDATE call_invitations SET expires_at = clock_timestamp() + $2 * interval '1 ms'"
            " WHERE call_id = $1 RETURNING expires_at) UPDATE calls SET due_at = i.expires_at FROM i WHERE id = $1",
            call_id,
            float(number % 8 * 40),
        )
        stage.house.sweeper.wake()

        async def answer(device: str, call_id: str = call_id) -> int:
            body = {"callId": call_id, "deviceId": device}
            return (await stage.sam.ask("POST", "/api/calls/accept", body)).status_code

        codes = await asyncio.gather(*(answer(f"{n}") for n in range(4)), stage.house.sweeper.sweep_one())
        async with asyncio.timeout(5):
            while await stage.value("SELECT state FROM calls WHERE id = $1", call_id) == "ringing":  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        state = await stage.value("SELECT state FROM calls WHERE id = $1", call_id)
        seen.add(state)
        assert state in ("missed", "connecting")
        assert codes[:4].count(200) == (state == "connecting")
        holds = await stage.value("SELECT count(*) FROM ledger_holds WHERE call_id = $1", call_id)
        assert holds == (state == "connecting")
        if state == "connecting":
            await stage.sam.post("/api/calls/end", {"callId": call_id})
    assert seen == {"missed", "connecting"}, "both were first sometimes"
    await stage.audit()
