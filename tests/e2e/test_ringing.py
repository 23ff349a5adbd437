"""Reaching a fan: a closed page rings by its service worker, and devices are tried before the first call. Everything in
real Chromium."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.e2e.conftest import Server, complaints, media_flows, phone, start, stop
from tests.e2e.stories import ask, close, current, hang_up, post, press_call, rings, state_is
from tests.e2e.test_accessibility import is_sound, opened
from tests.e2e.worker import PushedTo
from tests.push.service import Browser as Keys
from tests.push.service import PushService, push_service

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Several browsers and a server share the machine."""
    expect.set_options(timeout=15_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[PushService]:
    async with push_service() as found:
        yield found


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, service: PushService) -> Iterator[Server]:
    """A demo whose browsers' push service is ours."""
    server = start(
        tmp_path_factory.mktemp("ringing"),
        "demo",
        RATE_LIMIT_CALLS_PER_IP="1000",
        RATE_LIMIT_CALLS_PER_USER="1000",
        CALL_COOLDOWN_SECONDS="0",
        PUSH_HOSTS=service.origin,
    )
    yield server
    stop(server)


# A browser without a network has no push service to subscribe at. All but that one promise is its own.
SUBSCRIBES = """subscription => {
    let mine = null
    const answer = { endpoint: subscription.endpoint, toJSON: () => subscription,
        unsubscribe: async () => { mine = null; return true } }
    PushManager.prototype.subscribe = async options => {
        if (!options.userVisibleOnly || typeof options.applicationServerKey !== 'string') throw new TypeError()
        return mine = answer
    }
    PushManager.prototype.getSubscription = async () => mine
}"""


async def turned_on(browser: Browser, server: Server, keys: Keys) -> tuple[Page, PushedTo]:
    """Sam's window, after he let this browser ring when the page is closed."""
    sam = await phone(browser, server, "sam")
    await sam.context.grant_permissions(["notifications", "camera", "microphone"], origin=server.url)
    await sam.add_init_script(f"({SUBSCRIBES})({json.dumps(keys.subscription())})")
    await sam.goto(f"{server.url}/settings/privacy")
    await sam.get_by_label("Ring me when this page is closed").click()
    await expect(
        sam.get_by_role("status").filter(has_text="This browser rings when the page is closed")
    ).to_be_visible()
    return sam, await PushedTo.of(sam, server)


async def test_a_closed_page_rings_is_declined_in_its_notification_and_stops_when_signed_out(
    house: Server, service: PushService, chromium: Browser
) -> None:
    keys = Keys("closed", service.origin)
    sam, worker = await turned_on(chromium, house, keys)
    await sam.goto("about:blank")

    async def pushed(count: int) -> dict[str, Any]:
        """What the service got as its `count`th, handed on to the browser."""
        payload: dict[str, Any] = keys.decrypt((await service.wait_for(count))[count - 1].body)
        await worker.push(payload)
        return payload

    call_id = await rings(house)
    assert (await pushed(1))["callId"] == call_id
    (notice,) = await worker.shows("Mia is calling")
    assert notice == {
        "title": "Mia is calling",
        "body": "Voice · 6 tokens a minute",
        "tag": call_id,
        "silent": notice["silent"],
        "requireInteraction": True,
        "actions": ["accept", "decline"],
    }
    await worker.press(call_id, "decline")
    await state_is(house, None)
    over = (await ask(house, "sam", f"/api/calls/{call_id}"))["call"]
    assert (over["state"], over["endReason"]) == ("declined", "declined")
    assert (await worker.shown(), [page.url for page in sam.context.pages]) == ([], ["about:blank"])
    await pushed(2)

    call_id = await rings(house)
    await pushed(3)
    await worker.shows("Mia is calling")
    await post(house, "mia", "/api/calls/cancel", callId=call_id)
    await pushed(4)
    await worker.shows()

    kept: list[Any] = []

    async def told(route: Route) -> None:
        """By the time that the service ends the session nothing here may ask with it any more."""
        if route.request.method == "DELETE":
            kept.append(await sam.evaluate("localStorage.getItem('stagedoor.session')"))
        await route.continue_()

    await sam.route("**/api/session", told)
    await sam.goto(f"{house.url}/")
    await sam.get_by_label(re.compile("Your account|You:")).click()
    async with sam.expect_response(lambda reply: reply.request.method == "DELETE" and "/session" in reply.url) as ended:
        await sam.get_by_role("button", name="Sign out").click()
    assert ((await ended.value).status, kept) == (200, [None])
    await expect(sam.get_by_role("link", name="Sign in").first).to_be_visible()
    await post(house, "mia", "/api/calls/cancel", callId=await rings(house))
    assert len(service.received) == 4
    assert complaints(sam) == []
    await close(sam)


