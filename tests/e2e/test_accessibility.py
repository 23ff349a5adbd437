"""Every screen, in light and in dark: axe finds nothing, nothing scrolls sideways or moves for who asked for rest, and
the console stays silent."""

import asyncio
import re
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.e2e.conftest import Server, complaints, media_flows, phone, window
from tests.e2e.stories import answer, ask, close, hang_up, press_call, state_is, until

pytestmark = pytest.mark.timeout(170)

WIDTHS = (360, 768, 1024, 1440)
THEMES = ("light", "dark")
# By how much the page is wider than the window, and the innermost elements that reach out of it: any, when it can be
# scrolled, and those of the header, which may be fixed and be cut off.
STICKS_OUT = """() => {
    const { scrollWidth, clientWidth } = document.documentElement
    const out = one => one.getBoundingClientRect().right > clientWidth + 0.5
    const all = [...document.querySelectorAll(scrollWidth > clientWidth ? 'body *' : 'header *')]
    const inner = all.filter(one => out(one) && ![...one.children].some(out))
    if (scrollWidth <= clientWidth && inner.length === 0) return null
    return [scrollWidth - clientWidth, ...inner.slice(0, 3).map(one => one.outerHTML.slice(0, 200))]
}"""
# What moves, though the person asked for less motion.
MOVES = """() => [...document.querySelectorAll('*')].flatMap(one => ['', '::before', '::after'].map(part => {
    const { animationName, animationDuration, transitionDuration } = getComputedStyle(one, part)
    const animated = animationName !== 'none' && parseFloat(animationDuration) > 0.001
    const glides = transitionDuration.split(', ').some(time => parseFloat(time) > 0)
    return animated || glides ? `${one.tagName}.${one.className}${part}` : null
})).filter(found => found !== null).slice(0, 3)"""
FLAGS = ("FEATURE_CALLS", "FEATURE_FAN_SHARE_CARD", "FEATURE_FAN_PRIVACY", "FEATURE_FAN_MINI_PROFILE")


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Several browsers and a server share the machine."""
    expect.set_options(timeout=15_000)
    yield
    expect.set_options(timeout=5_000)


async def opened(browser: Browser, server: Server, username: str | None) -> Page:
    """A window without motion: signed in, or a stranger's."""
    if username is None:
        return await window(browser, server, reduced_motion="reduce")
    return await phone(browser, server, username, reduced_motion="reduce")


