"""Sockets as clients know them: who may connect, who hears what, and what clients may say to each other."""

import asyncio
import json
import time
import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx
import pytest
import socketio

from stagedoor.core import identity
from stagedoor.core.identity import issue_session
from stagedoor.core.secret_key import local_key
from stagedoor.events.sockets import BURST, MAX_MESSAGE_BYTES
from stagedoor.settings import Settings
from tests.live import Live, Phone, serving
from tests.outside import KEYS, assert_problem

INCOMING = {
    "callId", "creatorId", "creatorName", "creatorAvatar", "callType", "expiresAt", "serverTime", "tokensPerMinute",
    "eventId", "version",
}  # fmt: skip
Refused = socketio.exceptions.ConnectionError


async def quiet(*phones: Phone, name: str, seconds: float = 0.3) -> None:
    """Nobody of them hears `name`."""
    await asyncio.sleep(seconds)
    assert [phone.of(name) for phone in phones] == [[] for _ in phones]


async def connection_refused(phone: Phone) -> Any:
    """What the server says when it refuses the phone."""
    with pytest.raises(Refused):
        await phone.__aenter__()
    assert not phone.client.connected
    return phone.refusals[0]


async def connected_by_polling(live: Live, token: str) -> bool:
    """The transport of networks that let no WebSocket through, by hand: open, connect, read, and go."""
    opened = await live.http.get("/socket.io/?EIO=4&transport=polling")
    path = f"/socket.io/?EIO=4&transport=polling&sid={json.loads(opened.text[1:])['sid']}"
    await live.http.post(path, content=f'40{{"token":"{token}"}}')
    answer = await live.http.get(path)
    await live.http.post(path, content="41")
    return answer.text.startswith('40{"sid"')


async def test_a_token_in_auth_connects_and_nothing_else_does(live: Live) -> None:
    token = live.sam.token
    async with Phone(live.url, token) as phone:
        assert phone.client.connected
    assert await connected_by_polling(live, token)
    key = local_key(live.house.settings)
    assert (await connection_refused(Phone(live.url, None)))["message"] == "NOT_AUTHENTICATED"
    assert (await connection_refused(Phone(f"{live.url}?token={token}", None)))["message"] == "NOT_AUTHENTICATED"
    header = {"Authorization": f"Bearer {token}", "Cookie": f"token={token}"}
    assert (await connection_refused(Phone(live.url, None, headers=header)))["message"] == "NOT_AUTHENTICATED"
    for auth in (token, [token], {"token": None}, {"token": {"is": token}}, {"TOKEN": token}, {}):
        assert (await connection_refused(Phone(live.url, None, auth=auth)))["message"] == "NOT_AUTHENTICATED"
    for false in ("", "nonsense", token[:-2], issue_session(key, live.sam.id, hours=-1).token):
        assert (await connection_refused(Phone(live.url, false)))["message"] == "SESSION_INVALID"
    assert live.house.sockets.people() == []


async def test_a_refused_connection_carries_the_one_shape_beside_the_code(live: Live) -> None:
    said = await connection_refused(Phone(live.url, "nonsense"))
    assert said["message"] == "SESSION_INVALID"
    assert said["data"].keys() == KEYS
    assert (said["data"]["ok"], said["data"]["code"], said["data"]["status"]) == (False, "SESSION_INVALID", 401)


async def test_refusals_of_the_transport_have_the_one_shape(live: Live) -> None:
    for path in ("/socket.io/?EIO=3", "/socket.io/?EIO=4&transport=pigeon", "/socket.io/?EIO=4&sid=nobody"):
        assert_problem(await live.http.get(path), 400, "BAD_REQUEST")
    assert_problem(await live.http.post("/socket.io/?EIO=4&transport=polling&sid=nobody"), 400, "BAD_REQUEST")


