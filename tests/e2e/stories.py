"""Steps that several end-to-end stories share."""

import asyncio
import re
import time
from typing import Any

import httpx
from playwright.async_api import Browser, Page

from tests.e2e.conftest import Server, media_flows, phone


async def ask(server: Server, username: str, path: str) -> Any:
    """What the API answers to `username`."""
    headers = {"Authorization": f"Bearer {server.token(username)}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:
        return (await client.get(path)).json()


async def balance(server: Server, username: str) -> int:
    return int((await ask(server, username, "/api/wallet"))["wallet"]["balance"])


async def last_receipt(server: Server, username: str) -> Any:
    call = (await ask(server, username, "/api/calls/history"))["calls"][0]
    return (await ask(server, username, f"/api/calls/{call['id']}/receipt"))["receipt"]


async def current(server: Server, username: str = "sam") -> Any:
    """The call that rings or runs for `username`; None without one."""
    calls = (await ask(server, username, "/api/calls/current"))["calls"]
    return calls[0] if calls else None


async def until(condition: Any, within: float, what: str) -> None:
    """Wait until the awaited `condition()` is true."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if await condition():
            return
        await asyncio.sleep(0.15)
    raise AssertionError(f"not within {within} s: {what}")


async def post(server: Server, username: str, path: str, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {server.token(username)}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:
        return (await client.post(path, json=body)).raise_for_status().json()


async def rings(server: Server, call_type: str = "voice") -> str:
    """Mia rings Sam, without a window of hers."""
    fan = (await ask(server, "sam", "/api/session"))["user"]["id"]
    called = await post(server, "mia", "/api/calls/initiate", fanId=fan, callType=call_type)
    return str(called["call"]["id"])


async def state_is(server: Server, state: str | None, within: float = 15) -> None:
    async def reached() -> bool:
        call = await current(server)
        return (call["state"] if call else None) == state

    await until(reached, within, f"call state {state}")


async def two_phones(browser: Browser, server: Server) -> tuple[Page, Page]:
    mia, sam = await asyncio.gather(phone(browser, server, "mia", "/dashboard"), phone(browser, server, "sam"))
    return mia, sam


async def press_call(mia: Page, kind: str = "video") -> None:
    row = mia.get_by_role("listitem").filter(has_text="Sam").first
    await row.get_by_role("button", name=re.compile(kind, re.IGNORECASE)).click()


async def answer(sam: Page, button: str = "Accept") -> None:
    await sam.get_by_role("alertdialog").get_by_role("button", name=button).click(timeout=15_000)


async def in_a_call(browser: Browser, server: Server) -> tuple[Page, Page]:
    """Mia and Sam in a running video call, both with media."""
    mia, sam = await two_phones(browser, server)
    await press_call(mia)
    await answer(sam)
    await asyncio.gather(media_flows(mia), media_flows(sam))
    await state_is(server, "active")
    return mia, sam


async def hang_up(page: Page) -> None:
    await page.get_by_role("button", name=re.compile("^(end|hang up)", re.IGNORECASE)).first.click()
    confirm = page.get_by_role("button", name=re.compile("^end (the )?call", re.IGNORECASE))
    if await confirm.count():
        await confirm.last.click()


async def close(*pages: Page) -> None:
    await asyncio.gather(*(page.context.close() for page in pages))


def seconds_of(spans: list[dict[str, Any]]) -> float:
    return sum(float(span["seconds"]) for span in spans)
