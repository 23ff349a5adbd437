"""A closed tab rings and stops ringing; what is pushed says no more than the ring; nobody waits for it."""

import asyncio
import time
from typing import Any

import pytest

from stagedoor.events import to_fan
from tests.conftest import Stage
from tests.push.conftest import subscribed
from tests.push.service import PushService


async def pushed_events(stage: Stage) -> None:
    """Until nothing is being sent."""
    until = time.monotonic() + 8
    while stage.house.pushes._last or await stage.value("SELECT count(*) FROM events WHERE published_at IS NULL"):
        assert time.monotonic() < until
        await asyncio.sleep(0.02)


async def test_a_ring_is_pushed_to_every_browser_of_the_fan_signed_and_sealed(
    pushing: Stage, service: PushService
) -> None:
    browsers = {name: await subscribed(pushing, service, "sam", name) for name in ("phone", "laptop")}
    await subscribed(pushing, service, "leo", "other")
    await subscribed(pushing, service, "mia", "hers")
    call_id = await pushing.ring()
    got = await service.wait_for(2)
    await pushed_events(pushing)
    assert {one.browser for one in service.received} == {"phone", "laptop"}
    public_key = (await pushing.http.get("/api/push/key")).json()["push"]["publicKey"]
    incoming = await pushing.value(
        "SELECT d -> 'data' FROM events e, jsonb_array_elements(e.deliveries) d WHERE d ->> 'name' = 'call:incoming'"
    )
    for one in got:
        payload = browsers[one.browser].decrypt(one.body)
        assert payload.pop("type") == "call:incoming"
        assert payload.pop("declineToken")
        assert payload.items() <= incoming.items()
        assert (payload["callId"], payload["creatorName"], payload["tokensPerMinute"]) == (call_id, "Mia", 12)
        assert 110 <= int(one.headers["TTL"]) <= 120
        assert one.headers["Urgency"] == "high" and one.headers["Content-Encoding"] == "aes128gcm"
        assert one.headers["Topic"] == call_id.replace("-", "") and len(one.headers["Topic"]) <= 32
        assert one.signed_by == public_key
        assert one.claims["sub"] == "mailto:ops@stage.example"
        assert 0 < one.claims["exp"] - time.time() <= 24 * 3600


@pytest.mark.parametrize(
    ("who", "verb", "outcome"),
    [("sam", "accept", "answered"), ("sam", "decline", "declined"), ("mia", "cancel", "cancelled"), ("", "", "missed")],
)
async def test_when_it_is_over_every_browser_hears_so(
    pushing: Stage, service: PushService, who: str, verb: str, outcome: str
) -> None:
    browser = await subscribed(pushing, service, "sam", "phone")
    service.delays = [0.3]  # the ring is still on its way when its end comes
    call_id = await pushing.ring()
    if verb:
        await pushing.people[who].post(f"/api/calls/{verb}", {"callId": call_id})
    else:
        await pushing.sql("UPDATE calls SET due_at = clock_timestamp() WHERE id = $1", call_id)
        pushing.house.sweeper.wake()
    ring, over = await service.wait_for(2)
    assert browser.decrypt(ring.body)["type"] == "call:incoming"
    assert browser.decrypt(over.body) == {"type": "call:over", "callId": call_id, "outcome": outcome}
    assert over.headers["Topic"] == ring.headers["Topic"]
    assert ring.ended <= over.began, "the end of a ring never overtakes it"


async def test_quiet_hours_push_nothing(pushing: Stage, service: PushService) -> None:
    await subscribed(pushing, service, "sam", "phone")
    far = ((await pushing.value("SELECT clock_timestamp()")).hour + 12) % 24
    await pushing.sam.ask("PATCH", "/api/fans/me", {"quietFrom": f"{far:02}:31", "quietUntil": f"{far:02}:30"})
    await pushing.mia.post("/api/calls/cancel", {"callId": await pushing.ring()})
    expired = await pushing.ring()
    await pushing.sql("UPDATE calls SET due_at = clock_timestamp() WHERE id = $1", expired)
    pushing.house.sweeper.wake()
    for _ in range(100):
        await asyncio.sleep(0.02)
        if (await pushing.mia.get(f"/api/calls/{expired}"))["call"]["state"] != "ringing":
            break
    await pushed_events(pushing)
    assert await pushing.value("SELECT count(*) FROM events WHERE type = 'call.missed'") == 1
    assert service.received == []