async def test_a_ring_arrives_within_a_second_at_every_phone_of_the_fan_and_at_nobody_elses(live: Live) -> None:
    async with (
        live.phone("sam") as first,
        live.phone("sam") as second,
        live.phone("leo") as leo,
        live.phone("mia") as mia,
    ):
        rung_at = time.monotonic()
        call_id = await live.ring("video")
        for phone in (first, second):
            incoming = await phone.hears("call:incoming", within=1)
            assert incoming.keys() == INCOMING
        assert time.monotonic() - rung_at < 1
        assert (incoming["callId"], incoming["creatorId"]) == (call_id, str(live.mia.id))
        assert (incoming["creatorName"], incoming["creatorAvatar"], incoming["callType"]) == ("Mia", None, "video")
        assert incoming["tokensPerMinute"] == 12
        assert isinstance(incoming["eventId"], int) and incoming["version"] == 1
        left = datetime.fromisoformat(incoming["expiresAt"]) - datetime.fromisoformat(incoming["serverTime"])
        assert 119 < left.total_seconds() <= 120
        await quiet(leo, mia, name="call:incoming")


async def test_each_side_hears_its_part_of_the_call_and_the_versions_rise(live: Live) -> None:
    async with live.phone("sam") as sam, live.phone("mia") as mia:
        call_id = await live.connect()
        accepted = await mia.hears("call:accepted")
        assert (accepted["callId"], accepted["fanId"]) == (call_id, str(live.sam.id))
        for phone in (sam, mia):
            assert (await phone.hears("call:connected"))["callId"] == call_id
        await live.sam.post("/api/calls/end", {"callId": call_id})
        for phone in (sam, mia):
            assert (await phone.hears("call:ended"))["callId"] == call_id
            versions = [data["version"] for name, data in phone.heard if name.startswith("call:")]
            assert versions == sorted(versions)
            ids = [data["eventId"] for _, data in phone.heard]
            assert len(set(ids)) == len(ids)
        assert sam.of("call:accepted") == []


async def test_a_client_cannot_put_itself_on_anothers_channel(live: Live) -> None:
    channel = f"fan:{live.sam.id}"
    async with live.phone("leo") as leo, live.phone("sam") as sam:
        for name in ("join", "subscribe", "enter_room", "room", "call:join", "call:incoming"):
            for data in (channel, {"channel": channel}, {"room": channel}, [channel]):
                await leo.say(name, data)
        await live.ring()
        await sam.hears("call:incoming")
        await quiet(leo, name="call:incoming")
    with pytest.raises(Refused):
        await Phone(live.url, live.leo.token, namespaces=[f"/{channel}"]).__aenter__()


async def test_signals_pass_unchanged_between_the_two_of_a_live_call(live: Live) -> None:
    offer = {"type": "offer", "sdp": "v=0\r\n" + "a=" + "é" * 2000 + "\r\n", "nested": {"n": [1, None, 2.5, True]}}
    async with (
        live.phone("sam") as sam,
        live.phone("mia") as mia,
        live.phone("mia") as second,
        live.phone("leo") as leo,
    ):
        call_id = await live.ring()
        await live.sam.post("/api/calls/accept", {"callId": call_id})
        signal = {"callId": call_id, "epoch": 1, "deviceId": "mias-tab", "description": offer}
        await mia.say("call:signal", signal)
        assert await sam.hears("call:signal", within=2) == {**signal, "from": "creator"}
        answer = {"callId": call_id, "epoch": 1, "deviceId": "sams-tab", "candidate": None, "from": "creator"}
        await sam.say("call:signal", answer)
        assert await mia.hears("call:signal", within=2) == {**answer, "from": "fan"}, "nobody speaks as another"
        await second.hears("call:signal", within=2)
        await leo.say("call:signal", {**signal, "epoch": 2})
        await quiet(leo, name="call:signal")
        assert [len(phone.of("call:signal")) for phone in (sam, mia, second)] == [1, 1, 1], "a stranger is not heard"


async def test_nothing_passes_before_the_answer_nor_after_the_end(live: Live) -> None:
    async with live.phone("sam") as sam, live.phone("mia") as mia:
        call_id = await live.ring()
        signal = {"callId": call_id, "epoch": 1, "deviceId": "tab", "candidate": {"candidate": "an address"}}
        await mia.say("call:signal", signal)
        await sam.say("call:signal", signal)
        await quiet(sam, mia, name="call:signal")
        await live.sam.post("/api/calls/accept", {"callId": call_id})
        await mia.say("call:signal", signal)
        await sam.hears("call:signal", within=2)
        await live.sam.post("/api/calls/end", {"callId": call_id})
        await sam.hears("call:ended")
        await asyncio.sleep(2.1)  # for as long as the two of a call are remembered
        await mia.say("call:signal", signal)
        await asyncio.sleep(0.3)
        assert len(sam.of("call:signal")) == 1


