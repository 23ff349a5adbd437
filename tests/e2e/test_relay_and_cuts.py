"""Through coturn: neither side learns the other's address, and a network that fails is not paid for.

The relay is the only way between the two browsers, so stopping it for a while is a network that fails for a while.
"""

import asyncio
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, WebSocket, expect

from tests.e2e.conftest import Server, media_flows, start, stop
from tests.e2e.relay import SECRET, Relay, coturn
from tests.e2e.stories import (
    close,
    hang_up,
    in_a_call,
    last_receipt,
    press_call,
    seconds_of,
    state_is,
    two_phones,
)

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with coturn(tmp_path_factory.mktemp("coturn")) as found:
        yield found


@pytest.fixture(scope="module")
def relayed(tmp_path_factory: pytest.TempPathFactory, relay: Relay) -> Iterator[Server]:
    server = start(
        tmp_path_factory.mktemp("relayed"),
        "demo",
        TURN_URLS=relay.url,
        TURN_SECRET=SECRET,
        CALL_COOLDOWN_SECONDS="0",
        RATE_LIMIT_CALLS_PER_IP="1000",
        RATE_LIMIT_CALLS_PER_USER="1000",
    )
    yield server
    stop(server)


PAIRS = """async () => {
    const stats = await window.__stagedoor.pc.getStats()
    const all = [...stats.values()]
    const used = all.filter(s => s.type === 'candidate-pair' && s.nominated && s.state === 'succeeded')
    const end = id => all.find(s => s.id === id)
    return used.map(s => [end(s.localCandidateId).candidateType, end(s.remoteCandidateId).port])
}"""


def overhear(page: Page) -> list[str]:
    """Everything that passes over the page's sockets and requests, as text."""
    heard: list[str] = []

    def listen(ws: WebSocket) -> None:
        ws.on("framereceived", lambda frame: heard.append(str(frame)))
        ws.on("framesent", lambda frame: heard.append(str(frame)))

    page.on("websocket", listen)
    page.on("request", lambda request: heard.append(request.post_data or ""))
    return heard


async def test_only_relayed_pairs_are_used_and_no_address_is_told(
    relayed: Server, relay: Relay, chromium: Browser
) -> None:
    mia, sam = await two_phones(chromium, relayed)
    mia_heard, sam_heard = overhear(mia), overhear(sam)
    await asyncio.gather(mia.reload(), sam.reload())
    await press_call(mia)
    await sam.get_by_role("alertdialog").wait_for()
    await asyncio.sleep(1)
    assert [text for text in (*mia_heard, *sam_heard) if "candidate" in text] == []  # nothing before the answer
    await sam.get_by_role("alertdialog").get_by_role("button", name="Accept").click()
    await asyncio.gather(media_flows(mia), media_flows(sam))
    for page in (mia, sam):
        pairs = await page.evaluate(PAIRS)
        assert pairs
        # The other's address may be known before it is told (prflx); it is lent by the relay all the same.
        assert all(kind == "relay" and port in relay.ports for kind, port in pairs), pairs
    said = "\n".join((*mia_heard, *sam_heard))
    assert "typ relay" in said
    assert re.findall(r"typ (?:host|srflx)", said) == []
    assert set(re.findall(r"raddr (\S+)", said)) <= {"0.0.0.0", "::"}
    await hang_up(mia)
    await close(mia, sam)


@pytest.mark.parametrize("seconds", [3, 12])
async def test_a_cut_heals_and_is_not_billed(relayed: Server, relay: Relay, chromium: Browser, seconds: int) -> None:
    mia, sam = await in_a_call(chromium, relayed)
    await asyncio.sleep(3)
    relay.cut()
    try:
        await asyncio.sleep(seconds)
        await state_is(relayed, "reconnecting", within=1)
        await expect(sam.get_by_text(re.compile("clock is stopped", re.IGNORECASE)).first).to_be_visible()
    finally:
        relay.mend()
    await state_is(relayed, "active", within=15)
    await media_flows(sam, beyond=(await media_flows(sam))["frames"])
    await hang_up(sam)
    await state_is(relayed, None)
    receipt = await last_receipt(relayed, "sam")
    assert len(receipt["segments"]) >= 2
    assert seconds_of(receipt["gaps"]) >= seconds - 1.5
    assert receipt["billableSeconds"] <= seconds_of(receipt["segments"]) + 1
    await close(mia, sam)


async def test_a_long_cut_ends_the_call_settled_to_the_cut(relayed: Server, relay: Relay, chromium: Browser) -> None:
    mia, sam = await in_a_call(chromium, relayed)
    await asyncio.sleep(3)
    relay.cut()
    try:
        await state_is(relayed, None, within=45)
    finally:
        relay.mend()
    receipt = await last_receipt(relayed, "sam")
    assert receipt["endReason"] == "connection_lost"
    assert 3 <= receipt["billableSeconds"] <= 9
    await expect(mia.get_by_text(re.compile("receipt", re.IGNORECASE)).first).to_be_visible()
    assert relayed.cli("audit") == "The ledger is clean."
    await close(mia, sam)
