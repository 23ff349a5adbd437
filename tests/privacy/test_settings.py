"""A fan's settings: private by default, true everywhere the moment they are saved, and told to those they concern."""

import asyncio
from typing import Any

import pytest

from tests.conftest import Caller, Stage
from tests.ears import Ears

PRIVATE = {"visibility": "private", "allowDm": "interacted", "allowCalls": "interacted", "searchable": False}


async def settings_of(fan: Caller) -> dict[str, Any]:
    me = (await fan.get("/api/fans/me"))["fan"]
    return {name: me[name] for name in PRIVATE}


async def change(fan: Caller, **wanted: Any) -> dict[str, Any]:
    response = await fan.ask("PATCH", "/api/fans/me", wanted)
    assert response.status_code == 200, response.text
    fan_wire: dict[str, Any] = response.json()["fan"]
    return fan_wire


async def test_a_new_account_is_private(stage: Stage) -> None:
    body = {"username": "newcomer", "password": "correct horse battery", "displayName": "New"}
    reply = (await stage.http.post("/api/accounts", json=body)).json()
    newcomer = Caller("newcomer", reply["user"]["id"], reply["session"]["token"], stage.http)
    assert await settings_of(newcomer) == PRIVATE


@pytest.mark.parametrize(
    ("wanted", "profile"),
    [
        ({"visibility": "hidden"}, None),
        ({"allowDm": "nobody"}, (False, True)),
        ({"allowCalls": "nobody"}, (True, False)),
    ],
)
async def test_a_change_persists_and_counts_with_the_next_request(
    stage: Stage, wanted: dict[str, str], profile: tuple[bool, bool] | None
) -> None:
    assert (await change(stage.sam, **wanted)).items() >= wanted.items()
    assert await settings_of(stage.sam) == PRIVATE | wanted
    answer = (await stage.mia.ask("GET", f"/api/fans/{stage.sam.id}/mini-profile")).json()
    listed = {entry["fan"]["username"]: entry for entry in (await stage.mia.get("/api/creators/me/fans"))["fans"]}
    if profile is None:
        assert answer["code"] == "FAN_UNAVAILABLE"
        assert "sam" not in listed
    else:
        assert (answer["profile"]["canMessage"], answer["profile"]["canCall"]) == profile
        assert (listed["sam"]["canMessage"], listed["sam"]["canCall"]) == profile


async def test_creators_hear_only_of_changes_that_they_can_see(stage: Stage) -> None:
    """Mia is related to Sam, and so is Noor, whom he blocked; who is not related hears nothing."""
    ears = Ears(stage)
    stranger = await stage.person("stranger", creator=True)
    await stage.sam.ask("PUT", f"/api/fans/blocks/{stage.noor.id}")
    await ears.settle()
    for wanted, told in (
        ({"searchable": True}, False),
        ({"visibility": "creators"}, False),  # Mia saw him before and sees him now
        ({"allowCalls": "everyone"}, False),
        ({"allowCalls": "nobody"}, True),
        ({"allowDm": "nobody"}, True),
        ({"visibility": "hidden"}, True),
        ({"allowDm": "everyone"}, False),  # hidden before and after
    ):
        ears.forget()
        await change(stage.sam, **wanted)
        assert (await ears.hears(stage.sam, "privacy:changed"))["fanId"] == str(stage.sam.id)
        await ears.settle()
        heard = ears.of(stage.mia)
        assert [name for name, _ in heard] == (["fans:changed"] if told else []), wanted
        assert all(set(data) == {"eventId", "version"} for _, data in heard)
        assert ears.of(stage.noor) == ears.of(stranger) == []


async def test_setting_what_is_set_is_no_change_and_no_event(stage: Stage) -> None:
    await change(stage.sam)
    await change(stage.sam, **PRIVATE)
    assert await stage.value("SELECT count(*) FROM events WHERE type = 'fan.settings_changed'") == 0
    await change(stage.sam, allowDm="nobody", allowCalls="interacted")
    rows = await stage.sql("SELECT data, actor_id, fan_id FROM events WHERE type = 'fan.settings_changed'")
    data = {"changed": ["allowDm"], "from": {"allowDm": "interacted"}, "to": {"allowDm": "nobody"}}
    assert rows == [{"data": data, "actor_id": stage.sam.id, "fan_id": stage.sam.id}]


@pytest.mark.parametrize(
    "wanted",
    [{"visibility": "friends"}, {"allowDm": None}, {"searchable": "yes"}, {"allowCalls": "Everyone"}, {"dm": "nobody"}],
)
async def test_what_is_no_setting_is_refused_and_changes_nothing(stage: Stage, wanted: dict[str, Any]) -> None:
    response = await stage.sam.ask("PATCH", "/api/fans/me", {"allowCalls": "nobody", **wanted})
    assert (response.status_code, response.json()["code"]) == (422, "VALIDATION_FAILED")
    assert await settings_of(stage.sam) == PRIVATE


