"""What happens to people in a call: reloads, tabs, devices, money, blocks and switches. Everything in real Chromium."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from stagedoor.core import embedded_pg
from tests.e2e.conftest import FLAGS, Server, media_flows, phone, start, stop
from tests.e2e.stories import (
    answer,
    ask,
    balance,
    close,
    current,
    hang_up,
    in_a_call,
    last_receipt,
    press_call,
    state_is,
    two_phones,
    until,
)

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as an operator runs it: no stand-ins for missing devices. Calls are on by the runtime override."""
    server = start(
        tmp_path_factory.mktemp("house"),
        "serve",
        CALL_COOLDOWN_SECONDS="0",
        RATE_LIMIT_CALLS_PER_IP="1000",
        RATE_LIMIT_CALLS_PER_USER="1000",
        RATE_LIMIT_TIGHT="1000",
        WALLET_TOP_UP="true",
    )
    server.cli("seed", "--password", "stagedoor-demo")
    server.cli("flags", "set", "FEATURE_CALLS", "on", "--reason", "the tests")
    yield server
    stop(server)


@pytest.fixture(scope="module")
async def bare_chromium() -> AsyncIterator[Browser]:
    """A browser on a machine without camera and microphone."""
    async with async_playwright() as playwright:
        flags = [flag for flag in FLAGS if "fake-device" not in flag]
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield browser
        await browser.close()


async def frames_move(page: Page) -> bool:
    before = (await media_flows(page, video=False))["frames"]
    await asyncio.sleep(1)
    return (await media_flows(page, video=False))["frames"] > before


async def age_the_call(server: Server, seconds: int) -> None:
    """As if the running call had been connected for `seconds` more."""
    with embedded_pg.start(server.data_dir) as lease:
        connection = await asyncpg.connect(lease.dsn)
        await connection.execute(
            "UPDATE call_segments SET started_at = started_at - make_interval(secs => $1) WHERE ended_at IS NULL",
            seconds,
        )
        await connection.execute(
            "UPDATE calls SET connected_at = connected_at - make_interval(secs => $1), due_at = clock_timestamp()"
            " WHERE state = 'active'",
            seconds,
        )
        await connection.close()


async def test_a_reload_comes_back_by_itself(house: Server, chromium: Browser) -> None:
    mia, sam = await in_a_call(chromium, house)
    for page in (sam, mia):
        await page.reload()
        await asyncio.gather(media_flows(mia), media_flows(sam))
        await state_is(house, "active")
        assert await frames_move(mia)
        assert await frames_move(sam)
    await hang_up(mia)
    await state_is(house, None)
    await close(mia, sam)


async def test_a_second_tab_takes_the_call_over(house: Server, chromium: Browser) -> None:
    mia, sam = await in_a_call(chromium, house)
    second = await phone(chromium, house, "sam")
    await second.get_by_role("button", name=re.compile("take it over", re.IGNORECASE)).click(timeout=10000)
    await media_flows(second, video=True)
    await state_is(house, "active")
    assert await frames_move(second)
    await expect(sam.get_by_role("timer")).to_have_count(0, timeout=10000)
    await hang_up(second)
    await expect(mia.get_by_text(re.compile("receipt", re.IGNORECASE)).first).to_be_visible(timeout=10000)
    await close(mia, sam, second)


async def test_answered_in_one_tab_is_gone_from_all(house: Server, chromium: Browser) -> None:
    mia, sam = await two_phones(chromium, house)
    second = await phone(chromium, house, "sam")
    await press_call(mia)
    await asyncio.gather(*(tab.get_by_role("alertdialog").wait_for(timeout=5000) for tab in (sam, second)))
    await second.get_by_role("alertdialog").get_by_role("button", name="Decline").click()
    await expect(sam.get_by_role("alertdialog")).to_have_count(0, timeout=5000)
    await expect(mia.get_by_text(re.compile("declined", re.IGNORECASE)).first).to_be_visible(timeout=5000)
    await close(mia, sam, second)


async def test_a_closed_tab_ends_the_call_settled_to_its_last_word(house: Server, chromium: Browser) -> None:
    mia, sam = await in_a_call(chromium, house)
    await asyncio.sleep(2)
    await sam.close(run_before_unload=False)
    await state_is(house, None, within=50)
    receipt = await last_receipt(house, "sam")
    assert receipt["billableSeconds"] <= 8
    await close(mia, sam)


async def test_the_camera_goes_off_and_on_again(house: Server, chromium: Browser) -> None:
    mia, sam = await in_a_call(chromium, house)
    assert await frames_move(mia)
    await sam.get_by_role("button", name="Video off").click()
    await expect(mia.get_by_text(re.compile("camera is off", re.IGNORECASE)).first).to_be_visible(timeout=5000)
    assert not await frames_move(mia)
    assert (await current(house))["state"] == "active"
    await sam.get_by_role("button", name="Video", exact=True).click()

    async def moving() -> bool:
        return await frames_move(mia)

    await until(moving, 10, "Sam's picture returns")
    await hang_up(mia)
    await close(mia, sam)


