"""A token opens the caller's own live call to the caller's own uid, and nothing else to anybody else."""

import time
from datetime import datetime
from typing import Any

from stagedoor.settings import Settings
from tests.agora_tokens import APP_ID, opened
from tests.conftest import Caller, Stage, staged
from tests.media.conftest import elsewhere

PUBLISHER = {1: 600, 2: 600, 3: 600, 4: 600}


async def refusal(caller: Caller, **query: Any) -> tuple[int, str]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    response = await caller.ask("GET", f"/api/agora/token?{asked}")
    return response.status_code, response.json().get("code", "")


async def test_join_gives_each_their_own_uid_in_the_calls_channel(stage: Stage) -> None:
    call_id = await stage.connect()
    seen = {}
    for person in (stage.mia, stage.sam):
        media = (await person.post(f"/api/calls/{call_id}/join", {"deviceId": "phone"}))["media"]
        token = opened(media["token"])
        assert (media["provider"], media["appId"], media["channel"]) == ("agora", APP_ID, f"call-{call_id}")
        assert token.signed and (token.app_id, token.channel) == (APP_ID, f"call-{call_id}")
        assert token.uid == str(media["uid"]) and token.privileges == PUBLISHER
        assert datetime.fromisoformat(media["expiresAt"]).timestamp() == token.issued_at + token.expire
        assert media["iceServers"] == []
        seen[person.username] = media["uid"]
    stored = {row["user_id"]: row["media_uid"] for row in await stage.sql("SELECT * FROM media_identities")}
    assert seen == {"mia": stored[stage.mia.id], "sam": stored[stage.sam.id]} and len(set(seen.values())) == 2


async def test_a_token_is_renewed_for_oneself_and_never_cached(stage: Stage) -> None:
    call_id = await stage.connect()
    uid = (await stage.sam.post(f"/api/calls/{call_id}/join", {"deviceId": "phone"}))["media"]["uid"]
    for query in (f"channel=call-{call_id}", f"channel=call-{call_id}&uid={uid}&role=publisher"):
        response = await stage.sam.ask("GET", f"/api/agora/token?{query}")
        assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
        body = response.json()
        token = opened(body["token"])
        assert body["ok"] is True and (body["uid"], token.uid) == (uid, str(uid))
        assert token.signed and token.expire == 600 and abs(token.issued_at - time.time()) < 5
        assert token.privileges == PUBLISHER
    listening = await stage.sam.get(f"/api/agora/token?channel=call-{call_id}&role=subscriber")
    assert opened(listening["token"]).privileges == {1: 600}


async def test_no_token_outlives_what_the_call_can_pay_for_and_one_wait(stage: Stage) -> None:
    call_id = await stage.connect(maxTokens=12)
    joined = (await stage.sam.post(f"/api/calls/{call_id}/join", {"deviceId": "phone"}))["media"]["token"]
    renewed = (await stage.sam.get(f"/api/agora/token?channel=call-{call_id}"))["token"]
    for token in (opened(joined), opened(renewed)):
        assert 80 < token.expire <= 60 + 30


async def test_nobody_gets_a_token_for_a_call_they_are_not_in(stage: Stage) -> None:
    ringing = await stage.ring()
    missing = (404, "CALL_NOT_FOUND")
    assert await refusal(stage.mia, channel=f"call-{ringing}") == missing
    await stage.mia.post("/api/calls/cancel", {"callId": ringing})
    call_id = await stage.connect()
    channel = f"call-{call_id}"
    noor = await stage.person("noor2", creator=True, operator=True)
    for stranger in (noor, await stage.person("leo2")):
        assert await refusal(stranger, channel=channel) == missing
    for other in ("test", call_id, channel.upper(), f"call-{{{call_id}}}", f"{channel}%20", "call-", "lobby"):
        assert await refusal(stage.sam, channel=other) == missing, other
    anonymous = await stage.http.get(f"/api/agora/token?channel={channel}")
    assert anonymous.status_code == 401
    await stage.sam.post("/api/calls/end", {"callId": call_id})
    assert await refusal(stage.sam, channel=channel) == missing


async def test_nobody_gets_a_token_with_anothers_uid(stage: Stage) -> None:
    call_id = await stage.connect()
    channel = f"call-{call_id}"
    mia = (await stage.mia.post(f"/api/calls/{call_id}/join", {"deviceId": "phone"}))["media"]["uid"]
    for uid in (mia, 1, 2**32 - 1):
        assert await refusal(stage.sam, channel=channel, uid=uid) == (403, "FORBIDDEN")
    for uid in (0, 2**32, -1, "me"):
        assert await refusal(stage.sam, channel=channel, uid=uid) == (422, "VALIDATION_FAILED")
    assert await refusal(stage.sam, channel=channel, role="admin") == (422, "VALIDATION_FAILED")


async def test_an_operator_may_try_the_service_out_in_the_channel_test(stage: Stage) -> None:
    call_id = await stage.connect()
    mia = (await stage.mia.post(f"/api/calls/{call_id}/join", {"deviceId": "phone"}))["media"]["uid"]
    operator = await stage.person("ines2", operator=True)
    free = 12_345 if mia != 12_345 else 12_346
    body = await operator.get(f"/api/agora/token?channel=test&uid={free}&role=publisher")
    token = opened(body["token"])
    assert token.signed and (token.channel, token.uid) == ("test", str(free))
    assert opened((await operator.get("/api/agora/token?channel=test"))["token"]).uid not in ("", str(mia))
    assert await refusal(operator, channel="test", uid=mia) == (403, "FORBIDDEN")
    assert await refusal(stage.mia, channel="test") == (404, "CALL_NOT_FOUND")


async def test_a_running_call_keeps_the_provider_it_was_placed_with(
    stage: Stage, agora_settings: Settings, dsn: str
) -> None:
    call_id = await stage.connect()
    async with staged(elsewhere(agora_settings, provider="webrtc"), dsn) as after:
        media = (await after.sam.post(f"/api/calls/{call_id}/join", {"deviceId": "phone"}))["media"]
        assert (media["provider"], opened(media["token"]).channel) == ("agora", f"call-{call_id}")
        await after.sam.post("/api/calls/end", {"callId": call_id})
        following = await after.connect()
        media = (await after.sam.post(f"/api/calls/{following}/join", {"deviceId": "phone"}))["media"]
        assert (media["provider"], media["token"]) == ("webrtc", None)
        assert await refusal(after.sam, channel=f"call-{following}") == (404, "CALL_NOT_FOUND")


async def test_without_agoras_keys_there_is_nothing_to_give(agora_settings: Settings, dsn: str) -> None:
    bare = elsewhere(agora_settings, agora_app_id=None, agora_app_certificate=None, agora_webhook_secret=None)
    async with staged(bare, dsn) as stage:
        operator = await stage.person("ines3", operator=True)
        assert await refusal(operator, channel="test") == (404, "AGORA_DISABLED")
        hook = await stage.http.post("/api/agora/webhook", content=b"{}")
        assert (hook.status_code, hook.json()["code"]) == (404, "AGORA_DISABLED")
