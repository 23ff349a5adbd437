"""Answering a ring: by whom, until when, for how much; and every way in which an answer comes too late."""

import uuid
from typing import Any

import pytest

from tests.conftest import Caller, Stage
from tests.ears import Ears
from tests.laws.stopped_clock import Theatre


async def verb(who: Caller, name: str, call_id: Any, **body: Any) -> tuple[int, str]:
    """Status, and the code of the refusal or the call's state."""
    reply = await who.ask("POST", f"/api/calls/{name}", {"callId": str(call_id), **body})
    found = reply.json()
    return reply.status_code, found["call"]["state"] if reply.status_code == 200 else found["code"]


async def test_an_answer_until_the_last_millisecond_counts_and_none_after(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    await theatre.later(119.999)
    assert await verb(theatre.sam, "accept", call_id) == (200, "connecting")
    await verb(theatre.sam, "end", call_id)
    call_id = await theatre.ring()
    await theatre.later(120)  # and no sweeper came by
    for who, name in ((theatre.sam, "accept"), (theatre.sam, "decline"), (theatre.mia, "cancel")):
        assert await verb(who, name, call_id) == (410, "INVITATION_EXPIRED")
    assert await theatre.value("SELECT count(*) FROM ledger_holds WHERE closed_at IS NULL") == 0


AFTER: dict[str, dict[str, tuple[int, str]]] = {
    "accept": {
        "accept": (409, "ANSWERED_ELSEWHERE"),
        "decline": (409, "ANSWERED_ELSEWHERE"),
        "cancel": (409, "ANSWERED_ELSEWHERE"),
        "end": (200, "ended"),
    },
    "decline": {
        "accept": (409, "ANSWERED_ELSEWHERE"),
        "decline": (200, "declined"),
        "cancel": (409, "ANSWERED_ELSEWHERE"),
        "end": (200, "declined"),
    },
    "cancel": {
        "accept": (410, "CALL_CANCELLED"),
        "decline": (410, "CALL_CANCELLED"),
        "cancel": (200, "cancelled"),
        "end": (200, "cancelled"),
    },
    "expire": {
        "accept": (410, "INVITATION_EXPIRED"),
        "decline": (410, "INVITATION_EXPIRED"),
        "cancel": (410, "INVITATION_EXPIRED"),
        "end": (200, "missed"),
    },
    "end": {
        "accept": (409, "ANSWERED_ELSEWHERE"),
        "decline": (409, "ANSWERED_ELSEWHERE"),
        "cancel": (409, "ANSWERED_ELSEWHERE"),
        "end": (200, "ended"),
    },
}


@pytest.mark.parametrize("first", AFTER)
async def test_who_comes_second_is_told_what_happened(stage: Stage, first: str) -> None:
    call_id = await stage.ring()
    if first == "expire":
        await stage.sql("UPDATE call_invitations SET state = 'expired' WHERE call_id = $1", call_id)
    elif first == "end":
        await verb(stage.sam, "accept", call_id)
        await verb(stage.sam, "end", call_id)
    else:
        await verb(stage.mia if first == "cancel" else stage.sam, first, call_id)
    before = await stage.sql("SELECT * FROM calls WHERE id = $1", call_id)
    for name, told in AFTER[first].items():
        if (first, name) != ("accept", "end"):
            who = stage.mia if name == "cancel" else stage.sam
            assert await verb(who, name, call_id) == told, name
    assert await stage.sql("SELECT * FROM calls WHERE id = $1", call_id) == before
    assert await verb(stage.mia, "end", call_id) == AFTER[first]["end"]


async def test_each_verb_is_one_sides_and_a_strangers_call_does_not_exist(stage: Stage) -> None:
    call_id = await stage.ring()
    for name in ("accept", "decline"):
        assert await verb(stage.mia, name, call_id) == (404, "CALL_NOT_FOUND")
    assert await verb(stage.sam, "cancel", call_id) == (404, "CALL_NOT_FOUND")
    for name in ("accept", "decline", "cancel", "end"):
        assert await verb(stage.leo, name, call_id) == (404, "CALL_NOT_FOUND")
        assert await verb(stage.noor, name, uuid.uuid4()) == (404, "CALL_NOT_FOUND")
    for path, body in ((f"/{call_id}/join", {"deviceId": "x"}), (f"/{call_id}/media", {"state": "connected"})):
        reply = await stage.leo.ask("POST", f"/api/calls{path}", body)
        assert (reply.status_code, reply.json()["code"]) == (404, "CALL_NOT_FOUND")
    for path in ("", "/receipt"):
        reply = await stage.leo.ask("GET", f"/api/calls/{call_id}{path}")
        assert (reply.status_code, reply.json()["code"]) == (404, "CALL_NOT_FOUND")
    assert (await stage.mia.get(f"/api/calls/{call_id}"))["call"]["state"] == "ringing"


async def test_hanging_up_a_ring_is_declining_or_cancelling_it(theatre: Theatre) -> None:
    assert await verb(theatre.sam, "end", await theatre.ring()) == (200, "declined")
    assert await verb(theatre.mia, "end", await theatre.ring()) == (200, "cancelled")


async def test_media_before_the_answer_and_after_the_end_is_refused(stage: Stage) -> None:
    call_id = await stage.ring()
    paths = [(f"/{call_id}/join", {"deviceId": "x"}), (f"/{call_id}/media", {"state": "connected"})]
    for path, body in paths:
        reply = await stage.sam.ask("POST", f"/api/calls{path}", body)
        assert (reply.status_code, reply.json()["code"]) == (409, "CALL_NOT_LIVE")
    await verb(stage.sam, "decline", call_id)
    for path, body in paths:
        reply = await stage.sam.ask("POST", f"/api/calls{path}", body)
        assert (reply.status_code, reply.json()["code"]) == (410, "CALL_ENDED")


async def test_the_device_that_answered_may_ask_again_and_others_are_told(stage: Stage) -> None:
    ears = Ears(stage)
    call_id = await stage.ring()
    assert await verb(stage.sam, "accept", call_id, deviceId="phone") == (200, "connecting")
    assert (await ears.hears(stage.mia, "call:accepted"))["fanId"] == str(stage.sam.id)
    told = await ears.hears(stage.sam, "call:answered_elsewhere")
    assert (told["callId"], told["deviceId"], told["outcome"]) == (call_id, "phone", "accepted")
    assert await verb(stage.sam, "accept", call_id, deviceId="phone") == (200, "connecting")
    assert await verb(stage.sam, "accept", call_id, deviceId="laptop") == (409, "ANSWERED_ELSEWHERE")
    assert await verb(stage.sam, "accept", call_id) == (409, "ANSWERED_ELSEWHERE")
    assert await stage.value("SELECT count(*) FROM ledger_holds") == 1


# Tokens, limit → the answer, and what is held: two minutes' price, and no more than there is or was allowed.
AT_TWELVE_A_MINUTE = [
    (0, None, "INSUFFICIENT_TOKENS", 0),
    (11, None, "INSUFFICIENT_TOKENS", 0),
    (11, 5, "INSUFFICIENT_TOKENS", 0),
    (12, None, "connecting", 12),
    (23, None, "connecting", 23),
    (24, None, "connecting", 24),
    (500, None, "connecting", 24),
    (500, 24, "connecting", 24),
    (500, 13, "connecting", 13),
    (500, 1, "connecting", 1),
    (500, 0, "VALIDATION_FAILED", 0),
    (500, 2**31, "VALIDATION_FAILED", 0),
]


async def test_an_answer_holds_the_first_minutes(theatre: Theatre) -> None:
    for number, (tokens, limit, answer, held) in enumerate(AT_TWELVE_A_MINUTE):
        fan = await theatre.person(f"fan{number}", tokens=tokens)
        await theatre.sql("INSERT INTO follows VALUES ($1, $2)", fan.id, theatre.mia.id)
        ring = {"fanId": str(fan.id), "callType": "video"}
        call_id = (await theatre.mia.post("/api/calls/initiate", ring))["call"]["id"]
        body = {"callId": call_id} | ({} if limit is None else {"maxTokens": limit})
        reply = (await fan.ask("POST", "/api/calls/accept", body)).json()
        assert (reply["call"]["state"] if reply["ok"] else reply["code"]) == answer, (tokens, limit)
        if answer == "INSUFFICIENT_TOKENS":
            assert (reply["status"], reply["details"]) == (402, {"missingTokens": 12 - tokens, "tokensPerMinute": 12})
        wallet = {"balance": tokens, "held": held, "available": tokens - held}
        assert (await fan.get("/api/wallet"))["wallet"] == wallet, (tokens, limit)
        if not held:
            assert (await fan.get("/api/calls/current"))["calls"][0]["state"] == "ringing"
        await theatre.mia.post("/api/calls/end", {"callId": call_id})


async def test_a_limit_below_the_first_started_minute_is_refused(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    await theatre.sql("UPDATE calls SET increment_seconds = 60")
    reply = await theatre.sam.ask("POST", "/api/calls/accept", {"callId": call_id, "maxTokens": 11})
    assert reply.status_code == 422
    assert reply.json()["details"] == [{"field": "maxTokens", "message": "must be at least 12"}]
    assert await verb(theatre.sam, "accept", call_id, maxTokens=12) == (200, "connecting")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE users SET fan_allow_calls = 'nobody' WHERE username = 'sam'",
        "UPDATE users SET fan_privacy_visibility = 'hidden' WHERE username = 'sam'",
        "DELETE FROM follows",
        "UPDATE users SET is_creator = false WHERE username = 'mia'",
    ],
)
async def test_permission_is_asked_again_at_the_answer(stage: Stage, change: str) -> None:
    call_id = await stage.ring()
    await stage.sql(change)
    assert await verb(stage.sam, "accept", call_id) == (403, "CALL_NOT_ALLOWED")
    assert (await stage.sam.get(f"/api/calls/{call_id}"))["call"]["state"] == "ringing"
    assert await verb(stage.sam, "decline", call_id) == (200, "declined")