async def violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds."""
    found: list[dict[str, Any]] = (await Axe().run(page)).response["violations"]
    return found


async def is_sound(page: Page, screen: str) -> list[str]:
    """What is wrong with what the page shows now, in both themes and at each width."""
    wrong = []
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        width = WIDTHS[0] if theme == "light" else WIDTHS[-1]
        await page.set_viewport_size({"width": width, "height": 860})
        for violation in await violations(page):
            places = [node["html"][:160] for node in violation["nodes"][:3]]
            wrong.append(f"{screen}, {theme}, {width} px: {violation['id']} {places}")
    if moves := await page.evaluate(MOVES):
        wrong.append(f"{screen} moves: {moves}")
    return wrong + await sticks_out(page, screen, WIDTHS)


async def sticks_out(page: Page, screen: str, widths: Iterable[int]) -> list[str]:
    """At which of `widths` the page can be scrolled sideways, or its header is cut off, and by what."""
    wrong = []
    for width in widths:
        await page.set_viewport_size({"width": width, "height": 860})
        if found := await page.evaluate(STICKS_OUT):
            wrong.append(f"{screen} sticks out at {width} px: {found}")
    return wrong


async def both_sound(one: Page, its: str, other: Page, others: str) -> list[str]:
    first, second = await asyncio.gather(is_sound(one, its), is_sound(other, others))
    return first + second


async def people(server: Server) -> dict[str, str]:
    sessions = await asyncio.gather(*(ask(server, name, "/api/session") for name in ("mia", "sam")))
    return {session["user"]["username"]: session["user"]["id"] for session in sessions}


async def prepared(server: Server) -> dict[str, str]:
    """A conversation and a share card, so that no screen is empty. Returns what fills the paths."""
    ids = await people(server)
    headers = {name: {"Authorization": f"Bearer {server.token(name)}"} for name in ids}
    async with httpx.AsyncClient(base_url=server.url) as client:
        for writer, reader in (("sam", "mia"), ("mia", "sam")):
            said: Any = {"body": "See you tonight?"}
            await client.post(f"/api/messages/{ids[reader]}", json=said, headers=headers[writer])
        card = await client.post("/api/fans/share/enable", json={}, headers=headers["sam"])
    return {**ids, "card": card.json()["card"]["token"]}


# Whose window, its path, and what is there once it has loaded.
SCREENS: dict[str | None, list[tuple[str, str]]] = {
    None: [
        ("/", "Close to your people"),
        ("/signin", "Welcome back"),
        ("/signin?join", "Join Stagedoor"),
        ("/creator/mia", "Songs, late evenings"),
        ("/c/{card}", "Join to interact"),
        ("/demo", "Mia, the creator"),
        ("/nowhere/at/all", "Nothing is here"),
    ],
    "sam": [
        ("/", "Who can reach you"),
        ("/settings/privacy", "What you did together"),
        ("/creator/noor", "I draw what you tell me"),
        ("/messages", "Choose a conversation"),
        ("/messages/{mia}", "See you tonight?"),
        ("/wallet", "A tip you gave"),
    ],
    "mia": [
        ("/dashboard", "Ten minutes of video"),
        ("/dashboard?fan={sam}", "What you did together"),
        ("/messages/{sam}", "See you tonight?"),
        ("/wallet", "Every movement"),
        ("/settings/privacy", "Nobody can find you"),
        ("/creator/mia", "This is your page"),
    ],
}


async def walked(page: Page, server: Server, who: str | None, filling: dict[str, str]) -> list[str]:
    wrong = []
    for path, sign in SCREENS[who]:
        await page.set_viewport_size({"width": 1440, "height": 860})
        await page.goto(server.url + path.format(**filling))
        await expect(page.get_by_text(sign).first).to_be_visible()
        wrong += await is_sound(page, f"{path} as {who or 'anybody'}")
    return wrong + [f"{who or 'anybody'}: {text}" for text in complaints(page)]


async def test_every_screen_is_sound_in_both_themes_and_at_each_width(demo: Server, chromium: Browser) -> None:
    filling = await prepared(demo)
    pages = await asyncio.gather(*(opened(chromium, demo, who) for who in SCREENS))
    found = await asyncio.gather(*(walked(page, demo, who, filling) for page, who in zip(pages, SCREENS, strict=True)))
    assert [line for lines in found for line in lines] == []
    await close(*pages)


async def test_the_dialogs_are_sound(demo: Server, chromium: Browser) -> None:
    sam, stranger = await asyncio.gather(opened(chromium, demo, "sam"), opened(chromium, demo, None))
    wrong = []
    await stranger.goto(f"{demo.url}/creator/mia")
    await stranger.get_by_role("button", name="Follow", exact=True).click()
    await expect(stranger.get_by_role("dialog").get_by_label("User name")).to_be_visible()
    wrong += await is_sound(stranger, "soft sign-in")
    await sam.goto(f"{demo.url}/creator/noor")
    await sam.get_by_role("button", name="Tip", exact=True).click()
    await expect(sam.get_by_role("dialog", name="Tip Noor")).to_be_visible()
    wrong += await is_sound(sam, "tip")
    await sam.goto(f"{demo.url}/settings/privacy")
    await sam.get_by_role("button", name=re.compile("^Erase my account")).click()
    await expect(sam.get_by_role("dialog", name="Erase your account?")).to_be_visible()
    wrong += await is_sound(sam, "erase")
    await sam.keyboard.press("Escape")
    await sam.get_by_role("button", name="Let Noor forget you").click()
    await expect(sam.get_by_role("alertdialog")).to_be_visible()
    wrong += await is_sound(sam, "forget")
    assert wrong + complaints(sam) + complaints(stranger) == []
    await close(sam, stranger)


async def test_a_call_is_sound_from_ring_to_receipt(demo: Server, chromium: Browser) -> None:
    mia, sam = await asyncio.gather(opened(chromium, demo, "mia"), opened(chromium, demo, "sam"))
    await mia.goto(f"{demo.url}/dashboard")
    await press_call(mia)
    await sam.get_by_role("alertdialog").wait_for()
    wrong = await both_sound(mia, "outgoing call", sam, "ring")
    await answer(sam)
    await asyncio.gather(media_flows(mia), media_flows(sam))
    await state_is(demo, "active")
    wrong += await both_sound(mia, "call, creator", sam, "call, fan")
    await hang_up(sam)
    for page in (mia, sam):
        await expect(page.get_by_text(re.compile("receipt", re.IGNORECASE)).first).to_be_visible()
    wrong += await both_sound(mia, "receipt, creator", sam, "receipt, fan")
    await sam.goto(f"{demo.url}/calls")
    await expect(sam.get_by_role("button", name=re.compile("receipt", re.IGNORECASE)).first).to_be_visible()
    wrong += await is_sound(sam, "calls")
    assert wrong + complaints(mia) + complaints(sam) == []
    await close(mia, sam)


async def switch_all(server: Server, *, on: bool) -> None:
    """Turn every flag, and wait until a client is told so."""
    headers = {"Authorization": f"Bearer {server.token('ops')}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:
        for key in FLAGS:
            change: Any = {"enabled": on, "reason": "to see what is left"}
            (await client.put(f"/api/ops/flags/{key}", json=change)).raise_for_status()

        async def told() -> bool:
            flags = (await client.get("/api/session")).json()["flags"]
            return all(flags[key] is on for key in FLAGS)

        await until(told, 5, f"every flag {'on' if on else 'off'}")


async def test_what_is_switched_off_is_absent_and_the_console_stays_silent(demo: Server, chromium: Browser) -> None:
    filling = await prepared(demo)
    pages = dict(zip(SCREENS, await asyncio.gather(*(opened(chromium, demo, who) for who in SCREENS)), strict=True))
    await switch_all(demo, on=False)
    try:
        await asyncio.gather(
            _nothing_of_it_for_sam(pages["sam"], demo, filling),
            _nothing_of_it_for_mia(pages["mia"], demo, filling),
            _nothing_of_it_for_strangers(pages[None], demo, filling),
        )
        assert [text for page in pages.values() for text in complaints(page)] == []
    finally:
        await switch_all(demo, on=True)
    await close(*pages.values())


async def _nothing_of_it_for_sam(sam: Page, server: Server, filling: dict[str, str]) -> None:
    for path in ("/", "/messages/{mia}", "/wallet", "/calls", "/creator/noor"):
        await sam.goto(server.url + path.format(**filling))
        await expect(sam.get_by_role("heading", level=1).first).to_be_attached()
        await sam.wait_for_load_state("networkidle")
    await sam.goto(f"{server.url}/settings/privacy")
    await expect(sam.get_by_text("What you chose still holds.")).to_be_visible()
    await expect(sam.get_by_text("You can still revoke yours.")).to_be_visible()
    await expect(sam.get_by_role("radio", name="No creator")).to_have_count(0)
    await expect(sam.get_by_text("See yourself as a creator does")).to_have_count(0)
    await sam.get_by_role("button", name="Revoke").click()
    await expect(sam.get_by_role("heading", name="Share card")).to_have_count(0)


async def _nothing_of_it_for_mia(mia: Page, server: Server, filling: dict[str, str]) -> None:
    await mia.goto(f"{server.url}/dashboard?fan={filling['sam']}")
    row = mia.get_by_role("listitem").filter(has_text="Sam")
    await expect(row.get_by_role("link", name="Message Sam")).to_be_visible()
    for absent in (
        mia.get_by_role("button", name=re.compile("call with")),
        mia.get_by_role("link", name="Profile of Sam"),
        mia.get_by_label("Find a fan"),
        mia.get_by_text("What you did together"),
    ):
        await expect(absent).to_have_count(0)
    await mia.wait_for_load_state("networkidle")


async def _nothing_of_it_for_strangers(page: Page, server: Server, filling: dict[str, str]) -> None:
    await page.goto(f"{server.url}/c/{filling['card']}")
    await expect(page.get_by_role("heading", name="This link does not lead anywhere")).to_be_visible()
    await page.goto(f"{server.url}/creator/mia")
    await expect(page.get_by_role("button", name="Follow", exact=True)).to_be_visible()
    await page.wait_for_load_state("networkidle")
    await expect(page.get_by_text("tokens a minute")).to_have_count(0)
