"""Who has paid for two minutes gets no key that opens for ten: media credentials last as long as the call can."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from stagedoor.settings import Media, Settings
from tests.agora_tokens import APP_ID, CERTIFICATE, opened
from tests.laws.stopped_clock import Theatre
from tests.laws.stopped_clock import opened as opened_theatre

WAIT = 30  # once, for media: it is not paid for
MEDIA = {
    "webrtc": Media(turn_urls=("turn:turn.example:3478",), turn_secret="north"),
    "agora": Media(provider="agora", agora_app_id=APP_ID, agora_app_certificate=CERTIFICATE),
}


@pytest.fixture(params=list(MEDIA))
async def paid(request: Any, settings: Settings, server: str) -> AsyncIterator[Theatre]:
    async with opened_theatre(replace(settings, media=MEDIA[request.param]), server) as found:
        yield found


async def lasts(media: Any) -> float:
    """Seconds from now: what the credentials themselves say, and not only what is said of them."""
    if media["provider"] == "agora":
        return float(opened(media["token"]).expire)
    return int(media["iceServers"][0]["username"].partition(":")[0]) - time.time()


@pytest.mark.parametrize(("tokens", "seconds"), [(12, 60), (24, 120), (240, 570)])
async def test_credentials_last_no_longer_than_the_call_can(paid: Theatre, tokens: int, seconds: int) -> None:
    """12 tokens a minute; ten minutes are the most, however much is there."""
    call_id = await paid.connect(maxTokens=tokens, deviceId="phone")
    for who, device in (("sam", "phone"), ("mia", "studio")):
        media = (await paid.people[who].post(f"/api/calls/{call_id}/join", {"deviceId": device}))["media"]
        assert abs(await lasts(media) - seconds - WAIT) < 15
        assert abs(datetime.fromisoformat(media["expiresAt"]).timestamp() - time.time() - await lasts(media)) < 15


async def test_what_was_used_up_is_not_given_again(paid: Theatre) -> None:
    call_id = await paid.connect(maxTokens=24, deviceId="phone")
    await paid.stay(call_id, 100)
    joined = (await paid.sam.post(f"/api/calls/{call_id}/join", {"deviceId": "phone"}))["media"]
    assert await lasts(joined) <= 20 + WAIT
    if joined["provider"] == "agora":
        renewed = await paid.sam.get(f"/api/agora/token?channel=call-{call_id}")
        assert opened(renewed["token"]).expire == 20 + WAIT