async def test_whoever_is_in_a_call_cannot_answer_another(stage: Stage) -> None:
    body = {"fanId": str(stage.sam.id), "callType": "voice"}
    first, second = [(await who.post("/api/calls/initiate", body))["call"]["id"] for who in (stage.mia, stage.noor)]
    assert await verb(stage.sam, "accept", first) == (200, "connecting")
    assert await verb(stage.sam, "accept", second) == (409, "FAN_BUSY")
    assert await verb(stage.sam, "end", first) == (200, "ended")
    assert await verb(stage.sam, "accept", second) == (200, "connecting")


async def test_whoever_rings_as_a_creator_cannot_answer_as_a_fan(stage: Stage) -> None:
    everyone = {"visibility": "creators", "allowCalls": "everyone"}
    assert (await stage.noor.ask("PATCH", "/api/fans/me", everyone)).status_code == 200
    await stage.sql("INSERT INTO follows VALUES ($1, $2) ON CONFLICT DO NOTHING", stage.sam.id, stage.noor.id)
    ring = {"fanId": str(stage.noor.id), "callType": "voice"}
    call_id = (await stage.mia.post("/api/calls/initiate", ring))["call"]["id"]
    own = (await stage.noor.post("/api/calls/initiate", {**ring, "fanId": str(stage.sam.id)}))["call"]["id"]
    assert await verb(stage.noor, "accept", call_id) == (409, "FAN_BUSY")
    assert await verb(stage.noor, "cancel", own) == (200, "cancelled")
    assert await verb(stage.noor, "accept", call_id) != (409, "FAN_BUSY")


async def test_nobody_in_a_call_is_charged_before_both_have_media(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    await verb(theatre.sam, "accept", call_id)
    await theatre.attest(call_id, "mia")
    await theatre.tick(29)
    assert (await theatre.call(call_id))["state"] == "connecting"
    await theatre.tick(1)
    call = await theatre.call(call_id)
    assert (call["state"], call["endReason"], call["tokensCharged"]) == ("failed", "no_connection", 0)
    assert call["segments"] == []
    await theatre.audit()
