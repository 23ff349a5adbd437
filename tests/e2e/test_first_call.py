"""The first minute: two real browsers, one call, both see and hear, and the tokens have moved exactly once."""

import asyncio
import math
import re
import time

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.conftest import Server, complaints, media_flows, signed_in_by_hand, window
from tests.e2e.stories import answer, balance, close, hang_up, last_receipt, press_call

pytestmark = pytest.mark.timeout(120)


async def ring(mia: Page, sam: Page) -> float:
    """Mia presses Video beside Sam. Returns seconds from press to ring."""
    started = time.monotonic()
    await press_call(mia)
    shown = sam.get_by_role("alertdialog")
    await shown.wait_for(timeout=10000)
    rang_after = time.monotonic() - started
    await expect(shown).to_contain_text("Mia")
    await expect(shown).to_contain_text("12 tokens a minute")
    return rang_after


async def ring_within_a_second_and_accept(mia: Page, sam: Page) -> None:
    """A busy machine may be late once; of three rings one is on time."""
    late = []
    for _ in range(3):
        late.append(await ring(mia, sam))
        if late[-1] < 1.0:
            await answer(sam)
            return
        await mia.get_by_role("button", name="Cancel").click()
        await sam.get_by_role("alertdialog").wait_for(state="detached")
    raise AssertionError(f"the ring took {late} seconds")


async def test_mia_calls_sam_and_both_see_hear_and_pay_once(demo: Server, chromium: Browser) -> None:
    mia_before, sam_before = await balance(demo, "mia"), await balance(demo, "sam")
    mia, sam = await asyncio.gather(*(signed_in_by_hand(chromium, demo, name) for name in ("mia", "sam")))
    await mia.goto(f"{demo.url}/dashboard")

    await ring_within_a_second_and_accept(mia, sam)

    first_mia, first_sam = await asyncio.gather(media_flows(mia), media_flows(sam))
    await asyncio.sleep(2)
    later_mia, later_sam = await asyncio.gather(media_flows(mia), media_flows(sam))
    for first, later in ((first_mia, later_mia), (first_sam, later_sam)):
        assert later["frames"] > first["frames"]
        assert later["audioBytes"] > first["audioBytes"]

    timer = sam.get_by_role("timer")
    shown = await timer.inner_text()
    await expect(timer).not_to_have_text(shown, timeout=3000)
    await expect(sam.get_by_text(re.compile(r"[1-9]\d* tokens?")).first).to_be_visible()

    await hang_up(sam)
    await asyncio.gather(
        expect(mia.get_by_text(re.compile("receipt", re.IGNORECASE)).first).to_be_visible(),
        expect(sam.get_by_text(re.compile("receipt", re.IGNORECASE)).first).to_be_visible(),
    )

    receipt = await last_receipt(demo, "sam")
    seconds, rate = int(str(receipt["billableSeconds"])), int(str(receipt["tokensPerMinute"]))
    charge = math.ceil(seconds * rate / 60)
    assert 2 <= seconds <= 30
    assert receipt["tokensCharged"] == receipt["creatorTokens"] == charge
    assert await balance(demo, "sam") == sam_before - charge
    assert await balance(demo, "mia") == mia_before + charge
    assert demo.cli("audit") == "The ledger is clean."
    assert complaints(mia) == complaints(sam) == []
    await close(mia, sam)


async def test_the_demo_page_makes_a_call_within_a_minute(demo: Server, chromium: Browser) -> None:
    page = await window(chromium, demo, viewport={"width": 1440, "height": 900})
    started = time.monotonic()
    await page.goto(f"{demo.url}/demo")
    mia, sam = page.frame_locator("iframe[name=mia]"), page.frame_locator("iframe[name=sam]")
    row = mia.get_by_role("listitem").filter(has_text="Sam").first
    await row.get_by_role("button", name=re.compile("video", re.IGNORECASE)).click(timeout=20000)
    await sam.get_by_role("alertdialog").get_by_role("button", name="Accept").click(timeout=5000)
    await expect(sam.get_by_role("timer")).to_be_visible(timeout=10000)
    await expect(mia.get_by_role("timer")).to_be_visible(timeout=10000)
    await expect(sam.get_by_role("timer")).to_have_text(re.compile("0?0:0[2-9]"), timeout=10000)
    assert time.monotonic() - started < 60
    await close(page)