async def test_changes_of_different_settings_at_once_are_all_kept(stage: Stage) -> None:
    """Two windows, each saving its own switch: neither writes back what the other has just changed."""
    for _ in range(10):
        await change(stage.sam, **PRIVATE)
        await asyncio.gather(
            change(stage.sam, visibility="creators"),
            change(stage.sam, allowDm="nobody"),
            change(stage.sam, allowCalls="everyone"),
            change(stage.sam, searchable=True),
        )
        everything = {"visibility": "creators", "allowDm": "nobody", "allowCalls": "everyone", "searchable": True}
        assert await settings_of(stage.sam) == everything


async def test_settings_changed_during_the_ring_count_at_accept(stage: Stage) -> None:
    call_id = await stage.ring()
    await change(stage.sam, allowCalls="nobody")
    response = await stage.sam.ask("POST", "/api/calls/accept", {"callId": call_id})
    assert (response.status_code, response.json()["code"]) == (403, "CALL_NOT_ALLOWED")


async def test_forgetting_ends_the_relationship_and_its_history_and_keeps_the_money(stage: Stage) -> None:
    sam, noor = stage.sam, stage.noor
    await sam.ask("PUT", "/api/creators/noor/follow")
    balance = (await noor.get("/api/wallet"))["wallet"]["balance"]
    ears = Ears(stage)
    for _ in range(2):
        response = await sam.ask("DELETE", f"/api/fans/me/relationships/{noor.id}")
        assert response.json() == {"ok": True, "relationship": {"forgotten": True}}
    assert (await noor.ask("GET", f"/api/fans/{sam.id}/mini-profile")).json()["code"] == "FAN_UNAVAILABLE"
    reach = (await sam.get("/api/fans/me/relationships"))["relationships"]
    assert [entry["creator"]["username"] for entry in reach] == ["mia"]
    assert await ears.hears(noor, "fans:changed")
    assert await stage.value("SELECT count(*) FROM events WHERE type = 'fan.forgot_creator'") == 1
    assert (await noor.get("/api/wallet"))["wallet"]["balance"] == balance
    await change(sam, visibility="creators")
    profile = (await noor.get(f"/api/fans/{sam.id}/mini-profile"))["profile"]
    assert (profile["since"], profile["history"]) == (None, [])
    await sam.post("/api/creators/noor/tip", {"tokens": 3})
    profile = (await noor.get(f"/api/fans/{sam.id}/mini-profile"))["profile"]
    assert [(entry["kind"], entry["tokens"]) for entry in profile["history"]] == [("tip", 3)]


async def test_the_mini_profile_tells_what_the_two_did_together(stage: Stage) -> None:
    call_id = await stage.connect("voice")
    await stage.mia.post("/api/calls/end", {"callId": call_id})
    await stage.sam.post("/api/creators/mia/tip", {"tokens": 4})
    await stage.mia.post(f"/api/messages/{stage.sam.id}", {"body": "Thank you"})
    profile = (await stage.mia.get(f"/api/fans/{stage.sam.id}/mini-profile"))["profile"]
    assert [entry["kind"] for entry in profile["history"]] == ["message", "tip", "call", "follow"]
    call = profile["history"][2]
    assert (call["callType"], call["seconds"], call["tokens"]) == ("voice", 1, 1)
    assert profile["callAgainAt"] is not None
    assert "Thank you" not in str(profile)


async def test_the_preview_without_a_creator_is_that_of_somebody_who_sees_her_or_what_all_get(stage: Stage) -> None:
    theirs = await stage.mia.ask("GET", f"/api/fans/{stage.sam.id}/mini-profile")
    assert (await stage.sam.ask("GET", "/api/fans/me/preview")).content == theirs.content
    newcomer = await stage.person("newcomer")
    assert (await newcomer.ask("GET", "/api/fans/me/preview")).json()["code"] == "FAN_UNAVAILABLE"
    await change(newcomer, visibility="creators")
    theirs = await stage.noor.ask("GET", f"/api/fans/{newcomer.id}/mini-profile")
    assert (await newcomer.ask("GET", "/api/fans/me/preview")).content == theirs.content


async def test_search_takes_two_letters_and_finds_by_the_beginning_of_any_word(stage: Stage) -> None:
    fan = await stage.person("zoe.bell-ringer")
    await stage.sql("UPDATE users SET display_name = 'Zoë von der Ähre' WHERE id = $1", fan.id)
    await change(fan, visibility="creators", searchable=True)
    for q, found in (("zo", 1), ("ZOË", 1), ("bell", 1), ("ähr", 1), ("ringer zo", 1), ("zoe.bell", 1), ("ell", 0)):
        fans = (await stage.noor.get(f"/api/fans/search?q={q}"))["fans"]
        assert len(fans) == found, q
    for q in ("", "z", "..", "x" * 81):
        response = await stage.noor.ask("GET", f"/api/fans/search?q={q}")
        assert (response.status_code, response.json()["code"]) == (422, "VALIDATION_FAILED")
    for q in ("zo' | 'sa", "zo:*", "zo & sa", "zo%", "zo\\"):
        assert (await stage.noor.ask("GET", "/api/fans/search?q=" + q)).status_code in (200, 422)
