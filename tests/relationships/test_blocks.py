"""A block, in both directions: it forbids everything, ends what rings or runs, and looks like an ordinary end."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.conftest import Caller, Stage
from tests.ears import Ears

ID = {"eventId", "version", "callId"}


async def out_of_reach(stage: Stage, creator: Caller, fan: Caller) -> list[str]:
    """The codes that `creator` gets for see, message and call."""
    asked: list[httpx.Response] = [
        await creator.ask("GET", f"/api/fans/{fan.id}/mini-profile"),
        await creator.ask("POST", f"/api/messages/{fan.id}", {"body": "Hello"}),
        await creator.ask("POST", "/api/calls/initiate", {"fanId": str(fan.id), "callType": "voice"}),
    ]
    return [response.json().get("code", "ok") for response in asked]


async def test_a_block_by_either_forbids_everything_and_lifting_it_restores_it(stage: Stage) -> None:
    sam, mia = stage.sam, stage.mia
    for blocker, path in ((sam, f"/api/fans/blocks/{mia.id}"), (mia, f"/api/creators/me/blocks/{sam.id}")):
        for _ in range(2):
            assert (await blocker.ask("PUT", path)).json() == {"ok": True, "block": {"blocked": True}}
        listed = (await blocker.get(path.rsplit("/", 1)[0]))["blocks"]
        assert [person["username"] for person in listed] == ["mia" if blocker is sam else "sam"]
        assert await out_of_reach(stage, mia, sam) == ["FAN_UNAVAILABLE"] * 3
        assert (await sam.ask("POST", f"/api/messages/{mia.id}", {"body": "Hello"})).status_code == 404
        for _ in range(2):
            assert (await blocker.ask("DELETE", path)).json() == {"ok": True, "block": {"blocked": False}}
        assert (await mia.ask("GET", f"/api/fans/{sam.id}/mini-profile")).status_code == 200
    kinds = [row["type"] for row in await stage.sql("SELECT type FROM events WHERE type LIKE '%block%' ORDER BY id")]
    assert kinds == ["fan.blocked_creator", "fan.unblocked_creator", "creator.blocked_fan", "creator.unblocked_fan"]


async def as_mia_sees_it(stage: Stage, ears: Ears, end: Any) -> dict[str, Any]:
    """Mia rings Sam, `end` ends it; everything that Mia can learn of it, with what must differ taken out."""
    call_id = await stage.ring()
    await ears.hears(stage.sam, "call:incoming")
    ears.forget()
    await end(call_id)
    await ears.hears(stage.mia, "call:declined", seconds=1)
    await ears.settle()
    heard = [(name, {k: v for k, v in data.items() if k not in ID}) for name, data in ears.of(stage.mia)]
    versions = [data["version"] for _, data in ears.of(stage.mia)]
    call = (await stage.mia.get(f"/api/calls/{call_id}"))["call"]
    history = (await stage.mia.get("/api/calls/history"))["calls"][0]
    receipt = (await stage.mia.get(f"/api/calls/{call_id}/receipt"))["receipt"]
    own = [(e["type"], e["data"]) for e in (await stage.mia.get("/api/fans/me/events"))["events"][:2]]
    current = (await stage.mia.get("/api/calls/current"))["calls"]
    again = await stage.mia.ask("POST", "/api/calls/initiate", {"fanId": str(stage.sam.id), "callType": "video"})
    moments = {"id", "callId", "createdAt", "expiresAt", "endedAt", "serverTime"}
    plain = [{k: v for k, v in seen.items() if k not in moments} for seen in (call, history, receipt)]
    refused = (again.status_code, again.json()["code"])
    return {"heard": heard, "versions": versions, "seen": plain, "own": own, "current": current, "again": refused}


async def test_a_block_during_the_ring_cannot_be_told_from_a_decline(stage: Stage) -> None:
    ears = Ears(stage)

    async def decline(call_id: str) -> None:
        await stage.sam.post("/api/calls/decline", {"callId": call_id})

    async def block(_call_id: str) -> None:
        assert (await stage.sam.ask("PUT", f"/api/fans/blocks/{stage.mia.id}")).status_code == 200

    declined = await as_mia_sees_it(stage, ears, decline)
    blocked = await as_mia_sees_it(stage, ears, block)
    assert blocked == declined
    assert [name for name, _ in declined["heard"]] == ["call:declined"]
    assert declined["current"] == [] and declined["again"] == (429, "CALL_COOLDOWN")


@pytest.mark.parametrize("by", ["fan", "creator"])
async def test_a_block_during_the_call_ends_it_as_hanging_up_does_and_settles_it(stage: Stage, by: str) -> None:
    ears = Ears(stage)
    path = f"/api/fans/blocks/{stage.mia.id}" if by == "fan" else f"/api/creators/me/blocks/{stage.sam.id}"
    blocker, other = (stage.sam, stage.mia) if by == "fan" else (stage.mia, stage.sam)
    call_id = await stage.connect()
    await asyncio.sleep(0.3)
    ears.forget()
    assert (await blocker.ask("PUT", path)).status_code == 200
    told = await ears.hears(other, "call:ended", seconds=1)
    assert told["endReason"] == f"{by}_hung_up"
    call = (await other.get(f"/api/calls/{call_id}"))["call"]
    assert (call["state"], call["endReason"], call["tokensCharged"]) == ("ended", f"{by}_hung_up", 1)
    assert (await blocker.get(f"/api/calls/{call_id}"))["call"]["endReason"] == f"blocked_by_{by}"
    await stage.audit()


async def test_a_creators_block_of_a_ringing_fan_looks_like_a_cancelled_ring(stage: Stage) -> None:
    ears = Ears(stage)
    call_id = await stage.ring()
    await ears.hears(stage.sam, "call:incoming")
    ears.forget()
    assert (await stage.mia.ask("PUT", f"/api/creators/me/blocks/{stage.sam.id}")).status_code == 200
    told = await ears.hears(stage.sam, "call:cancelled", seconds=1)
    assert (told["state"], told["endReason"]) == ("cancelled", "cancelled")
    assert (await stage.sam.get(f"/api/calls/{call_id}"))["call"]["endReason"] == "cancelled"
    assert set(ears.names(stage.sam)) == {"call:cancelled"}


async def test_a_blocked_fan_hears_nothing_of_it(stage: Stage) -> None:
    ears = Ears(stage)
    await stage.mia.ask("PUT", f"/api/creators/me/blocks/{stage.leo.id}")
    await stage.mia.ask("DELETE", f"/api/creators/me/blocks/{stage.leo.id}")
    await ears.settle()
    assert ears.names(stage.leo) == []
    assert ears.names(stage.mia) == ["fans:changed", "fans:changed"]
    assert "block" not in str((await stage.leo.get("/api/fans/me/events"))["events"])


async def test_a_creator_hears_of_a_block_what_she_hears_of_a_fan_who_hides(stage: Stage) -> None:
    ears = Ears(stage)

    async def hears(fan: Caller, method: str, path: str, body: dict[str, str] | None = None) -> list[object]:
        ears.forget()
        assert (await fan.ask(method, path, body)).status_code == 200
        await ears.settle()
        return [(name, sorted(set(data) - {"eventId", "version"})) for name, data in ears.of(stage.mia)]

    hid = await hears(stage.sam, "PATCH", "/api/fans/me", {"visibility": "hidden"})
    await hears(stage.sam, "PATCH", "/api/fans/me", {"visibility": "private"})
    assert await hears(stage.sam, "PUT", f"/api/fans/blocks/{stage.mia.id}") == hid != []
    assert await hears(stage.sam, "DELETE", f"/api/fans/blocks/{stage.mia.id}") == hid
    stranger = await stage.person("stranger")
    assert await hears(stranger, "PUT", f"/api/fans/blocks/{stage.mia.id}") == []


async def test_a_ring_and_a_block_at_once_never_leave_a_ring(stage: Stage) -> None:
    for _ in range(15):
        await stage.sql("DELETE FROM call_cooldowns")
        initiate = stage.mia.ask("POST", "/api/calls/initiate", {"fanId": str(stage.sam.id), "callType": "voice"})
        block = stage.sam.ask("PUT", f"/api/fans/blocks/{stage.mia.id}")
        rang, blocked = await asyncio.gather(initiate, block)
        assert blocked.status_code == 200
        assert rang.status_code in (201, 404)
        assert (await stage.sam.get("/api/calls/current"))["calls"] == []
        await stage.sam.ask("DELETE", f"/api/fans/blocks/{stage.mia.id}")


async def test_an_accept_and_a_block_at_once_leave_no_call_and_no_hold(stage: Stage) -> None:
    for _ in range(15):
        call_id = await stage.ring()
        accept = stage.sam.ask("POST", "/api/calls/accept", {"callId": call_id})
        block = stage.mia.ask("PUT", f"/api/creators/me/blocks/{stage.sam.id}")
        accepted, blocked = await asyncio.gather(accept, block)
        assert blocked.status_code == 200
        assert accepted.status_code in (200, 403, 410)
        assert (await stage.sam.get("/api/calls/current"))["calls"] == []
        assert (await stage.sam.get("/api/wallet"))["wallet"]["held"] == 0
        await stage.mia.ask("DELETE", f"/api/creators/me/blocks/{stage.sam.id}")
    await stage.audit()


async def test_a_block_is_no_way_to_learn_a_name_or_whether_there_is_one(stage: Stage) -> None:
    hidden = await stage.person("hidden-ines")
    await hidden.ask("PATCH", "/api/fans/me", {"visibility": "hidden"})
    somebody = "00000000-0000-4000-8000-000000000001"
    answers = {(await stage.mia.ask("PUT", f"/api/creators/me/blocks/{who}")).text for who in (hidden.id, somebody)}
    assert answers == {'{"ok":true,"block":{"blocked":true}}'}
    listed = (await stage.mia.get("/api/creators/me/blocks"))["blocks"]
    assert listed == [{"id": str(hidden.id), "username": "", "displayName": "Somebody you blocked", "avatarUrl": None}]
    await hidden.ask("POST", f"/api/messages/{stage.noor.id}", {"body": "I am Ines"})
    await stage.noor.ask("PUT", f"/api/creators/me/blocks/{hidden.id}")
    assert (await stage.noor.get("/api/creators/me/blocks"))["blocks"][0]["username"] == "hidden-ines"


async def test_only_creators_can_be_blocked_by_fans_and_nobody_blocks_herself(stage: Stage) -> None:
    assert (await stage.sam.ask("PUT", f"/api/fans/blocks/{stage.leo.id}")).json()["code"] == "CREATOR_NOT_FOUND"
    assert (await stage.mia.ask("PUT", f"/api/fans/blocks/{stage.mia.id}")).json()["code"] == "NOT_YOURSELF"
    assert (await stage.mia.ask("PUT", f"/api/creators/me/blocks/{stage.mia.id}")).status_code == 200
    assert (await stage.mia.get("/api/creators/me/blocks"))["blocks"] == []
