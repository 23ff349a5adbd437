"""Ringing: who may, how often, and what everybody else is told."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from stagedoor.settings import Settings
from tests.conftest import Stage, staged
from tests.laws.stopped_clock import Theatre

INITIATE = "/api/calls/initiate"


def to(fan: Any, call_type: str = "video") -> dict[str, str]:
    return {"fanId": str(getattr(fan, "id", fan)), "callType": call_type}


async def test_the_ring_shows_the_price_and_when_it_ends(theatre: Theatre) -> None:
    await theatre.sql("INSERT INTO creator_call_prices VALUES ($1, 7, 61)", theatre.mia.id)
    tokens = (await theatre.sam.get("/api/wallet"))["wallet"]["available"]
    for call_type, price in (("voice", 7), ("video", 61)):
        await theatre.later(60)
        now = (await theatre.now()).isoformat().replace("+00:00", "Z")
        call = (await theatre.mia.post(INITIATE, to(theatre.sam, call_type), 201))["call"]
        assert (call["state"], call["role"], call["tokensPerMinute"]) == ("ringing", "creator", price)
        seen = await theatre.call(call["id"], "sam")
        assert (seen["state"], seen["role"], seen["tokensPerMinute"]) == ("ringing", "fan", price)
        assert seen["createdAt"] == now
        assert seen["creator"] == call["creator"]
        assert seen["creator"]["displayName"] == "Mia"
        assert seen["secondsLeft"] == tokens * 60 // price  # how long her tokens last
        assert [c["id"] for c in (await theatre.sam.get("/api/calls/current"))["calls"]] == [call["id"]]
        await theatre.mia.post("/api/calls/cancel", {"callId": call["id"]})


async def test_what_a_ring_is_answered_is_what_reading_it_afresh_says(theatre: Theatre) -> None:
    """The answer is made of what the ring itself returned, and of nothing that was read again."""
    await theatre.sql("UPDATE users SET avatar_url = '/' || username || '.png' WHERE username IN ('mia', 'sam')")
    for call_type in ("voice", "video"):
        await theatre.later(60)
        for _key_used in ("first", "again"):
            answer = await theatre.mia.ask("POST", INITIATE, to(theatre.sam, call_type), Idempotency_Key=call_type)
            call = answer.json()["call"]
            assert call == await theatre.call(call["id"], "mia")
        await theatre.mia.post("/api/calls/cancel", {"callId": answer.json()["call"]["id"]})


async def test_the_price_is_frozen_by_the_ring(theatre: Theatre) -> None:
    call_id = await theatre.ring("video")
    await theatre.mia.ask("PUT", "/api/creators/me/prices", {"voiceTokensPerMinute": 100, "videoTokensPerMinute": 100})
    await theatre.sam.post("/api/calls/accept", {"callId": call_id})
    assert (await theatre.call(call_id))["tokensPerMinute"] == 12


async def test_a_ring_lasts_two_minutes_to_the_millisecond(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    await theatre.tick(119.999)
    assert (await theatre.call(call_id))["state"] == "ringing"
    await theatre.tick(0.001)
    for who in ("mia", "sam"):
        call = await theatre.call(call_id, who)
        assert (call["state"], call["endReason"]) == ("missed", "expired")
    assert await theatre.value("SELECT state FROM call_invitations") == "expired"


async def test_whoever_cannot_be_called_looks_the_same(theatre: Theatre) -> None:
    """Unknown, hidden, without a relationship, blocked by either, calls off: one status, code and body."""
    blocked, hidden, nobody, blocker = [await theatre.person(name) for name in ("ada", "bea", "cora", "dora")]
    await theatre.sql("INSERT INTO follows SELECT id, $1 FROM users WHERE username = ANY ($2)", theatre.mia.id,
                      ["ada", "bea", "cora", "dora"])  # fmt: skip
    await theatre.sql("INSERT INTO creator_blocked_users VALUES ($1, $2)", theatre.mia.id, blocked.id)
    await theatre.sql("INSERT INTO fan_blocked_creators VALUES ($1, $2)", blocker.id, theatre.mia.id)
    await theatre.sql("UPDATE users SET fan_privacy_visibility = 'hidden' WHERE id = $1", hidden.id)
    await theatre.sql("UPDATE users SET fan_allow_calls = 'nobody' WHERE id = $1", nobody.id)
    stranger = await theatre.person("ella")
    told = []
    for fan in (blocked, hidden, nobody, blocker, stranger, uuid.uuid4(), theatre.mia):
        reply = await theatre.mia.ask("POST", INITIATE, to(fan))
        body = reply.json()
        told.append((reply.status_code, {k: v for k, v in body.items() if k not in ("timestamp", "requestId")}))
    assert told[0][0] == 404
    assert told[0][1]["code"] == "FAN_UNAVAILABLE"
    assert all(one == told[0] for one in told)
    assert await theatre.value("SELECT count(*) FROM call_cooldowns") == 0


async def test_a_request_that_is_not_one_is_refused_with_its_reason(stage: Stage) -> None:
    bodies: list[Any] = [{}, {"fanId": "sam"}, to(uuid.uuid4(), "fax"), to(uuid.uuid4()) | {"price": 1}, [], None]
    for body in bodies:
        reply = await stage.mia.ask("POST", INITIATE, body)
        assert (reply.status_code, reply.json()["code"]) == (422, "VALIDATION_FAILED"), body


async def test_only_creators_ring(stage: Stage) -> None:
    reply = await stage.sam.ask("POST", INITIATE, to(stage.leo))
    assert (reply.status_code, reply.json()["code"]) == (403, "CREATOR_ONLY")


@pytest.mark.parametrize("outcome", ["decline", "cancel", "miss", "talk"])
async def test_a_pair_cools_down_for_a_minute_whatever_came_of_the_ring(theatre: Theatre, outcome: str) -> None:
    call_id = await theatre.ring()
    if outcome == "talk":
        await theatre.sam.post("/api/calls/accept", {"callId": call_id})
        await theatre.mia.post("/api/calls/end", {"callId": call_id})
    elif outcome == "miss":
        await theatre.sql("UPDATE call_invitations SET state = 'expired'")
    else:
        await (theatre.sam if outcome == "decline" else theatre.mia).post(f"/api/calls/{outcome}", {"callId": call_id})
    for passed, left in ((0, 60), (29, 31), (30.999, 1)):
        await theatre.later(passed)
        reply = await theatre.mia.ask("POST", INITIATE, to(theatre.sam))
        assert (reply.status_code, reply.json()["code"]) == (429, "CALL_COOLDOWN")
        assert reply.json()["retryAfter"] == int(reply.headers["Retry-After"]) == left
    await theatre.later(0.001)
    await theatre.mia.post(INITIATE, to(theatre.sam), 201)


async def test_another_pair_is_not_cooled_down(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    await theatre.sam.post("/api/calls/decline", {"callId": call_id})
    await theatre.mia.post(INITIATE, to(theatre.leo), 201)
    await theatre.noor.post(INITIATE, to(theatre.sam), 201)


async def test_who_rings_or_talks_is_busy_and_starts_no_cooldown(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    busy = await theatre.mia.ask("POST", INITIATE, to(theatre.leo))
    assert (busy.status_code, busy.json()["code"]) == (409, "CREATOR_BUSY")
    await theatre.noor.post(INITIATE, to(theatre.sam), 201)  # two may ring her; she answers one
    await theatre.sam.post("/api/calls/accept", {"callId": call_id})
    await theatre.sql("UPDATE call_invitations SET state = 'declined' WHERE state = 'pending'")
    await theatre.later(60)
    taken = await theatre.noor.ask("POST", INITIATE, to(theatre.sam))
    assert (taken.status_code, taken.json()["code"]) == (409, "FAN_BUSY")
    await theatre.mia.post("/api/calls/end", {"callId": call_id})
    await theatre.noor.post(INITIATE, to(theatre.sam), 201)


async def test_a_creator_who_is_being_called_herself_is_busy(theatre: Theatre) -> None:
    await theatre.sql("INSERT INTO follows VALUES ($1, $2)", theatre.noor.id, theatre.mia.id)
    await theatre.sql("SELECT ledger_post('n', 'credit', $1, '', ARRAY[house_account('issuance', 'n'),"
                      " user_account($1)], ARRAY[-99::bigint, 99])", theatre.noor.id)  # fmt: skip
    call = (await theatre.mia.post(INITIATE, to(theatre.noor), 201))["call"]
    await theatre.noor.post("/api/calls/accept", {"callId": call["id"]})
    reply = await theatre.noor.ask("POST", INITIATE, to(theatre.ines))
    assert (reply.status_code, reply.json()["code"]) == (409, "CREATOR_BUSY")


async def test_one_key_is_one_ring_and_one_answer(theatre: Theatre) -> None:
    first = await theatre.mia.post(INITIATE, to(theatre.sam), 201, Idempotency_Key="press-1")
    again = await theatre.mia.post(INITIATE, to(theatre.sam), 201, Idempotency_Key="press-1")
    assert first["call"]["id"] == again["call"]["id"]
    other = await theatre.mia.ask("POST", INITIATE, to(theatre.leo), Idempotency_Key="press-1")
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert await theatre.value("SELECT count(*) FROM calls") == 1


async def test_a_key_of_a_refused_ring_may_be_used_again(theatre: Theatre) -> None:
    await theatre.ring()
    refused = await theatre.mia.ask("POST", INITIATE, to(theatre.leo), Idempotency_Key="press-2")
    assert refused.status_code == 409
    await theatre.sql("UPDATE call_invitations SET state = 'cancelled'")
    await theatre.mia.post(INITIATE, to(theatre.leo), 201, Idempotency_Key="press-2")


async def test_with_calls_off_nothing_new_rings_and_what_rings_or_runs_goes_on(settings: Settings, dsn: str) -> None:
    async with staged(settings, dsn) as stage:
        running = await stage.connect()
        await stage.sql("DELETE FROM call_cooldowns")
        ringing = (await stage.noor.post(INITIATE, to(stage.ines), 201))["call"]["id"]
    off = replace(settings, flags={**settings.flags, "FEATURE_CALLS": False})
    async with staged(off, dsn) as stage:
        for body in (to(stage.leo), {}, None, "nonsense"):
            refused = await stage.mia.ask("POST", INITIATE, body)
            assert (refused.status_code, refused.json()["code"]) == (403, "FEATURE_DISABLED")
        assert (await stage.ines.post("/api/calls/accept", {"callId": ringing}))["call"]["state"] == "connecting"
        for call_id in (running, ringing):
            who = stage.mia if call_id == running else stage.noor
            assert (await who.post("/api/calls/end", {"callId": call_id}))["call"]["state"] == "ended"
        assert await stage.value("SELECT count(*) FROM ledger_holds WHERE closed_at IS NULL") == 0
        await stage.audit()