async def test_audio_only_keeps_the_camera_off(house: Server, chromium: Browser) -> None:
    mia, sam = await two_phones(chromium, house)
    await press_call(mia)
    await answer(sam, "Audio only")
    await asyncio.gather(media_flows(sam), media_flows(mia, video=False))
    await state_is(house, "active")
    assert not await frames_move(mia)
    assert await frames_move(sam)
    await hang_up(sam)
    await close(mia, sam)


@pytest.mark.parametrize("trouble", ["missing", "denied"])
async def test_a_missing_or_denied_device_is_explained_and_the_call_goes_on(
    house: Server, chromium: Browser, bare_chromium: Browser, trouble: str
) -> None:
    mia = await phone(chromium, house, "mia", "/dashboard")
    sam = await phone(bare_chromium if trouble == "missing" else chromium, house, "sam")
    if trouble == "denied":
        await sam.context.clear_permissions()
    await press_call(mia)
    await answer(sam)
    said = "was found" if trouble == "missing" else "did not allow"
    await expect(sam.get_by_text(re.compile(said, re.IGNORECASE)).first).to_be_visible(timeout=10000)
    await media_flows(sam)
    await state_is(house, "active")
    await hang_up(mia)
    await close(mia, sam)


async def test_funds_run_out_to_the_token_and_a_top_up_extends(house: Server, chromium: Browser) -> None:
    have = await balance(house, "sam")
    covered = have * 60 // 12
    mia, sam = await in_a_call(chromium, house)
    await age_the_call(house, covered - 50)
    warning = sam.get_by_text(re.compile("left before the tokens are used up|only .* left", re.IGNORECASE))
    await expect(warning.first).to_be_visible(timeout=10000)
    headers = {"Authorization": f"Bearer {house.token('sam')}"}
    async with httpx.AsyncClient(base_url=house.url, headers=headers) as client:
        assert (await client.post("/api/wallet/top-up", json={"tokens": 24})).status_code == 201
    await age_the_call(house, 55)
    await asyncio.sleep(2)
    assert (await current(house))["state"] == "active"  # the top-up is being talked away
    await age_the_call(house, 100)
    await state_is(house, None)
    await expect(sam.get_by_text(re.compile("tokens were used up", re.IGNORECASE)).first).to_be_visible(timeout=5000)
    receipt = await last_receipt(house, "sam")
    assert receipt["tokensCharged"] == have + 24
    assert await balance(house, "sam") == 0
    house.cli("wallet", "credit", "sam", "240")
    assert house.cli("audit") == "The ledger is clean."
    await close(mia, sam)


async def test_a_block_during_the_call_ends_it_like_hanging_up(house: Server, chromium: Browser) -> None:
    mia, sam = await in_a_call(chromium, house)
    creator = (await ask(house, "mia", "/api/session"))["user"]["id"]
    headers = {"Authorization": f"Bearer {house.token('sam')}"}
    async with httpx.AsyncClient(base_url=house.url, headers=headers) as client:
        assert (await client.put(f"/api/fans/blocks/{creator}")).status_code == 200
        await expect(mia.get_by_text(re.compile("receipt", re.IGNORECASE)).first).to_be_visible(timeout=10000)
        call = (await ask(house, "mia", "/api/calls/history"))["calls"][0]
        assert (call["state"], call["endReason"]) == ("ended", "fan_hung_up")
        await expect(mia.get_by_text(re.compile("block", re.IGNORECASE))).to_have_count(0)
        assert (await client.delete(f"/api/fans/blocks/{creator}")).status_code == 200
    await close(mia, sam)


async def test_calls_switched_off_let_the_running_call_end_and_settle(house: Server, chromium: Browser) -> None:
    mia, sam = await in_a_call(chromium, house)
    house.cli("flags", "set", "FEATURE_CALLS", "off", "--reason", "the tests")
    try:
        await asyncio.sleep(1.5)
        assert (await current(house))["state"] == "active"
        assert await frames_move(sam)
        fan = (await ask(house, "sam", "/api/session"))["user"]["id"]
        headers = {"Authorization": f"Bearer {house.token('mia')}"}
        async with httpx.AsyncClient(base_url=house.url, headers=headers) as client:
            refused = await client.post("/api/calls/initiate", json={"fanId": fan, "callType": "voice"})
        assert (refused.status_code, refused.json()["code"]) == (403, "FEATURE_DISABLED")
        await hang_up(sam)
        receipt = await last_receipt(house, "sam")
        assert receipt["tokensCharged"] == -(-receipt["billableSeconds"] * 12 // 60) > 0
    finally:
        house.cli("flags", "set", "FEATURE_CALLS", "on", "--reason", "the tests")
    await close(mia, sam)
