"""The operator's page in real windows: it says how it is, and what is done on it is true everywhere."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.conftest import Server, complaints, media_flows, phone
from tests.e2e.stories import ask, balance, close, hang_up, in_a_call, last_receipt, state_is
from tests.e2e.test_accessibility import WIDTHS, is_sound, sticks_out, violations

pytestmark = pytest.mark.timeout(170)


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Several browsers and a server share the machine."""
    expect.set_options(timeout=15_000)
    yield
    expect.set_options(timeout=5_000)


async def operator(browser: Browser, server: Server) -> Page:
    page = await phone(browser, server, "ops", reduced_motion="reduce", viewport={"width": 1440, "height": 900})
    await page.get_by_role("navigation").get_by_role("link", name="Operations").click()
    await expect(page.get_by_role("heading", name="Now")).to_be_visible()
    return page


async def do(server: Server, username: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {server.token(username)}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:
        return (await client.request(method, path, json=body)).raise_for_status().json()


async def answer_why(page: Page, button: str, reason: str) -> None:
    """Say why in the dialog that is open, and do it."""
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Why?").fill(reason)
    await dialog.get_by_role("button", name=button).click()
    await expect(dialog).to_have_count(0)


def switch(page: Page, name: str) -> Locator:
    return page.get_by_role("switch", name=f"Switch for {name}")


async def test_a_flipped_flag_shows_in_another_window_and_says_who_and_why(demo: Server, chromium: Browser) -> None:
    here, there = await asyncio.gather(operator(chromium, demo), operator(chromium, demo))
    await expect(switch(there, "Share cards")).to_be_checked()
    await switch(here, "Share cards").click()
    await here.get_by_role("dialog").get_by_role("button", name="Change it").click()
    await expect(here.get_by_text("Please say why in a few words.")).to_be_visible()
    await expect(switch(there, "Share cards")).to_be_checked()
    await answer_why(here, "Change it", "a leak is looked into")
    await expect(switch(there, "Share cards")).not_to_be_checked(timeout=4000)  # it asks every 0.8 s
    row = there.get_by_role("listitem").filter(has_text="FEATURE_FAN_SHARE_CARD").first
    await expect(row).to_contain_text(re.compile("ops, today, .*“a leak is looked into”"))

    await here.get_by_role("button", name="Share cards for a part").click()
    await here.get_by_label("How many of 100 people").fill("25")
    await answer_why(here, "Change it", "it was none")
    await expect(row).to_contain_text("on for 25 %")
    await row.get_by_text("History").click()
    await expect(row.get_by_role("listitem")).to_have_count(2)

    await switch(there, "Share cards").click()
    await there.get_by_role("radio", name="As the environment says: on").check()
    await answer_why(there, "Change it", "all is well again")
    shown = here.get_by_role("listitem").filter(has_text="FEATURE_FAN_SHARE_CARD").first
    await expect(shown).to_contain_text("on, as the environment says")
    assert complaints(here) == complaints(there) == []
    await close(here, there)


async def test_calls_off_lets_the_running_call_go_on_and_settle_and_can_be_undone(
    demo: Server, chromium: Browser
) -> None:
    before = await balance(demo, "sam")
    mia, sam = await in_a_call(chromium, demo)
    ops = await operator(chromium, demo)
    await expect(ops.get_by_text("0 calls ring, one runs.")).to_be_visible()
    await ops.get_by_role("button", name="Calls off").click()
    dialog = ops.get_by_role("dialog", name="Switch calls off?")
    await expect(dialog).to_contain_text("One call runs now. It goes on, ends as its people wish, and is settled.")
    await answer_why(ops, "Switch calls off", "no media")
    await expect(ops.get_by_text("Calls are off.")).to_be_visible()
    await expect(ops.get_by_text(re.compile("ops switched them off .*“no media”"))).to_be_visible()

    await mia.wait_for_function("window.__stagedoor?.pc?.connectionState === 'connected'")
    await media_flows(sam)
    await state_is(demo, "active")
    await expect(ops.get_by_text("0 calls ring, one runs.")).to_be_visible()
    await hang_up(mia)
    await state_is(demo, None)
    receipt = await last_receipt(demo, "sam")
    charged = int(receipt["tokensCharged"])
    assert receipt["billableSeconds"] > 0
    assert charged > 0
    assert await balance(demo, "sam") == before - charged
    await expect(ops.get_by_text("No call rings or runs now.")).to_be_visible()

    await ops.get_by_role("button", name="Undo: calls on again").click()
    await expect(ops.get_by_text("Calls are on for everyone.")).to_be_visible()
    await _settled_cases(demo, ops, receipt["callId"], before)
    assert complaints(ops) == []
    await close(mia, sam, ops)


async def _settled_cases(server: Server, ops: Page, call: str, before: int) -> None:
    """A report is closed with words, a dispute with all the tokens back."""
    await do(server, "sam", "POST", f"/api/calls/{call}/report", {"reason": "spam", "text": "She only read ads."})
    await do(server, "sam", "POST", f"/api/calls/{call}/dispute", {"text": "There was no sound."})
    dispute = ops.get_by_role("listitem").filter(has_text="Sam disputes a call with Mia")
    await expect(dispute).to_contain_text("There was no sound.")
    await dispute.get_by_role("button", name=re.compile(r"^Refund .* tokens?$")).click()
    await expect(dispute).to_have_count(0)
    assert await balance(server, "sam") == before
    report = ops.get_by_role("listitem").filter(has_text="Sam reported Mia: spam")
    await report.get_by_label("What was found and done").fill("Mia was asked to stop.")
    await report.get_by_role("button", name="Close the report").click()
    await expect(ops.get_by_text("Nothing is open.")).to_be_visible()
    await ops.get_by_role("button", name="Compare everything now").click()
    await expect(ops.get_by_text("Everything agrees.")).to_be_visible()


@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
async def test_six_entries_fit_in_the_header_at_every_width(demo: Server, chromium: Browser, locale: str) -> None:
    ops = await phone(chromium, demo, "ops", "/calls", locale=locale)
    await expect(ops.get_by_role("navigation").get_by_role("link")).to_have_count(6)
    assert await sticks_out(ops, "the header", (*WIDTHS, 1119, 1120, 1215, 1216)) == []
    await close(ops)


async def test_plots_say_in_words_what_they_show_and_the_page_is_sound(demo: Server, chromium: Browser) -> None:
    sam = (await ask(demo, "sam", "/api/session"))["user"]["id"]
    ring = await do(demo, "mia", "POST", "/api/calls/initiate", {"fanId": sam, "callType": "voice"})
    await do(demo, "sam", "POST", "/api/calls/decline", {"callId": ring["call"]["id"]})
    ops = await operator(chromium, demo)
    calls = ops.get_by_role("figure", name="Calls: rung, accepted, connected, ended well")
    await expect(calls).to_contain_text(re.compile("Rung: [1-9][0-9]* in all, at most"))
    for range_, rows in (("day", 49), ("week", 57), ("hour", 61)):
        await ops.get_by_role("group", name="Over the last").get_by_role("radio", name=range_).check(force=True)
        await expect(calls.locator("tbody tr")).to_have_count(rows)
    await calls.get_by_text("As a table").click()
    await expect(calls.get_by_role("columnheader", name="Ended well")).to_be_visible()
    assert await is_sound(ops, "the operator's page") == []
    await ops.get_by_role("button", name="Calls off").click()
    await expect(ops.get_by_role("dialog")).to_contain_text("No call rings or runs now.")
    assert await violations(ops) == []
    assert complaints(ops) == []
    await close(ops)


async def test_a_roll_out_is_planned_begun_stepped_and_stopped_on_the_page(demo: Server, chromium: Browser) -> None:
    ops = await operator(chromium, demo)
    await do(demo, "ops", "POST", "/api/ops/rollout/plan", {"shorten": 100_000})
    panel = ops.get_by_role("region", name="Roll-out")
    await expect(panel).to_contain_text("Planned by ops. Nothing has begun.")
    await panel.get_by_role("button", name="Start").click()
    await expect(panel.get_by_role("alert")).to_contain_text("backup")  # the service's own reason, in its words

    await asyncio.to_thread(demo.cli, "backup")
    await panel.get_by_role("button", name="Start").click()
    await expect(panel.locator("[aria-current=step]")).to_contain_text("Database only")
    await expect(ops.get_by_text("Calls are off.")).to_be_visible()
    await expect(panel).to_contain_text("Armed: it stops the roll-out by itself.")
    await do(demo, "sam", "GET", "/api/wallet")  # somebody uses it, or the guard says hold
    await expect(panel).to_contain_text("It says go.")
    await panel.get_by_role("button", name="Next step").click()
    await expect(panel.locator("[aria-current=step]")).to_contain_text("Backend, flags off")
    await expect(panel.get_by_role("listitem").filter(has_text="Database only")).to_contain_text("passed")

    await panel.get_by_role("button", name="Abort").click()
    await answer_why(ops, "Abort the roll-out", "a rehearsal is over")
    await expect(panel).to_contain_text("Stopped: a rehearsal is over")
    await expect(panel.get_by_role("button", name="Resume")).to_be_visible()
    story = ops.get_by_role("region", name="What operators and the guard did")
    await expect(story).to_contain_text("rollout.aborted")
    for key in ("FEATURE_CALLS", "FEATURE_FAN_SHARE_CARD", "FEATURE_FAN_MINI_PROFILE"):
        await do(demo, "ops", "DELETE", f"/api/ops/flags/{key}")
    assert [text for text in complaints(ops) if "409" not in text] == []
    await close(ops)


async def test_others_see_a_calm_page_and_no_link(demo: Server, chromium: Browser) -> None:
    sam = await phone(chromium, demo, "sam")
    await expect(sam.get_by_role("link", name="Operations")).to_have_count(0)
    await sam.goto(f"{demo.url}/ops")
    await expect(sam.get_by_role("heading", name="This page is for operators")).to_be_visible()
    assert complaints(sam) == []
    await close(sam)
