"""The main job over HTTP: ring, accept, talk, hang up, and the tokens have moved exactly once."""

import asyncio
import math

from tests.conftest import Stage


async def test_a_call_is_rung_answered_charged_and_receipted(stage: Stage) -> None:
    before_sam = (await stage.sam.get("/api/wallet"))["wallet"]["balance"]
    before_mia = (await stage.mia.get("/api/wallet"))["wallet"]["balance"]
    call_id = await stage.connect()
    running = (await stage.sam.get("/api/calls/current"))["calls"][0]
    assert running["state"] == "active"
    assert running["creator"]["displayName"] == "Mia"
    await asyncio.sleep(1.3)
    ended = (await stage.mia.post("/api/calls/end", {"callId": call_id}))["call"]
    assert (ended["state"], ended["endReason"]) == ("ended", "creator_hung_up")
    receipt = (await stage.sam.get(f"/api/calls/{call_id}/receipt"))["receipt"]
    seconds = receipt["billableSeconds"]
    charge = math.ceil(seconds * receipt["tokensPerMinute"] / 60)
    assert seconds == 2
    assert receipt["tokensCharged"] == charge == receipt["creatorTokens"]
    assert (await stage.sam.get("/api/wallet"))["wallet"] == {
        "balance": before_sam - charge,
        "held": 0,
        "available": before_sam - charge,
    }
    assert (await stage.mia.get("/api/wallet"))["wallet"]["balance"] == before_mia + charge
    assert await stage.sam.get("/api/calls/current") | {"serverTime": ""} == {"ok": True, "calls": [], "serverTime": ""}
    history = (await stage.mia.get("/api/calls/history"))["calls"]
    assert [call["id"] for call in history] == [call_id]
    await stage.audit()
