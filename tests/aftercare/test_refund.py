"""Refunds: never more than was charged, the same again moves nothing, each side gives back its part."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagedoor.aftercare.refund import Charge
from stagedoor.settings import Settings
from tests.aftercare.conftest import paid_call, spend, wallet
from tests.laws.stopped_clock import Theatre, opened


async def refund(theatre: Theatre, call_id: str, **body: Any) -> Any:
    return (await theatre.ops.post(f"/api/ops/calls/{call_id}/refund", body))["refund"]


async def refused(theatre: Theatre, call_id: str, **body: Any) -> Any:
    response = await theatre.ops.ask("POST", f"/api/ops/calls/{call_id}/refund", body)
    assert response.status_code == 409, response.text
    return response.json()


async def entries(theatre: Theatre) -> Any:
    return await theatre.sql("SELECT account_id, amount FROM ledger_entries ORDER BY id")


async def test_a_full_refund_leaves_everybody_as_before_the_call(settings_with_fee: Settings, server: str) -> None:
    async with opened(settings_with_fee, server) as theatre:
        before = {who: await wallet(theatre, who) for who in ("mia", "sam")}
        call_id = await paid_call(theatre, 65)
        assert (await wallet(theatre, "mia"))["balance"] == before["mia"]["balance"] + 10
        made = await refund(theatre, call_id)
        assert made == {"callId": call_id, "tokensCharged": 13, "refundedTokens": 13, "movedTokens": 13}
        assert {who: await wallet(theatre, who) for who in ("mia", "sam")} == before
        assert await theatre.value("SELECT sum(posted) FROM ledger_accounts WHERE kind = 'platform'") == 0
        await theatre.audit()


async def test_a_partial_refund_is_on_the_receipt_in_both_wallets_and_told_to_both(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    before = {who: (await wallet(theatre, who))["balance"] for who in ("mia", "sam")}
    await refund(theatre, call_id, tokens=5)
    after = {who: (await wallet(theatre, who))["balance"] for who in ("mia", "sam")}
    assert after == {"mia": before["mia"] - 5, "sam": before["sam"] + 5}
    for who in ("mia", "sam"):
        receipt = (await theatre.people[who].get(f"/api/calls/{call_id}/receipt"))["receipt"]
        assert (receipt["tokensCharged"], receipt["refundedTokens"]) == (12, 5)
        newest = (await theatre.people[who].get("/api/wallet/entries"))["entries"][0]
        assert (newest["kind"], newest["callId"]) == ("call_refund", call_id)
        assert newest["tokens"] == (5 if who == "sam" else -5)
    told = await theatre.sql(
        "SELECT d ->> 'channel' AS channel, (d -> 'data' ->> 'balance')::int AS balance FROM events e,"
        " jsonb_array_elements(e.deliveries) d WHERE e.type = 'call.refunded' AND d ->> 'name' = 'wallet:changed'"
    )
    assert {row["channel"]: row["balance"] for row in told} == {
        f"fan:{theatre.people[who].id}": after[who] for who in ("mia", "sam")
    }
    await theatre.audit()


async def test_the_same_refund_again_moves_nothing(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    await refund(theatre, call_id, tokens=5)
    after = await entries(theatre)
    assert (await refund(theatre, call_id, tokens=5))["movedTokens"] == 0
    assert (await refund(theatre, call_id, tokens=3)) | {"callId": ""} == {
        "callId": "", "tokensCharged": 12, "refundedTokens": 5, "movedTokens": 0,
    }  # fmt: skip
    assert await entries(theatre) == after
    assert (await refund(theatre, call_id))["movedTokens"] == 7
    assert (await refund(theatre, call_id))["movedTokens"] == 0


async def test_many_refunds_at_once_are_one(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    before = (await wallet(theatre, "sam"))["balance"]
    totals = [None, 12, 3, 7, 12, None, 1, 11] * 3
    await asyncio.gather(*(refund(theatre, call_id, tokens=total) for total in totals))
    assert (await wallet(theatre, "sam"))["balance"] == before + 12
    await theatre.audit()


async def test_a_refund_is_never_more_than_was_charged(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    problem = await refused(theatre, call_id, tokens=13)
    assert (problem["code"], problem["details"]) == ("REFUND_EXCEEDS_CHARGE", {"tokensCharged": 12})
    declined = await theatre.ring()
    assert (await refused(theatre, declined, tokens=1))["code"] == "CALL_NOT_OVER"
    await theatre.sam.post("/api/calls/decline", {"callId": declined})
    assert (await refused(theatre, declined, tokens=1))["code"] == "REFUND_EXCEEDS_CHARGE"
    assert (await refund(theatre, declined))["movedTokens"] == 0


async def test_a_creator_who_has_spent_it_is_not_taken_below_zero(settings_with_fee: Settings, server: str) -> None:
    async with opened(settings_with_fee, server) as theatre:
        call_id = await paid_call(theatre, 120)
        await theatre.mia.ask(
            "POST", "/api/creators/noor/tip", {"tokens": (await wallet(theatre, "mia"))["balance"] - 8}
        )
        before = await entries(theatre)
        problem = await refused(theatre, call_id)
        assert (problem["code"], problem["details"]) == ("CREATOR_CANNOT_PAY", {"missingTokens": 10})
        assert "--platform-pays" in problem["error"]
        assert await entries(theatre) == before
        house = await theatre.value("SELECT sum(posted) FROM ledger_accounts WHERE kind = 'platform'")
        sam = (await wallet(theatre, "sam"))["balance"]
        await refund(theatre, call_id, platformPays=True)
        assert (await wallet(theatre, "mia"))["balance"] == 0
        assert (await wallet(theatre, "sam"))["balance"] == sam + 24
        assert await theatre.value("SELECT sum(posted) FROM ledger_accounts WHERE kind = 'platform'") == house - 16
        await theatre.audit()


async def test_what_the_platform_paid_is_not_asked_of_the_creator_later(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    await spend(theatre, but=0)
    await refund(theatre, call_id, tokens=6, platformPays=True)
    await theatre.ines.ask("POST", "/api/creators/mia/tip", {"tokens": 100})
    await refund(theatre, call_id)
    assert (await wallet(theatre, "mia"))["balance"] == 94


async def test_a_full_refund_does_not_end_the_relationship(theatre: Theatre) -> None:
    await theatre.sam.ask("DELETE", "/api/creators/mia/follow")
    await theatre.sam.ask("PUT", "/api/creators/mia/follow")
    call_id = await paid_call(theatre)
    await theatre.sam.ask("DELETE", "/api/creators/mia/follow")
    await refund(theatre, call_id)
    related = await theatre.value("SELECT creator_has_relationship($1, $2)", theatre.mia.id, theatre.sam.id)
    assert related is True


async def test_nobody_is_refunded_once_the_fan_is_erased_and_an_erased_creator_still_pays(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    other = await paid_call(theatre)
    await theatre.mia.ask("DELETE", "/api/fans/me", {"confirm": "mia"})
    assert (await refund(theatre, call_id))["movedTokens"] == 12
    await theatre.sam.ask("DELETE", "/api/fans/me", {"confirm": "sam"})
    assert (await refused(theatre, other))["code"] == "NOBODY_TO_REFUND"
    await theatre.audit()


async def test_only_operators_refund(theatre: Theatre) -> None:
    call_id = await paid_call(theatre, 2)
    for who in ("sam", "mia"):
        response = await theatre.people[who].ask("POST", f"/api/ops/calls/{call_id}/refund", {})
        assert (response.status_code, response.json()["code"]) == (403, "FORBIDDEN")


@settings(deadline=None, max_examples=400)
@given(st.integers(1, 5000), st.integers(0, 10_000), st.data())
def test_partial_refunds_add_up_to_exactly_what_each_side_got(
    charged: int, basis_points: int, data: st.DataObject
) -> None:
    fee = charged * basis_points // 10_000
    totals = [*sorted(set(data.draw(st.lists(st.integers(1, charged), max_size=6)))), charged]
    creator = platform = before = 0
    for total in totals:
        pays = Charge(charged, fee, before, 0, 1, 2).creator_owes(total)
        assert 0 <= pays <= total - before
        creator, platform, before = creator + pays, platform + total - before - pays, total
        assert platform == fee * total // charged, "the platform's part is rounded down"
    assert (creator, platform) == (charged - fee, fee)


@pytest.mark.parametrize("basis_points", [0, 10_000])
async def test_a_call_that_one_side_alone_earned_can_be_refunded(
    settings_with_fee: Settings, server: str, basis_points: int
) -> None:
    rules = replace(settings_with_fee.calls, fee_basis_points=basis_points)
    async with opened(replace(settings_with_fee, calls=rules), server) as theatre:
        call_id = await paid_call(theatre)
        before = (await wallet(theatre, "sam"))["balance"]
        await refund(theatre, call_id, tokens=7)
        assert (await wallet(theatre, "sam"))["balance"] == before + 7
        await theatre.audit()
