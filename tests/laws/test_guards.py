"""Each guard by itself: what one layer would let through, the next one stops; found by taking them out one by one."""

import asyncio
import uuid
from collections.abc import Coroutine
from typing import Any

import asyncpg
import pytest

from stagedoor.calls import queries
from stagedoor.calls.model import Ring
from stagedoor.core.identity import Person
from tests.conftest import Stage
from tests.ears import Ears
from tests.laws.stopped_clock import Theatre

INITIATE = "/api/calls/initiate"
WAITING = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
RUNNING = "SELECT count(*) FROM calls WHERE ended_at IS NULL"


async def starts_and_waits(stage: Stage, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
    """`work` under way: it waits for the pair's turn, or is over because nothing made it wait."""
    task = asyncio.create_task(work)
    async with asyncio.timeout(20):
        while not task.done() and not await stage.value(WAITING):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return task


async def test_a_ring_waits_for_the_block_of_its_pair(stage: Stage) -> None:
    body = {"fanId": str(stage.sam.id), "callType": "video"}
    async with stage.house.database.transaction() as block:
        await block.execute("INSERT INTO creator_blocked_users VALUES ($1, $2)", stage.mia.id, stage.sam.id)
        ring = await starts_and_waits(stage, stage.mia.ask("POST", INITIATE, body))
    assert (await ring).json()["code"] == "FAN_UNAVAILABLE"
    assert await stage.value(RUNNING) == 0


async def test_a_block_waits_for_the_ring_of_its_pair(stage: Stage) -> None:
    mia = await stage.house.authenticator.authenticate(stage.mia.token)
    ring = Ring(mia, stage.sam.id, "video", None)
    statement = "INSERT INTO fan_blocked_creators VALUES ($1, $2)"
    async with stage.house.journal.transaction() as tx:
        await queries.ring(tx.db, ring, stage.house.settings.calls, "webrtc")
        block = await starts_and_waits(stage, stage.sql(statement, stage.sam.id, stage.mia.id))
    await block
    assert await stage.value(RUNNING) == 0
    assert await stage.value("SELECT end_reason FROM calls") == "blocked_by_fan"


@pytest.mark.parametrize("live", [False, True])
async def test_a_block_ends_what_it_finds(stage: Stage, live: bool) -> None:
    call_id = await (stage.connect() if live else stage.ring())
    await stage.sql("INSERT INTO fan_blocked_creators VALUES ($1, $2)", stage.sam.id, stage.mia.id)
    [call] = await stage.sql("SELECT state, end_reason FROM calls WHERE id = $1", call_id)
    assert call == {"state": "ended" if live else "cancelled", "end_reason": "blocked_by_fan"}
    assert await stage.value("SELECT count(*) FROM ledger_holds WHERE closed_at IS NULL") == 0


async def test_the_database_itself_refuses_an_answer_at_the_very_end(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    await theatre.later(120)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await theatre.sql("UPDATE call_invitations SET state = 'accepted' WHERE call_id = $1", call_id)
    assert refused.value.constraint_name == "invitation_is_not_late"


async def test_every_ring_takes_the_cooldown_anew(theatre: Theatre) -> None:
    for _ in range(3):
        call = (await theatre.mia.post(INITIATE, {"fanId": str(theatre.sam.id), "callType": "voice"}, 201))["call"]
        await theatre.sam.post("/api/calls/decline", {"callId": call["id"]})
        again = await theatre.mia.ask("POST", INITIATE, {"fanId": str(theatre.sam.id), "callType": "voice"})
        assert (again.json()["code"], again.json()["retryAfter"]) == ("CALL_COOLDOWN", 60)
        await theatre.later(60)


async def test_the_statement_that_rings_minds_the_cooldown_itself(theatre: Theatre) -> None:
    mia = Person(theatre.mia.id, "mia", "Mia", None, True, False, None, float("inf"))
    ring = Ring(mia, theatre.sam.id, "voice", None)
    async with theatre.house.database.connection() as connection:
        for wait, outcome in ((0, "rang"), (59.999, "cooldown"), (0.001, "rang")):
            await theatre.later(wait)
            rang = await queries.ring(connection, ring, theatre.house.settings.calls, "webrtc")
            assert rang["outcome"] == outcome, wait
            await theatre.sql("UPDATE call_invitations SET state = 'declined' WHERE state = 'pending'")


async def test_both_sides_hear_of_a_gap_at_once(theatre: Theatre) -> None:
    ears = Ears(theatre)
    call_id = await theatre.connect()
    await theatre.attest(call_id, "sam", "lost")
    await ears.settle()
    for who in (theatre.mia, theatre.sam):
        name, heard = ears.of(who)[-1]
        assert (name, heard["callId"], heard["state"]) == ("call:reconnecting", call_id, "reconnecting")


async def test_a_new_price_is_for_new_calls(theatre: Theatre) -> None:
    call_id = await theatre.connect()
    await theatre.sql(
        "INSERT INTO creator_call_prices VALUES ($1, 600, 600) ON CONFLICT (creator_id)"
        " DO UPDATE SET voice_tokens_per_minute = 600, video_tokens_per_minute = 600",
        theatre.mia.id,
    )
    await theatre.stay(call_id, 20)
    call = (await theatre.sam.post("/api/calls/end", {"callId": call_id}))["call"]
    assert (call["tokensPerMinute"], call["tokensCharged"]) == (12, 4)


async def test_no_hold_says_that_it_captured_more_than_it_held(theatre: Theatre) -> None:
    call_id = await theatre.connect()
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await theatre.sql(
            "UPDATE ledger_holds SET captured = amount + 1, closed_at = clock_timestamp() WHERE call_id = $1", call_id
        )
    assert refused.value.constraint_name == "captured_within_hold"


async def test_what_is_settled_stays_settled(theatre: Theatre) -> None:
    call_id = await theatre.connect()
    await theatre.stay(call_id, 20)
    await theatre.sam.post("/api/calls/end", {"callId": call_id})
    before = await theatre.sql("SELECT * FROM calls")
    await theatre.later(60)
    again = await theatre.value("SELECT call_settle($1, clock_timestamp(), 'operator')", uuid.UUID(call_id))
    assert again == before[0]["tokens_charged"] == 4
    assert await theatre.sql("SELECT * FROM calls") == before


@pytest.mark.parametrize(("away", "state"), [(29.999, "active"), (30, "ended")])
async def test_who_comes_back_too_late_finds_the_call_ended(theatre: Theatre, away: float, state: str) -> None:
    """Before any sweeper was here: or a client that is always just back would never be found away too long."""
    call_id = await theatre.connect()
    await theatre.stay(call_id, 20)
    await theatre.attest(call_id, "sam", "lost")
    await theatre.later(away)
    if state == "active":
        await theatre.attest(call_id, "mia")
    call = await theatre.attest(call_id, "sam")
    assert (call["state"], call["billableSeconds"]) == (state, 20)
    await theatre.audit()
