"""Funds while a call runs: held ahead, warned once, and cut off at the second that was paid for."""

from typing import Any

import pytest

from tests.laws.stopped_clock import Theatre

RATE = 12  # a video minute of Mia's


async def fund(theatre: Theatre, tokens: int) -> None:
    """Sam has exactly `tokens`."""
    has = (await theatre.sam.get("/api/wallet"))["wallet"]["balance"]
    await theatre.sql(
        "SELECT ledger_post($1, 'credit', NULL, '', ARRAY[house_account('issuance', $1), user_account($2)],"
        " ARRAY[-$3::bigint, $3])",
        "test",
        theatre.sam.id,
        tokens - has,
    )


async def held(theatre: Theatre) -> int:
    return int((await theatre.sam.get("/api/wallet"))["wallet"]["held"])


async def warnings(theatre: Theatre) -> list[int]:
    rows = await theatre.sql("SELECT data FROM events WHERE type = 'call.funds_low' ORDER BY id")
    return [row["data"]["secondsLeft"] for row in rows]


async def test_the_hold_stays_ahead_of_the_call_and_never_beyond_the_funds(theatre: Theatre) -> None:
    await fund(theatre, 100)  # 500 seconds
    call_id = await theatre.connect()
    assert await held(theatre) == 2 * RATE
    reached = []
    for _ in range(49):
        await theatre.stay(call_id, 10)
        call = await theatre.call(call_id)
        assert call["state"] == "active"
        assert call["tokensCharged"] + 5 * (call["secondsLeft"] > 30) <= call["heldTokens"] <= 100
        reached.append(call["heldTokens"])
    assert reached == sorted(reached)
    assert reached[-1] == 100
    await theatre.mia.post("/api/calls/end", {"callId": call_id})
    assert await held(theatre) == 0
    assert (await theatre.sam.get("/api/wallet"))["wallet"]["balance"] == 100 - 98
    await theatre.audit()


@pytest.mark.parametrize(
    ("tokens", "limit", "seconds", "reason"),
    [
        (26, None, 130, "funds_exhausted"),
        (13, None, 65, "funds_exhausted"),
        (500, 13, 65, "limit_reached"),
        (13, 13, 65, "limit_reached"),
        (500, 1, 5, "limit_reached"),
        (13, 500, 65, "funds_exhausted"),
    ],
)
async def test_the_call_ends_at_the_second_that_was_paid_for(
    theatre: Theatre, tokens: int, limit: int | None, seconds: int, reason: str
) -> None:
    await fund(theatre, tokens)
    call_id = await theatre.connect(maxTokens=limit)
    await theatre.stay(call_id, seconds - 1)
    await theatre.later(0.999)
    await theatre.sweep()
    assert (await theatre.call(call_id))["state"] == "active"
    await theatre.tick(0.001)
    for who in ("mia", "sam"):
        call = await theatre.call(call_id, who)
        assert (call["state"], call["endReason"]) == ("ended", reason)
        assert (call["billableSeconds"], call["tokensCharged"]) == (seconds, min(tokens, limit or tokens))
    await theatre.audit()


async def test_a_late_sweeper_cuts_off_at_the_same_second(theatre: Theatre) -> None:
    await fund(theatre, 26)
    call_id = await theatre.connect()
    for _ in range(10):  # five minutes in which both talk and no sweeper comes by
        await theatre.later(29)
        await theatre.attest(call_id, "mia")
        await theatre.attest(call_id, "sam")
    await theatre.sweep()
    call = await theatre.call(call_id)
    assert (call["endReason"], call["billableSeconds"], call["tokensCharged"]) == ("funds_exhausted", 130, 26)
    assert len(call["segments"]) == 1
    await theatre.audit()


@pytest.mark.parametrize("end", ["mia", "sam", "block"])
@pytest.mark.parametrize(("tokens", "billed"), [(500, (290, 58)), (26, (130, 26))], ids=["enough", "too little"])
async def test_a_late_sweeper_costs_nobody_a_second(
    theatre: Theatre, end: str, tokens: int, billed: tuple[int, int]
) -> None:
    """Longer than the first hold paid for, and ended by somebody before any sweeper came by: charged for all of it, or
    for all that there was."""
    await fund(theatre, tokens)
    call_id = await theatre.connect()
    for _ in range(10):
        await theatre.later(29)
        await theatre.attest(call_id, "mia")
        await theatre.attest(call_id, "sam")
    if end == "block":
        await theatre.sql("INSERT INTO creator_blocked_users VALUES ($1, $2)", theatre.mia.id, theatre.sam.id)
    else:
        await theatre.people[end].post("/api/calls/end", {"callId": call_id})
    call = await theatre.call(call_id)
    assert (call["state"], call["billableSeconds"], call["tokensCharged"]) == ("ended", *billed)
    await theatre.audit()


