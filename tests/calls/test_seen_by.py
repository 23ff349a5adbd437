"""What each side may see of a call: no block, no purse of somebody else's; and history page by page."""

import base64
from itertools import product
from typing import Any

import pytest

from tests.conftest import Caller, Stage
from tests.laws.stopped_clock import Theatre

NO_CURSORS = ["not a date|1", "2026-01-01T00:00:00|not an id", "2026-01-01T00:00:00|²", f"2026-01-01T00:00:00|{2**63}"]
OF_THE_CALL = ("id", "createdAt", "expiresAt", "acceptedAt", "connectedAt", "endedAt", "serverTime", "segments")


def shape(call: Any) -> Any:
    """A call without what is its own in any case."""
    return {name: value for name, value in call.items() if name not in OF_THE_CALL}


async def heard(theatre: Theatre, channel: str, call_id: str) -> list[Any]:
    """Everything that was ever told on `channel` about the call, by name and content."""
    rows = await theatre.sql("SELECT deliveries, version FROM events WHERE call_id = $1 ORDER BY id", call_id)
    told = [
        (d["name"], row["version"], d["data"]) for row in rows for d in row["deliveries"] if d["channel"] == channel
    ]
    return [(name, version, {k: v for k, v in data.items() if k != "callId"}) for name, version, data in told]


async def seen(theatre: Theatre, who: Caller, call_id: str, channel: str) -> Any:
    """All that `who` can learn about the call: by reading it, in the history, in the receipt, and by events."""
    history = (await who.get("/api/calls/history"))["calls"]
    receipt = (await who.get(f"/api/calls/{call_id}/receipt"))["receipt"]
    return {
        "call": shape((await who.get(f"/api/calls/{call_id}"))["call"]),
        "history": [shape(call) for call in history if call["id"] == call_id],
        "receipt": [receipt["state"], receipt["endReason"]],
        "heard": await heard(theatre, channel, call_id),
    }


async def block(theatre: Theatre, by: str) -> None:
    blocker, path = {
        "fan": (theatre.sam, f"/api/fans/blocks/{theatre.mia.id}"),
        "creator": (theatre.mia, f"/api/creators/me/blocks/{theatre.sam.id}"),
    }[by]
    assert (await blocker.ask("PUT", path)).status_code == 200


async def unblock(theatre: Theatre) -> None:
    await theatre.sql("DELETE FROM fan_blocked_creators")
    await theatre.sql("DELETE FROM creator_blocked_users")


@pytest.mark.parametrize("by", ["fan", "creator"])
@pytest.mark.parametrize("live", [False, True])
async def test_a_block_cannot_be_told_from_an_ordinary_end(theatre: Theatre, by: str, live: bool) -> None:
    """The other side of a blocked call learns exactly what it would learn of a decline, a cancel or a hang-up."""
    blocker, other = (theatre.sam, theatre.mia) if by == "fan" else (theatre.mia, theatre.sam)
    channel = f"creator:{other.id}" if by == "fan" else f"fan:{other.id}"
    views = []
    for blocks in (False, True):
        call_id = await (theatre.connect() if live else theatre.ring())
        if blocks:
            await block(theatre, by)
        else:
            await blocker.post("/api/calls/end", {"callId": call_id})
        views.append(await seen(theatre, other, call_id, channel))
        await unblock(theatre)
    assert views[0] == views[1]
    assert "block" not in str(views[1])
    true = await theatre.value("SELECT end_reason FROM calls WHERE id = $1", call_id)
    assert true == f"blocked_by_{by}"
    assert (await blocker.get(f"/api/calls/{call_id}"))["call"]["endReason"] == true


@pytest.mark.parametrize("by", ["fan", "creator"])
@pytest.mark.parametrize("live", [False, True])
async def test_a_block_written_by_hand_shows_the_other_side_nothing_either(
    theatre: Theatre, by: str, live: bool
) -> None:
    call_id = await (theatre.connect() if live else theatre.ring())
    ids = (theatre.mia.id, theatre.sam.id)
    if by == "fan":
        await theatre.sql("INSERT INTO fan_blocked_creators (creator_id, fan_id) VALUES ($1, $2)", *ids)
    else:
        await theatre.sql("INSERT INTO creator_blocked_users VALUES ($1, $2)", *ids)
    other, channel = (theatre.mia, "creator") if by == "fan" else (theatre.sam, "fan")
    view = await seen(theatre, other, call_id, f"{channel}:{other.id}")
    assert "block" not in str(view)
    ended = {"fan": "declined", "creator": "cancelled"}[by]
    assert view["call"]["state"] == ("ended" if live else ended)
    assert view["heard"][-1][0] == ("call:ended" if live else f"call:{ended}")
    assert (await theatre.mia.get("/api/calls/current"))["calls"] == []


