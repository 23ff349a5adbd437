"""A page that nobody has touched, looked at over the bare DevTools protocol: what Playwright itself evaluates in a page
counts as a person's gesture, and would let the page sound."""

from typing import Any, Self

from playwright.async_api import Browser, CDPSession, Page

from tests.e2e.conftest import Server, phone
from tests.e2e.stories import close, post, rings, until

ACTIVE = "navigator.userActivation.hasBeenActive"
OFFER = "[...document.querySelectorAll('button')].find(one => one.textContent.includes('Tap for sound'))"
SOUNDS = "document.querySelector('[data-sounding]') !== null"


class Untouched:
    """What it shows, asked and touched without Playwright."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    @classmethod
    async def of(cls, page: Page) -> Self:
        return cls(await page.context.new_cdp_session(page))

    async def value(self, expression: str) -> Any:
        told = await self._session.send("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        return told["result"].get("value")

    async def shows(self, what: str) -> None:
        await until(lambda: self.value(what), 15, what)

    async def tap(self, element: str) -> None:
        """A tap in the middle of `element`, a JavaScript expression."""
        where = f"(box => [box.x + box.width / 2, box.y + box.height / 2])({element}.getBoundingClientRect())"
        x, y = await self.value(where)
        await self._session.send("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y})
        for kind in ("mousePressed", "mouseReleased"):
            press = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
            await self._session.send("Input.dispatchMouseEvent", press)


async def test_a_page_that_nobody_touched_offers_to_sound_and_one_tab_of_two_does(
    demo: Server, chromium: Browser
) -> None:
    sam = await phone(chromium, demo, "sam")
    beside = await sam.context.new_page()
    await beside.goto(f"{demo.url}/")
    tabs = [await Untouched.of(sam), await Untouched.of(beside)]
    call_id = await rings(demo)
    for tab in tabs:
        await tab.shows(f"{OFFER} !== undefined")
        assert (await tab.value(ACTIVE), await tab.value(SOUNDS)) == (False, False)
    await tabs[1].tap(OFFER)
    await tabs[1].shows(SOUNDS)
    for tab in tabs:
        await tab.shows(f"{OFFER} === undefined")
    assert (await tabs[0].value(ACTIVE), await tabs[0].value(SOUNDS)) == (False, False)
    await post(demo, "sam", "/api/calls/decline", callId=call_id)
    await close(sam)
