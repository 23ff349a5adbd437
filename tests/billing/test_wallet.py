"""A person's tokens over HTTP: the balance, every movement, receipts, and credits that happen once."""

import asyncio
from dataclasses import replace
from typing import Any

from stagedoor.settings import Settings
from tests.conftest import Stage, staged
from tests.laws.stopped_clock import Theatre


async def movements(who: Any, size: int = 30) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        page = await who.get(f"/api/wallet/entries?limit={size}{cursor}")
        found += page["entries"]
        if page["nextCursor"] is None:
            return found
        cursor = f"&cursor={page['nextCursor']}"


async def test_the_balance_is_its_movements_page_by_page(stage: Stage) -> None:
    for tokens in range(1, 8):
        await stage.sam.post("/api/wallet/top-up", {"tokens": tokens}, 201)
    call_id = await stage.connect()
    await asyncio.sleep(0.1)
    await stage.sam.post("/api/calls/end", {"callId": call_id})
    for who in (stage.sam, stage.mia):
        whole = await movements(who)
        assert sum(entry["tokens"] for entry in whole) == (await who.get("/api/wallet"))["wallet"]["balance"]
        assert [entry["id"] for entry in whole] == sorted((entry["id"] for entry in whole), reverse=True)
        for size in (1, 3, 100):
            assert await movements(who, size) == whole
    spent, earned = (await movements(stage.sam))[0], (await movements(stage.mia))[0]
    assert (spent["kind"], spent["callId"], spent["tokens"]) == ("call", call_id, -1)
    assert (earned["kind"], earned["callId"], earned["tokens"]) == ("call", call_id, 1)


async def test_a_key_tops_up_once_however_many_try(stage: Stage) -> None:
    before = (await stage.sam.get("/api/wallet"))["wallet"]["balance"]
    replies = await asyncio.gather(
        *(stage.sam.ask("POST", "/api/wallet/top-up", {"tokens": 50}, Idempotency_Key="one tap") for _ in range(10))
    )
    assert {reply.status_code for reply in replies} == {201}
    assert {reply.json()["wallet"]["balance"] for reply in replies} == {before + 50}
    other = await stage.sam.ask("POST", "/api/wallet/top-up", {"tokens": 51}, Idempotency_Key="one tap")
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    await stage.leo.post("/api/wallet/top-up", {"tokens": 51}, 201, Idempotency_Key="one tap")
    assert await stage.value("SELECT count(*) FROM events WHERE type = 'wallet.top_up'") == 2
    await stage.audit()


async def test_only_whole_tokens_more_than_none_are_added(stage: Stage) -> None:
    for tokens in (0, -5, 1.5, 1_000_001, "5", None):
        reply = await stage.sam.ask("POST", "/api/wallet/top-up", {"tokens": tokens})
        assert (reply.status_code, reply.json()["code"]) == (422, "VALIDATION_FAILED"), tokens


async def test_where_topping_up_is_off_nobody_does(settings: Settings, dsn: str) -> None:
    async with staged(replace(settings, top_up=False), dsn) as stage:
        reply = await stage.sam.ask("POST", "/api/wallet/top-up", {"tokens": 5})
        assert (reply.status_code, reply.json()["code"]) == (403, "FEATURE_DISABLED")


async def test_the_owner_is_told_of_a_credit(stage: Stage) -> None:
    wallet = (await stage.sam.post("/api/wallet/top-up", {"tokens": 5}, 201))["wallet"]
    [event] = await stage.sql("SELECT deliveries, fan_id, actor_id FROM events WHERE type = 'wallet.top_up'")
    assert event["deliveries"] == [{"channel": f"fan:{stage.sam.id}", "name": "wallet:changed", "data": wallet}]
    assert event["fan_id"] == event["actor_id"] == stage.sam.id


async def test_a_receipt_is_what_the_ledger_moved_for_both_sides(theatre: Theatre) -> None:
    call_id = await theatre.connect("voice")
    running = await theatre.sam.ask("GET", f"/api/calls/{call_id}/receipt")
    assert (running.status_code, running.json()["code"]) == (409, "CALL_NOT_LIVE")
    await theatre.stay(call_id, 61)
    await theatre.sam.post("/api/calls/end", {"callId": call_id})
    receipt = (await theatre.sam.get(f"/api/calls/{call_id}/receipt"))["receipt"]
    assert receipt == (await theatre.mia.get(f"/api/calls/{call_id}/receipt"))["receipt"]
    assert (receipt["billableSeconds"], receipt["tokensPerMinute"], receipt["incrementSeconds"]) == (61, 6, 1)
    assert receipt["tokensCharged"] == 7 == receipt["creatorTokens"] + receipt["feeTokens"]
    assert receipt["refundedTokens"] == 0
    [entry] = [entry for entry in await movements(theatre.sam) if entry["callId"] == call_id]
    assert entry["tokens"] == -receipt["tokensCharged"]
    assert [segment["seconds"] for segment in receipt["segments"]] == [61]
    assert receipt["gaps"] == []


async def test_a_call_that_nobody_answered_has_an_empty_receipt(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    await theatre.tick(120)
    receipt = (await theatre.mia.get(f"/api/calls/{call_id}/receipt"))["receipt"]
    assert (receipt["state"], receipt["tokensCharged"], receipt["segments"]) == ("missed", 0, [])
    assert receipt["connectedAt"] is None