async def test_the_creator_never_sees_the_fans_purse(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    theirs = ("heldTokens", "secondsLeft", "maxTokens")
    for verb in ("ring", "accept", "media", "talk", "end"):
        if verb == "accept":
            await theatre.sam.post("/api/calls/accept", {"callId": call_id, "maxTokens": 77})
        elif verb == "media":
            await theatre.attest(call_id, "mia")
            await theatre.attest(call_id, "sam")
        elif verb == "talk":
            await theatre.stay(call_id, 100)
        elif verb == "end":
            await theatre.sam.post("/api/calls/end", {"callId": call_id})
        call = await theatre.call(call_id, "mia")
        assert [call[name] for name in theirs] == [0, None, None], verb
        for name, _, data in await heard(theatre, f"creator:{theatre.mia.id}", call_id):
            assert not {"maxTokens", "heldTokens", "balance", "available"} & data.keys(), name
        if verb in ("accept", "media", "talk"):
            mine = await theatre.call(call_id, "sam")
            assert mine["maxTokens"] == 77
            assert mine["heldTokens"] >= 24
            assert mine["secondsLeft"] is not None


async def test_pages_of_history_hold_every_call_once_newest_first(theatre: Theatre) -> None:
    """Also calls of the same moment: the clock stands still for half of them."""
    made = []
    for number in range(14):
        call_id = await theatre.ring("voice")
        await theatre.people["mia" if number % 2 else "sam"].post("/api/calls/end", {"callId": call_id})
        made.append(call_id)
        if number >= 7:
            await theatre.later(1)
    running = await theatre.ring()
    for who in (theatre.mia, theatre.sam):
        whole = (await who.get("/api/calls/history"))["calls"]
        assert {call["id"] for call in whole} == set(made)
        assert [call["createdAt"] for call in whole] == sorted((call["createdAt"] for call in whole), reverse=True)
        assert running not in [call["id"] for call in whole]
        for size in (1, 3, 7, 14, 100):
            pages, cursor = [], ""
            while True:
                page = await who.get(f"/api/calls/history?limit={size}{cursor}")
                pages += page["calls"]
                assert len(page["calls"]) <= size
                if page["nextCursor"] is None:
                    break
                cursor = f"&cursor={page['nextCursor']}"
            assert [call["id"] for call in pages] == [call["id"] for call in whole], size
    assert (await theatre.leo.get("/api/calls/history"))["calls"] == []


async def test_a_cursor_that_is_none_is_refused(stage: Stage) -> None:
    cursors = ["x", "%00", *(base64.urlsafe_b64encode(text.encode()).decode() for text in NO_CURSORS)]
    for path, cursor in product(("/api/calls/history", "/api/wallet/entries"), cursors):
        reply = await stage.sam.ask("GET", f"{path}?cursor={cursor}")
        assert (reply.status_code, reply.json()["code"]) == (422, "VALIDATION_FAILED")


async def test_what_goes_on_is_listed_for_both_and_for_nobody_else(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    for verb in ("", "accept", "end"):
        if verb:
            await theatre.sam.post(f"/api/calls/{verb}", {"callId": call_id})
        for who in theatre.people.values():
            listed = [call["id"] for call in (await who.get("/api/calls/current"))["calls"]]
            assert listed == ([call_id] if who.username in ("mia", "sam") and verb != "end" else []), who.username


async def test_a_fan_may_be_rung_by_two_and_sees_both(theatre: Theatre) -> None:
    first = await theatre.ring()
    body = {"fanId": str(theatre.sam.id), "callType": "voice"}
    await theatre.later(1)
    second = (await theatre.noor.post("/api/calls/initiate", body))["call"]["id"]
    assert [call["id"] for call in (await theatre.sam.get("/api/calls/current"))["calls"]] == [first, second]
    await theatre.sam.post("/api/calls/accept", {"callId": second})
    assert {call["state"] for call in (await theatre.sam.get("/api/calls/current"))["calls"]} == {
        "ringing",
        "connecting",
    }