async def test_a_ring_that_was_never_committed_is_never_pushed(pushing: Stage, service: PushService) -> None:
    await subscribed(pushing, service, "sam", "phone")
    ring: dict[str, Any] = dict.fromkeys(
        ("callId", "creatorId", "creatorName", "creatorAvatar", "callType", "tokensPerMinute"), ""
    )
    with pytest.raises(ZeroDivisionError):
        async with pushing.house.journal.transaction() as tx:
            told = to_fan(pushing.sam.id, "call:incoming", **ring, expiresAt="2100-01-01T00:00:00Z")
            await tx.record("call.ringing", told, call_id=pushing.mia.id, fan_id=pushing.sam.id)
            await asyncio.sleep(0.3)
            assert service.received == []
            raise ZeroDivisionError
    await asyncio.sleep(0.2)
    assert service.received == []


async def test_a_browser_that_is_gone_is_forgotten_and_only_that_one(pushing: Stage, service: PushService) -> None:
    for name, status in (("gone", 410), ("missing", 404), ("refused", 400), ("moved", 307), ("fine", 201)):
        await subscribed(pushing, service, "sam", name)
        service.answers[name] = [status]
    await pushing.ring()
    await service.wait_for(5)
    await pushed_events(pushing)
    left = await pushing.sql("SELECT endpoint FROM push_subscriptions")
    assert {row["endpoint"].rpartition("/")[2] for row in left} == {"refused", "moved", "fine"}
    assert "/elsewhere" not in service.asked, "a redirect is not followed"
    assert len(service.asked) == 5


async def test_a_push_service_that_stumbles_is_asked_again(pushing: Stage, service: PushService) -> None:
    await subscribed(pushing, service, "sam", "phone")
    service.answers["phone"] = [503]
    await pushing.ring()
    first, again = await service.wait_for(2)
    assert again.began > first.ended


async def test_a_push_service_that_hangs_delays_nobody(
    pushing: Stage, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribed(pushing, service, "sam", "phone")
    service.delays = [3.0, 3.0]
    heard: list[tuple[str, float]] = []
    sockets = pushing.house.sockets
    deliver = sockets.deliver

    async def noting(event: Any) -> None:
        if event.type.startswith("call."):
            heard.append((event.type, time.monotonic()))
        await deliver(event)

    monkeypatch.setattr(sockets, "deliver", noting)
    started = time.monotonic()
    call_id = await pushing.ring()
    await pushing.mia.post("/api/calls/cancel", {"callId": call_id})
    while len(heard) < 2:
        await asyncio.sleep(0.01)
        assert time.monotonic() - started < 2.5
    while not service.received:
        await asyncio.sleep(0.01)
        assert time.monotonic() - started < 2.5
    assert [name for name, _ in heard] == ["call.ringing", "call.cancelled"]
    assert len(service.received) == 1, "the end waits for the ring, nothing else does"


async def test_the_push_service_away_altogether_harms_nothing(pushing: Stage, service: PushService) -> None:
    browser = await subscribed(pushing, service, "sam", "phone")
    await pushing.sql("UPDATE push_subscriptions SET endpoint = 'http://127.0.0.1:9/push/x'")
    call_id = await pushing.ring()
    assert [call["id"] for call in (await pushing.sam.get("/api/calls/current"))["calls"]] == [call_id]
    await pushed_events(pushing)
    assert service.received == [] and browser.endpoint.startswith(service.origin)


async def test_a_long_avatar_is_left_out_so_that_the_ring_fits(pushing: Stage, service: PushService) -> None:
    browser = await subscribed(pushing, service, "sam", "phone")
    avatar, name = "https://cdn.example/" + "x" * 5000, "Ü" * 80
    await pushing.sql("UPDATE users SET avatar_url = $1, display_name = $2 WHERE username = 'mia'", avatar, name)
    pushing.house.authenticator.forget_user(pushing.mia.id)
    await pushing.ring()
    (got,) = await service.wait_for(1)
    payload = browser.decrypt(got.body)
    assert (payload["creatorAvatar"], payload["creatorName"]) == (None, name)
    assert len(got.body) <= 4096
