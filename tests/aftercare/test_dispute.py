"""Disputes: who may, when, what is frozen, and what becomes of it."""

import asyncio
from typing import Any

from stagedoor.settings import Settings
from tests.aftercare.conftest import paid_call, spend, wallet
from tests.laws.stopped_clock import Theatre, opened


async def dispute(theatre: Theatre, call_id: str, who: str = "sam") -> Any:
    response = await theatre.people[who].ask("POST", f"/api/calls/{call_id}/dispute", {"text": "no sound at all"})
    return response.json() if response.status_code == 201 else response.json()["code"]


async def resolve(theatre: Theatre, call_id: str, tokens: int, **body: Any) -> Any:
    response = await theatre.ops.ask("POST", f"/api/ops/disputes/{call_id}/resolve", {"refundTokens": tokens, **body})
    return response.json() if response.status_code == 200 else response.json()["code"]


async def test_a_dispute_freezes_what_the_creator_got_for_the_call(settings_with_fee: Settings, server: str) -> None:
    async with opened(settings_with_fee, server) as theatre:
        before = await wallet(theatre, "mia")
        call_id = await paid_call(theatre, 120)
        opened_dispute = (await dispute(theatre, call_id))["dispute"]
        assert (opened_dispute["callId"], opened_dispute["frozenTokens"]) == (call_id, 18)
        assert await wallet(theatre, "mia") == {
            "balance": before["balance"] + 18, "held": 18, "available": before["available"],
        }  # fmt: skip
        tip = await theatre.mia.ask("POST", "/api/creators/noor/tip", {"tokens": before["available"] + 1})
        assert tip.status_code == 402
        told = await theatre.sql(
            "SELECT d -> 'data' ->> 'held' AS held FROM events e, jsonb_array_elements(e.deliveries) d"
            " WHERE e.type = 'call.disputed' AND d ->> 'channel' = $1",
            f"fan:{theatre.mia.id}",
        )
        assert [row["held"] for row in told] == ["18"]
        await theatre.audit()


async def test_no_more_is_frozen_than_the_creator_has(theatre: Theatre) -> None:
    call_id, later = await paid_call(theatre), await paid_call(theatre)
    await spend(theatre, but=15)
    assert (await dispute(theatre, call_id))["dispute"]["frozenTokens"] == 12
    assert (await dispute(theatre, later))["dispute"]["frozenTokens"] == 3
    assert await wallet(theatre, "mia") == {"balance": 15, "held": 15, "available": 0}
    await theatre.audit()


