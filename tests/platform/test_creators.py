"""A creator's page is for anyone; her prices and her day are her own."""

import asyncio
import uuid

from tests.conftest import Stage
from tests.outside import assert_problem


async def test_a_creators_page_is_readable_by_anyone_and_knows_its_reader(stage: Stage) -> None:
    anonymous = (await stage.http.get("/api/creators/mia")).json()["creator"]
    assert (anonymous["displayName"], anonymous["following"], anonymous["blocked"]) == ("Mia", None, None)
    assert anonymous["followers"] == 2
    assert anonymous["prices"] == {"voiceTokensPerMinute": 6, "videoTokensPerMinute": 12}
    sam = (await stage.sam.get("/api/creators/mia"))["creator"]
    assert (sam["following"], sam["blocked"]) == (True, False)
    ines = (await stage.ines.get("/api/creators/MIA"))["creator"]
    assert (ines["id"], ines["following"]) == (str(stage.mia.id), False)
    assert "passwordHash" not in anonymous and "email" not in anonymous


async def test_a_fan_has_no_page_and_looks_like_nobody(stage: Stage) -> None:
    for name in ("sam", "nobody", str(uuid.uuid4()), "%F0%9F%8E%B9", "a" * 500):
        assert_problem(await stage.http.get(f"/api/creators/{name}"), 404, "CREATOR_NOT_FOUND")


async def test_a_price_counts_from_the_next_ring_on(stage: Stage) -> None:
    ringing = await stage.ring("voice")
    prices = {"voiceTokensPerMinute": 9, "videoTokensPerMinute": 30}
    assert (await stage.mia.ask("PUT", "/api/creators/me/prices", prices)).json()["prices"] == prices
    assert (await stage.mia.get("/api/creators/me/prices"))["prices"] == prices
    assert (await stage.http.get("/api/creators/mia")).json()["creator"]["prices"] == prices
    assert (await stage.sam.get(f"/api/calls/{ringing}"))["call"]["tokensPerMinute"] == 6
    await stage.mia.post("/api/calls/cancel", {"callId": ringing})
    assert (await stage.sam.get(f"/api/calls/{await stage.ring('video')}"))["call"]["tokensPerMinute"] == 30


async def test_a_price_is_a_whole_number_of_tokens(stage: Stage) -> None:
    for price in (0, -1, 100_001, 1.5, "6", None, True):
        said = {"voiceTokensPerMinute": price, "videoTokensPerMinute": 12}
        assert_problem(await stage.mia.ask("PUT", "/api/creators/me/prices", said), 422, "VALIDATION_FAILED")


async def test_her_day_is_what_she_rang_earned_and_talked(stage: Stage) -> None:
    empty = (await stage.noor.get("/api/creators/me/today"))["today"]
    assert (empty["rung"], empty["accepted"], empty["connected"], empty["connectedSeconds"]) == (0, 0, 0, 0)
    assert empty["earnedTokens"] == 5, "Sam's tip"
    missed = await stage.ring("voice")
    await stage.sam.post("/api/calls/decline", {"callId": missed})
    held = await stage.connect("video")
    await stage.mia.post("/api/calls/end", {"callId": held})
    receipt = (await stage.sam.get(f"/api/calls/{held}/receipt"))["receipt"]
    today = (await stage.mia.get("/api/creators/me/today"))["today"]
    assert (today["rung"], today["accepted"], today["connected"]) == (2, 1, 1)
    assert today["connectedSeconds"] == receipt["billableSeconds"]
    assert today["earnedTokens"] == 20 + receipt["creatorTokens"], "Ines's tip and the call"


async def test_what_she_gave_back_counts_against_her_day(stage: Stage) -> None:
    call_id = await stage.connect("video")
    await asyncio.sleep(0.3)
    await stage.mia.post("/api/calls/end", {"callId": call_id})
    earned = (await stage.sam.get(f"/api/calls/{call_id}/receipt"))["receipt"]["creatorTokens"]
    before = (await stage.mia.get("/api/creators/me/today"))["today"]
    assert earned >= 1 and before["earnedTokens"] == 20 + earned
    await stage.ops.post(f"/api/ops/calls/{call_id}/refund", {})
    assert (await stage.mia.get("/api/creators/me/today"))["today"] == {**before, "earnedTokens": 20}