async def test_accept_in_a_notification_answers_in_the_open_page_with_the_camera_off(
    house: Server, service: PushService, chromium: Browser
) -> None:
    sam, worker = await turned_on(chromium, house, Keys("open", service.origin))
    mia = await phone(chromium, house, "mia", "/dashboard")
    await sam.goto("about:blank")
    await press_call(mia)
    await state_is(house, "ringing")
    call = await current(house)
    ring = {name: call[name] for name in ("callType", "expiresAt", "tokensPerMinute")}
    await worker.push(
        {
            "type": "call:incoming",
            "callId": call["id"],
            "creatorName": "Mia",
            "creatorAvatar": None,
            "declineToken": "-",
            **ring,
        }
    )
    await worker.shows("Mia is calling")
    await sam.goto(f"{house.url}/")
    await sam.get_by_role("alertdialog").wait_for()
    await worker.press(call["id"], "accept")
    await asyncio.gather(media_flows(sam), media_flows(mia, video=False))
    await state_is(house, "active")
    await expect(sam.get_by_role("button", name="Video", exact=True)).to_be_visible()
    await hang_up(mia)
    await state_is(house, None)
    await close(mia, sam)


TRACKS = """() => {
    window.tracks = []
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
    navigator.mediaDevices.getUserMedia = async wanted => {
        const stream = await open(wanted)
        window.tracks.push(...stream.getTracks())
        return stream
    }
}"""


async def test_devices_are_tried_before_a_call_by_keyboard_and_everything_is_off_afterwards(
    house: Server, chromium: Browser
) -> None:
    sam = await opened(chromium, house, "sam")
    await sam.add_init_script(f"({TRACKS})()")
    await sam.goto(f"{house.url}/")
    await sam.get_by_role("button", name="Check camera and microphone").press("Enter")
    check = sam.get_by_role("dialog", name="Camera, microphone and sound")
    meter = check.get_by_role("meter", name="Level of your microphone")
    await expect(check.get_by_text("Your microphone works.")).to_be_visible()
    await expect(meter).not_to_have_attribute("aria-valuetext", "no sound")
    await expect(check.locator("video")).to_be_visible()
    await check.get_by_role("button", name="Play a sound").press("Enter")
    await expect(check.get_by_text("You should hear three notes.")).to_be_visible()
    wrong = await is_sound(sam, "device check")
    await sam.keyboard.press("Escape")
    await expect(check).to_have_count(0)
    states = await sam.evaluate("window.tracks.map(track => track.kind + ' ' + track.readyState).sort()")
    assert states == ["audio ended", "video ended"]
    await sam.context.clear_permissions()
    await sam.get_by_role("button", name="Check camera and microphone").press("Enter")
    await expect(check.get_by_text("stand in")).to_be_visible()  # the demo's; what was denied is explained in a house
    await check.get_by_role("button", name="Done").click()
    assert wrong + complaints(sam) == []
    await close(sam)


async def test_a_ring_can_be_put_off_in_one_tab_of_two_and_the_creator_reads_until_when(
    house: Server, chromium: Browser
) -> None:
    mia = await opened(chromium, house, "mia")
    await mia.goto(f"{house.url}/dashboard")
    sam = await opened(chromium, house, "sam")
    other = await sam.context.new_page()
    await other.goto(f"{house.url}/")
    await expect(other.get_by_role("heading", level=1).first).to_be_attached()
    await press_call(mia)
    ring = sam.get_by_role("alertdialog")
    await expect(other.get_by_role("alertdialog")).to_be_visible()
    await ring.get_by_role("button", name="Call me back later").click()
    wrong = await is_sound(sam, "a ring that is put off")
    await ring.get_by_role("button", name="30 min").click()
    for tab in (sam, other):
        await expect(tab.get_by_role("alertdialog")).to_have_count(0)
    await expect(mia.get_by_role("heading", name=re.compile("^Sam asks you to call at "))).to_be_visible()
    over = (await ask(house, "mia", "/api/calls/history"))["calls"][0]
    minutes = (
        datetime.fromisoformat(over["callBackAt"]) - datetime.fromisoformat(over["endedAt"])
    ).total_seconds() / 60
    assert (over["state"], round(minutes)) == ("declined", 30)
    assert wrong + complaints(mia) + complaints(sam) == []
    await close(mia, sam)
