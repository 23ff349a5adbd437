"""Media of a browser-to-browser call: own credentials for a short time, and none before somebody answered."""

import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from stagedoor.media import WebRtc
from stagedoor.settings import Media, Settings
from tests.conftest import Stage, fresh_database, staged
from tests.outside import assert_problem

TURN = Media(
    stun_urls=("stun:stun.example:3478",),
    turn_urls=("turn:turn.example:3478?transport=udp", "turns:turn.example:5349"),
    turn_secret="north",
    turn_ttl_seconds=600,
)


@pytest.fixture
async def dsn(server: str) -> AsyncIterator[str]:
    async with fresh_database(server) as found:
        yield found


async def join(stage: Stage, who: str, call_id: str) -> Any:
    reply = await stage.people[who].post(f"/api/calls/{call_id}/join", {"deviceId": f"{who}s-tab"})
    return reply["media"]


def test_the_credentials_are_those_that_coturn_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password: printf '1700000600:4242' | openssl dgst -sha1 -hmac north -binary | base64"""
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.9)
    (server,) = WebRtc(TURN).credentials(None, "fan", 4242, 1, 3600).ice_servers
    assert server.username == "1700000600:4242"
    assert server.credential == "et/Q0LbczXpcn2lDRxYw9JsHDdQ="


async def test_each_side_gets_its_own_and_only_relays(settings: Settings, dsn: str) -> None:
    async with staged(replace(settings, media=TURN), dsn) as stage:
        call_id = await stage.ring()
        await stage.sam.post("/api/calls/accept", {"callId": call_id})
        mia, sam = await join(stage, "mia", call_id), await join(stage, "sam", call_id)
        for media in (mia, sam):
            assert (media["provider"], media["iceTransportPolicy"]) == ("webrtc", "relay")
            (server,) = media["iceServers"]
            assert server["urls"] == list(TURN.turn_urls), "no STUN beside TURN: it would tell an address"
            expiry, _, uid = server["username"].partition(":")
            assert abs(int(expiry) - time.time() - 600) < 10
            assert datetime.fromisoformat(media["expiresAt"]).timestamp() == int(expiry)
            signed = hmac.new(b"north", server["username"].encode(), hashlib.sha1).digest()
            assert server["credential"] == base64.b64encode(signed).decode()
            assert 0 < int(uid) < 2**32
            assert "north" not in str(media)
        assert mia["iceServers"] != sam["iceServers"]
        assert (mia["polite"], sam["polite"]) == (False, True), "the creator makes the first offer"


async def test_no_credentials_outlive_what_the_call_can_pay_for_and_one_wait(settings: Settings, dsn: str) -> None:
    async with staged(replace(settings, media=TURN), dsn) as stage:
        call_id = await stage.connect(maxTokens=12)
        for who in ("mia", "sam"):
            expires_at = datetime.fromisoformat((await join(stage, who, call_id))["expiresAt"]).timestamp()
            assert 80 < expires_at - time.time() <= 60 + 30


async def test_without_turn_there_is_what_is_configured_and_no_more(settings: Settings, dsn: str) -> None:
    async with staged(replace(settings, media=Media(stun_urls=TURN.stun_urls)), dsn) as stage:
        call_id = await stage.connect()
        media = await join(stage, "sam", call_id)
        assert media["iceServers"] == [{"urls": ["stun:stun.example:3478"]}]
        assert (media["iceTransportPolicy"], media["expiresAt"]) == ("all", None)


async def test_before_the_answer_and_after_the_end_nobody_gets_any(settings: Settings, dsn: str) -> None:
    async with staged(replace(settings, media=TURN), dsn) as stage:
        call_id = await stage.ring()
        for who in ("mia", "sam"):
            answer = await stage.people[who].ask("POST", f"/api/calls/{call_id}/join", {"deviceId": "tab"})
            assert_problem(answer, 409, "CALL_NOT_LIVE")
            assert "turn" not in answer.text
        await stage.sam.post("/api/calls/accept", {"callId": call_id})
        stranger = await stage.leo.ask("POST", f"/api/calls/{call_id}/join", {"deviceId": "tab"})
        assert_problem(stranger, 404, "CALL_NOT_FOUND")
        await stage.mia.post("/api/calls/end", {"callId": call_id})
        for who in ("mia", "sam"):
            answer = await stage.people[who].ask("POST", f"/api/calls/{call_id}/join", {"deviceId": "tab"})
            assert_problem(answer, 410, "CALL_ENDED")


async def test_a_second_device_takes_the_call_over_and_the_uid_stays(settings: Settings, dsn: str) -> None:
    async with staged(replace(settings, media=TURN), dsn) as stage:
        call_id = await stage.connect()
        first = await join(stage, "sam", call_id)
        again = await join(stage, "sam", call_id)
        assert again["epoch"] == first["epoch"], "the same tab may ask again"
        reply = await stage.sam.post(f"/api/calls/{call_id}/join", {"deviceId": "another tab"})
        assert reply["media"]["epoch"] > first["epoch"]

        def uid(media: Any) -> str:
            return str(media["iceServers"][0]["username"].partition(":")[2])

        assert uid(reply["media"]) == uid(first)