async def test_a_late_sweeper_ends_no_gap_early(theatre: Theatre) -> None:
    """Media is lost after more than the first hold paid for: the gap begins then, not where the hold ended."""
    call_id = await theatre.connect()
    for _ in range(10):
        await theatre.later(29)
        await theatre.attest(call_id, "mia")
        await theatre.attest(call_id, "sam")
    await theatre.attest(call_id, "sam", "lost")
    await theatre.tick(29)
    assert (await theatre.call(call_id))["state"] == "reconnecting"
    await theatre.attest(call_id, "mia")
    assert (await theatre.attest(call_id, "sam"))["billableSeconds"] == 290


async def test_the_warning_comes_once_at_sixty_seconds_and_again_only_after_a_top_up(theatre: Theatre) -> None:
    await fund(theatre, 36)  # 180 seconds
    call_id = await theatre.connect()
    await theatre.stay(call_id, 119)
    assert await warnings(theatre) == []
    assert (await theatre.call(call_id, "mia"))["secondsLeft"] is None
    await theatre.stay(call_id, 1)
    assert await warnings(theatre) == [60]
    await theatre.stay(call_id, 20, step=1)
    assert await warnings(theatre) == [60]
    assert (await theatre.call(call_id, "mia"))["secondsLeft"] == 40
    await theatre.sam.post("/api/wallet/top-up", {"tokens": 24})
    await theatre.stay(call_id, 20)
    assert await warnings(theatre) == [60]
    await theatre.stay(call_id, 80)
    assert await warnings(theatre) == [60, 60]
    events = await theatre.sql("SELECT deliveries FROM events WHERE type = 'call.funds_low'")
    for event in events:
        assert {d["channel"]: d["name"] for d in event["deliveries"]} == {
            f"fan:{theatre.sam.id}": "call:funds_low",
            f"creator:{theatre.mia.id}": "call:funds_low",
        }


async def test_a_top_up_during_the_call_extends_it(theatre: Theatre) -> None:
    await fund(theatre, 24)
    call_id = await theatre.connect()
    await theatre.stay(call_id, 119)
    await theatre.sam.post("/api/wallet/top-up", {"tokens": 12})
    await theatre.stay(call_id, 60)
    assert (await theatre.call(call_id))["state"] == "active"
    await theatre.stay(call_id, 1)
    call = await theatre.call(call_id)
    assert (call["endReason"], call["billableSeconds"], call["tokensCharged"]) == ("funds_exhausted", 180, 36)


async def test_a_top_up_does_not_raise_the_fans_own_limit(theatre: Theatre) -> None:
    call_id = await theatre.connect(maxTokens=24)
    await theatre.sam.post("/api/wallet/top-up", {"tokens": 1000})
    await theatre.stay(call_id, 121)
    assert (await theatre.call(call_id))["tokensCharged"] == 24


async def test_what_is_held_cannot_be_spent_elsewhere(theatre: Theatre) -> None:
    await fund(theatre, 24)
    await theatre.connect()
    tip = await theatre.sam.ask("POST", "/api/creators/noor/tip", {"tokens": 1})
    assert tip.status_code == 402


async def test_started_minutes_are_billed_whole_where_that_is_the_increment(theatre: Theatre) -> None:
    for seconds, billed in ((0, 0), (1, 60), (59, 60), (60, 60), (61, 120), (119, 120), (120, 120), (121, 180)):
        call_id = await theatre.ring()
        await theatre.sql("UPDATE calls SET increment_seconds = 60 WHERE id = $1", call_id)
        await theatre.sam.post("/api/calls/accept", {"callId": call_id})
        await theatre.attest(call_id, "mia")
        await theatre.attest(call_id, "sam")
        await theatre.stay(call_id, seconds)
        call = (await theatre.mia.post("/api/calls/end", {"callId": call_id}))["call"]
        assert (call["billableSeconds"], call["tokensCharged"]) == (billed, billed * RATE // 60), seconds
    await theatre.audit()


async def test_a_fee_is_taken_from_what_the_creator_earns(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    await theatre.sql("UPDATE calls SET fee_basis_points = 1500 WHERE id = $1", call_id)
    await theatre.sam.post("/api/calls/accept", {"callId": call_id})
    await theatre.attest(call_id, "mia")
    await theatre.attest(call_id, "sam")
    await theatre.stay(call_id, 61)
    await theatre.mia.post("/api/calls/end", {"callId": call_id})
    receipt: dict[str, Any] = (await theatre.sam.get(f"/api/calls/{call_id}/receipt"))["receipt"]
    assert (receipt["tokensCharged"], receipt["feeTokens"], receipt["creatorTokens"]) == (13, 1, 12)
    await theatre.audit()