async def test_a_dispute_without_anything_to_freeze_is_taken_all_the_same(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    await spend(theatre, but=0)
    assert (await dispute(theatre, call_id))["dispute"]["frozenTokens"] == 0
    assert await resolve(theatre, call_id, 12) == "CREATOR_CANNOT_PAY"
    assert (await resolve(theatre, call_id, 12, platformPays=True))["dispute"]["refundedTokens"] == 12


async def test_the_running_calls_funds_are_not_confused_with_what_is_frozen(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    await dispute(theatre, call_id)
    over = await theatre.call(call_id)
    assert (over["heldTokens"], over["tokensCharged"]) == (0, 12)
    again = await theatre.connect()
    await theatre.stay(again, 60)
    ended = (await theatre.sam.post("/api/calls/end", {"callId": again}))["call"]
    assert ended["tokensCharged"] == 12
    assert (await wallet(theatre, "mia"))["held"] == 12


async def test_a_call_is_disputed_once_by_the_fan_who_paid(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    assert await dispute(theatre, call_id, "mia") == "FAN_ONLY"
    assert await dispute(theatre, call_id, "leo") == "CALL_NOT_FOUND"
    answers = await asyncio.gather(*(dispute(theatre, call_id) for _ in range(10)))
    assert sorted(str(answer) for answer in answers)[:9] == ["ALREADY_DISPUTED"] * 9
    assert (await wallet(theatre, "mia"))["held"] == 12
    await theatre.audit()


async def test_a_call_can_be_disputed_for_thirty_days(theatre: Theatre) -> None:
    first, second = await paid_call(theatre), await paid_call(theatre)
    ended = await theatre.value("SELECT max(ended_at) FROM calls")
    await theatre.later((ended - await theatre.now()).total_seconds() + 30 * 86400)
    assert (await dispute(theatre, second))["dispute"]["frozenTokens"] == 12
    assert await dispute(theatre, first) == "DISPUTE_TOO_LATE"


async def test_only_a_call_that_was_charged_and_is_over_can_be_disputed(theatre: Theatre) -> None:
    running = await theatre.connect()
    assert await dispute(theatre, running) == "CALL_NOT_OVER"
    await theatre.sam.post("/api/calls/end", {"callId": running})
    assert await dispute(theatre, running) == "NOTHING_CHARGED"
    refunded = await paid_call(theatre)
    await theatre.ops.post(f"/api/ops/calls/{refunded}/refund", {})
    assert await dispute(theatre, refunded) == "NOTHING_CHARGED"


async def test_the_decision_refunds_so_much_and_releases_the_rest(theatre: Theatre) -> None:
    for number, tokens in enumerate((0, 5, 12), 1):
        await decided(theatre, tokens, number)
    await theatre.audit()


async def decided(theatre: Theatre, tokens: int, number: int) -> None:
    call_id = await paid_call(theatre)
    mia, sam = await wallet(theatre, "mia"), await wallet(theatre, "sam")
    await dispute(theatre, call_id)
    listed = (await theatre.ops.get("/api/ops/disputes"))["disputes"]
    assert [(d["callId"], d["text"], d["fan"]["username"], d["creator"]["username"]) for d in listed] == [
        (call_id, "no sound at all", "sam", "mia")
    ]
    resolved = (await resolve(theatre, call_id, tokens))["dispute"]
    assert resolved["refundedTokens"] == tokens and resolved["resolvedAt"] is not None
    left = mia["balance"] - tokens
    assert await wallet(theatre, "mia") == {"balance": left, "held": 0, "available": left}
    assert (await wallet(theatre, "sam"))["balance"] == sam["balance"] + tokens
    assert (await theatre.ops.get("/api/ops/disputes"))["disputes"] == []
    assert len((await theatre.ops.get("/api/ops/disputes?state=all"))["disputes"]) == number
    assert await resolve(theatre, call_id, tokens) == "DISPUTE_RESOLVED"
    assert await resolve(theatre, "00000000-0000-4000-8000-000000000000", 0) == "CALL_NOT_FOUND"


async def test_a_refund_takes_the_frozen_tokens_first_and_leaves_the_rest_frozen(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    await dispute(theatre, call_id)
    spare = (await wallet(theatre, "mia"))["available"]
    await theatre.ops.post(f"/api/ops/calls/{call_id}/refund", {"tokens": 5})
    assert await wallet(theatre, "mia") == {"balance": spare + 7, "held": 7, "available": spare}
    await theatre.ops.post(f"/api/ops/calls/{call_id}/refund", {})
    assert await wallet(theatre, "mia") == {"balance": spare, "held": 0, "available": spare}
    assert (await resolve(theatre, call_id, 0))["dispute"]["refundedTokens"] == 12
    await theatre.audit()


async def test_a_decision_that_cannot_be_paid_changes_nothing(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    await spend(theatre, but=4)
    await dispute(theatre, call_id)
    before = await wallet(theatre, "mia")
    assert await resolve(theatre, call_id, 12) == "CREATOR_CANNOT_PAY"
    assert await wallet(theatre, "mia") == before == {"balance": 4, "held": 4, "available": 0}
    assert len((await theatre.ops.get("/api/ops/disputes"))["disputes"]) == 1
    await resolve(theatre, call_id, 12, platformPays=True)
    assert await wallet(theatre, "mia") == {"balance": 0, "held": 0, "available": 0}
    await theatre.audit()


async def test_disputes_and_decisions_are_on_record(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    await dispute(theatre, call_id)
    await resolve(theatre, call_id, 5)
    recorded = await theatre.sql(
        "SELECT type, actor_id FROM events WHERE type LIKE 'call.%' AND call_id = $1 ORDER BY id DESC LIMIT 3", call_id
    )
    assert [(row["type"], row["actor_id"]) for row in recorded] == [
        ("call.dispute_resolved", theatre.ops.id),
        ("call.refunded", theatre.ops.id),
        ("call.disputed", theatre.sam.id),
    ]
