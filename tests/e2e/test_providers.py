"""The same call through Agora and through Ably: a stand-in for each cloud, and everything else as it is served."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, WebSocket, expect

from tests.ably_server import KEY, Ably, ably_server
from tests.agora_server import CUSTOMER, AgoraCloud, agora_cloud
from tests.agora_tokens import APP_ID, CERTIFICATE
from tests.e2e.conftest import Server, complaints, media_flows, start, stop
from tests.e2e.stories import answer, balance, close, hang_up, last_receipt, press_call, two_phones

pytestmark = pytest.mark.timeout(150)
SDK = Path(__file__).parent.parent / "agora_sdk.mjs"
DEMO = {"RATE_LIMIT_CALLS_PER_IP": "1000", "CALL_COOLDOWN_SECONDS": "0"}


@pytest.fixture(scope="module")
async def cloud() -> AsyncIterator[AgoraCloud]:
    async with agora_cloud() as found:
        yield found


@pytest.fixture(scope="module")
async def ably() -> AsyncIterator[Ably]:
    async with ably_server() as found:
        yield found


@pytest.fixture(scope="module")
async def through_agora(tmp_path_factory: pytest.TempPathFactory, cloud: AgoraCloud) -> AsyncIterator[Server]:
    server = await asyncio.to_thread(
        lambda: start(
            tmp_path_factory.mktemp("agora"),
            "demo",
            **DEMO,
            MEDIA_PROVIDER="agora",
            AGORA_APP_ID=APP_ID,
            AGORA_APP_CERTIFICATE=CERTIFICATE,
            AGORA_CUSTOMER_KEY=CUSTOMER[0],
            AGORA_CUSTOMER_SECRET=CUSTOMER[1],
            AGORA_REST_URL=cloud.url,
        )
    )
    yield server
    await asyncio.to_thread(stop, server)


@pytest.fixture(scope="module")
async def through_ably(tmp_path_factory: pytest.TempPathFactory, ably: Ably) -> AsyncIterator[Server]:
    server = await asyncio.to_thread(
        lambda: start(
            tmp_path_factory.mktemp("ably"),
            "demo",
            **DEMO,
            REALTIME_PROVIDER="ably",
            ABLY_API_KEY=KEY,
            ABLY_REST_URL=ably.url,
        )
    )
    yield server
    await asyncio.to_thread(stop, server)


async def stand_in(context: BrowserContext, cloud: AgoraCloud) -> None:
    """In place of the chunk that holds Agora's SDK the browser gets the stand-in; the build knows nothing of it."""
    script = SDK.read_text().replace("__ROOM__", cloud.socket_url)

    async def give(route: Route) -> None:
        await route.fulfill(body=script, content_type="text/javascript")

    await context.route("**/assets/agoraRtc-*.js", give)


def loaded(page: Page) -> list[str]:
    """The scripts that the page fetches from now on."""
    files: list[str] = []
    page.on("request", lambda request: files.append(request.url.rpartition("/")[2]))
    return files


def sockets(page: Page) -> list[WebSocket]:
    """The service's own sockets that the page opens from now on."""
    opened: list[WebSocket] = []
    page.on("websocket", lambda socket: opened.append(socket) if "/socket.io/" in socket.url else None)
    return opened


async def talk_and_pay(server: Server, mia: Page, sam: Page) -> None:
    """From Mia's press to both receipts: both see and hear each other, and the tokens move once."""
    before = await balance(server, "mia"), await balance(server, "sam")
    await press_call(mia)
    await answer(sam)
    first = await asyncio.gather(media_flows(mia), media_flows(sam))
    await expect(sam.get_by_role("timer")).to_be_visible()
    await asyncio.sleep(2)
    for earlier, later in zip(first, await asyncio.gather(media_flows(mia), media_flows(sam)), strict=True):
        assert later["frames"] > earlier["frames"] and later["audioBytes"] > earlier["audioBytes"]
    await hang_up(sam)
    for page in (mia, sam):
        await expect(page.get_by_text("receipt").first).to_be_visible(timeout=10_000)
    receipt = await last_receipt(server, "sam")
    charge = math.ceil(receipt["billableSeconds"] * receipt["tokensPerMinute"] / 60)
    assert 2 <= receipt["billableSeconds"] <= 40 and receipt["tokensCharged"] == charge
    assert (await balance(server, "mia"), await balance(server, "sam")) == (before[0] + charge, before[1] - charge)
    assert complaints(mia) == complaints(sam) == []


async def test_a_call_through_agora(through_agora: Server, chromium: Browser, cloud: AgoraCloud) -> None:
    mia, sam = await two_phones(chromium, through_agora)
    for page in (mia, sam):
        await stand_in(page.context, cloud)
    before = loaded(mia)
    await mia.reload()
    await expect(mia.get_by_role("listitem").first).to_be_visible()
    assert before and not [file for file in before if file.startswith(("agora", "ably"))]
    await talk_and_pay(through_agora, mia, sam)
    assert [file for file in before if file.startswith("agoraRtc")]
    assert cloud.refused == [] and len({uid for _, uid in cloud.joins}) == 2
    end = time.monotonic() + 5
    while not cloud.rules:
        assert time.monotonic() < end, "nobody was shown out of the channel"
        await asyncio.sleep(0.05)
    assert {channel for channel, _ in cloud.joins} == {cloud.rules[0]["cname"]}
    await close(mia, sam)


async def test_a_call_through_ably(through_ably: Server, chromium: Browser, ably: Ably) -> None:
    mia, sam = await two_phones(chromium, through_ably)
    held = sockets(mia), sockets(sam)
    first = loaded(mia)
    await mia.reload()
    await sam.reload()
    await expect(mia.get_by_role("listitem").first).to_be_visible()
    end = time.monotonic() + 10
    while len({channel for _, _, channels in ably.listeners for channel in channels}) < 3:
        assert time.monotonic() < end, "the phones do not listen"
        await asyncio.sleep(0.05)
    assert held == ([], [])
    assert [file for file in first if file.startswith("ably")] and not [f for f in first if f.startswith("agora")]
    await press_call(mia)
    await sam.get_by_role("alertdialog").wait_for(timeout=5000)
    await mia.get_by_role("button", name="Cancel").click()
    await expect(sam.get_by_role("alertdialog")).to_have_count(0)
    await talk_and_pay(through_ably, mia, sam)
    assert len(held[0]) >= 1 and len(held[1]) >= 1
    assert ably.refused_channels == []
    await close(mia, sam)