async def test_nonsense_is_dropped_without_harm(live: Live) -> None:
    said: tuple[Any, ...] = (None, "text", 17, [], {}, {"callId": None}, {"callId": "nobody"}, {"callId": {"is": 1}})
    async with live.phone("noor") as noor, live.phone("leo") as leo:
        for name in ("call:signal", "call:alive", "unheard:of", "connect", "disconnect", "", "*"):
            for data in (*said, {"callId": str(uuid.uuid4())}):
                await noor.say(name, data)
        for packet in ("2[]", "2{}", '2[{"a":1},{}]', "2[17]", "2", '2["connect",{},{"token":"x"}]'):
            await noor.client.eio.send(packet)
        await asyncio.sleep(0.3)
        assert noor.client.connected and leo.client.connected
        assert set(live.house.sockets.people()) == {live.noor.id, live.leo.id}


async def test_too_large_a_message_ends_that_connection_and_no_other(live: Live) -> None:
    async with live.phone("sam") as sam, live.phone("mia") as mia:
        call_id = await live.ring()
        await live.sam.post("/api/calls/accept", {"callId": call_id})
        fitting = {"callId": call_id, "epoch": 1, "blob": "x" * (MAX_MESSAGE_BYTES - 500)}
        await mia.say("call:signal", fitting)
        await sam.hears("call:signal", within=2)
        await mia.say("call:signal", {"callId": call_id, "epoch": 1, "blob": "x" * MAX_MESSAGE_BYTES})
        await mia.is_hung_up()
        assert sam.client.connected
        assert len(sam.of("call:signal")) == 1
        async with live.phone("mia") as again:
            await again.say("call:signal", {"callId": call_id, "epoch": 2})
            await sam.hears("call:signal", within=2, times=2)


async def test_too_many_messages_are_dropped_and_the_phone_stays(live: Live) -> None:
    async with live.phone("sam") as sam, live.phone("mia") as mia:
        call_id = await live.ring()
        await live.sam.post("/api/calls/accept", {"callId": call_id})
        for n in range(BURST * 2):
            await mia.say("call:signal", {"callId": call_id, "n": n})
        await asyncio.sleep(0.5)
        passed = len(sam.of("call:signal"))
        assert BURST <= passed < BURST * 1.5
        assert mia.client.connected
        before = len(sam.of("call:signal"))
        await mia.say("call:signal", {"callId": call_id, "n": "later"})
        await sam.hears("call:signal", within=2, times=before + 1)


async def test_another_sites_page_cannot_connect_where_the_frontend_is_named(settings: Settings, dsn: str) -> None:
    ours, theirs = "https://stage.example", "https://evil.example"
    async with serving(replace(settings, frontend_urls=(ours,)), dsn) as live:
        async with Phone(live.url, live.sam.token, headers={"Origin": ours}) as phone:
            assert phone.client.connected
        for transport in ("websocket", "polling"):
            with pytest.raises(Refused):
                await Phone(live.url, live.sam.token, headers={"Origin": theirs}, transports=[transport]).__aenter__()
        async with httpx.AsyncClient(base_url=live.url, headers={"Origin": theirs}) as page:
            answer = await page.get("/socket.io/?EIO=4&transport=polling")
            assert_problem(answer, 400, "BAD_REQUEST")
            assert "access-control-allow-origin" not in (await page.get("/api/session")).headers
        allowed = await live.http.get("/api/session", headers={"Origin": ours})
        assert allowed.headers["access-control-allow-origin"] == ours


async def test_signing_out_hangs_up_that_sessions_phones(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "REMEMBER_SECONDS", 0)
    elsewhere = issue_session(local_key(live.house.settings), live.sam.id, hours=1).token
    async with live.phone("sam") as signed_out, Phone(live.url, elsewhere) as other, live.phone("mia") as mia:
        await live.sam.ask("DELETE", "/api/session")
        await signed_out.is_hung_up()
        assert other.client.connected and mia.client.connected


async def test_a_session_that_ends_ends_its_phones(live: Live) -> None:
    ending = issue_session(local_key(live.house.settings), live.sam.id, hours=2 / 3600)
    async with Phone(live.url, ending.token) as phone, live.phone("sam") as other:
        await phone.is_hung_up(within=6)
        assert time.time() >= ending.expires_at.timestamp()
        assert other.client.connected
