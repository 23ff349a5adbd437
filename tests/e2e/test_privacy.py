"""A fan's privacy in real windows: what is chosen in one is true in the other at once, and nothing tells why."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.e2e.conftest import Server, complaints, phone, window
from tests.e2e.stories import ask, close, press_call, state_is, two_phones, until

pytestmark = pytest.mark.timeout(120)

SETTINGS = "/settings/privacy"


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Several browsers and a server share the machine."""
    expect.set_options(timeout=15_000)
    yield
    expect.set_options(timeout=5_000)


async def settings_of(server: Server, username: str) -> dict[str, object]:
    fan = (await ask(server, username, "/api/fans/me"))["fan"]
    return {name: fan[name] for name in ("visibility", "allowDm", "allowCalls", "searchable")}


async def choose(page: Page, question: str, choice: str) -> None:
    """Press one choice and wait until the page says that it was saved."""
    await page.get_by_role("group", name=question).get_by_role("radio", name=choice).check()
    await expect(page.get_by_role("status").filter(has_text=f"Saved. {question}: {choice}.")).to_be_visible()


def row_of(mia: Page, name: str) -> Locator:
    return mia.get_by_role("region", name="Your fans").get_by_role("listitem").filter(has_text=name)


async def sees(mia: Page, name: str, *, row: bool = True, message: bool = True, call: bool = True) -> None:
    """The creator's open list shows the fan and exactly these buttons."""
    await expect(row_of(mia, name)).to_have_count(int(row))
    await expect(row_of(mia, name).get_by_role("button", name=re.compile("Video"))).to_have_count(int(row and call))
    await expect(row_of(mia, name).get_by_role("link", name=re.compile("^Message"))).to_have_count(int(row and message))


async def test_each_setting_is_kept_and_true_in_the_creators_open_window(demo: Server, chromium: Browser) -> None:
    mia, sam = await two_phones(chromium, demo)
    await sam.goto(f"{demo.url}{SETTINGS}")
    sentence = sam.locator("[data-sentence]")
    await expect(sentence).to_have_text(
        "Two creators can call you: Mia (you follow her), Noor (you tipped her). Nobody can find you by search."
    )
    await sees(mia, "Sam")

    await choose(sam, "Who can call me", "No creator")
    await expect(sentence).to_contain_text("No creator can call you. Two creators can message you: Mia")
    await sees(mia, "Sam", call=False)

    await choose(sam, "Who can message me", "No creator")
    await expect(sentence).to_contain_text("No creator can call or message you. Two creators can see you")
    await sees(mia, "Sam", call=False, message=False)

    await choose(sam, "Who can see me", "No creator")
    await expect(sentence).to_have_text("No creator can see, message or call you. Nobody can find you by search.")
    await expect(sam.get_by_text("No creator can see you, so there is nothing to show.")).to_be_visible()
    await sees(mia, "Sam", row=False)

    await choose(sam, "Who can see me", "Every creator")
    await choose(sam, "Who can find me", "Creators who can see me")
    await choose(sam, "Who can message me", "Everyone who can see me")
    await choose(sam, "Who can call me", "Everyone who can see me")
    await expect(sentence).to_have_text(
        "Every creator can see, message and call you. Every creator can find you by search."
    )
    await sees(mia, "Sam")
    await mia.get_by_label("Find a fan").fill("sa")
    await expect(mia.get_by_text("One fan found")).to_be_visible()
    await mia.get_by_label("Find a fan").fill("")

    await sam.reload()
    for question, choice in (
        ("Who can see me", "Every creator"),
        ("Who can message me", "Everyone who can see me"),
        ("Who can call me", "Everyone who can see me"),
        ("Who can find me", "Creators who can see me"),
    ):
        await expect(sam.get_by_role("group", name=question).get_by_role("radio", name=choice)).to_be_checked()
    assert await settings_of(demo, "sam") == {
        "visibility": "creators",
        "allowDm": "everyone",
        "allowCalls": "everyone",
        "searchable": True,
    }

    await choose(sam, "Who can see me", "Creators I know")
    await choose(sam, "Who can message me", "Creators I know")
    await choose(sam, "Who can call me", "Creators I know")
    await choose(sam, "Who can find me", "Nobody")
    await sam.get_by_role("button", name="Undo").click()
    await until(lambda: _searchable(demo), 5, "the undone choice")
    await choose(sam, "Who can find me", "Nobody")
    await sees(mia, "Sam")
    await expect(sam.get_by_text("Who can find me: Creators who can see me → Nobody").first).to_be_visible()
    assert complaints(sam) == complaints(mia) == []
    await close(mia, sam)


async def _searchable(server: Server) -> bool:
    return bool((await settings_of(server, "sam"))["searchable"])


async def test_a_choice_that_cannot_be_saved_springs_back(demo: Server, chromium: Browser) -> None:
    sam = await phone(chromium, demo, "sam", SETTINGS)
    before = await settings_of(demo, "sam")

    async def fails(route: Route) -> None:
        await (route.abort() if route.request.method == "PATCH" else route.continue_())

    await sam.route("**/api/fans/me", fails)
    question = sam.get_by_role("group", name="Who can call me")
    await question.get_by_role("radio", name="No creator").click()
    await expect(question.get_by_role("alert")).to_contain_text("This was not saved. Creators I know still holds.")
    await expect(question.get_by_role("radio", name="Creators I know")).to_be_checked()
    assert await settings_of(demo, "sam") == before
    await close(sam)


async def test_the_share_link_works_logged_out_until_it_is_revoked(demo: Server, chromium: Browser) -> None:
    sam = await phone(chromium, demo, "sam")
    await sam.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=demo.url)
    await sam.goto(f"{demo.url}{SETTINGS}")
    await sam.get_by_role("button", name="Make my link").click()
    await sam.get_by_role("button", name="Copy").click()
    await expect(sam.get_by_role("status").filter(has_text="The link is copied.")).to_be_visible()
    link = await sam.evaluate("navigator.clipboard.readText()")
    await sam.get_by_role("button", name="Show as QR code").click()
    await expect(sam.get_by_role("img", name="QR code of your link")).to_be_visible()

    stranger = await window(chromium, demo)
    asked: list[str] = []
    stranger.on("request", lambda request: asked.append(request.url))
    await stranger.goto(link)
    await expect(stranger.get_by_role("heading", name="Sam")).to_be_visible()
    await expect(stranger.get_by_text("expires in 30 days")).to_be_visible()
    await expect(stranger.get_by_role("link", name="Join to interact")).to_be_visible()
    assert await stranger.locator('meta[name="robots"][content*="noindex"]').count() >= 1
    assert [url for url in asked if not url.startswith((demo.url, "data:", "blob:"))] == []

    await sam.get_by_role("button", name="New link").click()
    await expect(sam.get_by_role("status").filter(has_text="The old one is dead.")).to_be_visible()
    second = await sam.get_by_role("textbox", name="Your link").input_value()
    await sam.get_by_role("button", name="Revoke").click()
    await expect(sam.get_by_role("button", name="Make my link")).to_be_visible()
    dead = set()
    for url in (link, second, f"{demo.url}/c/never-was"):
        await stranger.goto(url)
        await expect(stranger.get_by_role("heading", name="This link does not lead anywhere")).to_be_visible()
        dead.add(await stranger.get_by_role("main").inner_html())
    assert len(dead) == 1
    assert complaints(sam) == []
    await close(sam, stranger)


async def outcome_shown_to(mia: Page) -> str:
    """What the creator's screen says once her ring is over, and that it is put away."""
    over = mia.get_by_role("dialog").filter(has_text="declined")
    await over.wait_for(timeout=15_000)
    shown = await over.inner_html()
    await over.get_by_role("button", name="Done").click()
    return re.sub(r'id="[^"]*"', "", shown)


async def test_a_block_during_the_ring_looks_to_the_creator_like_a_decline(demo: Server, chromium: Browser) -> None:
    mia, sam = await two_phones(chromium, demo)
    await sam.goto(f"{demo.url}{SETTINGS}")
    await press_call(mia)
    await sam.get_by_role("alertdialog").get_by_role("button", name="Decline").click()
    declined = await outcome_shown_to(mia)

    await press_call(mia)
    await sam.get_by_role("alertdialog").wait_for()
    await sam.keyboard.press("Escape")  # it goes on ringing in a banner, and the page can be used
    await sam.get_by_role("button", name="Block Mia").click()
    assert await outcome_shown_to(mia) == declined
    await state_is(demo, None, within=2)
    await expect(sam.get_by_text("Mia is calling")).to_have_count(0)
    await expect(sam.locator("[data-sentence]")).to_contain_text("One creator can call you: Noor (you tipped her).")
    await sees(mia, "Sam", row=False)

    blocked = sam.get_by_role("region", name="Blocked creators")
    await blocked.get_by_role("button", name="Unblock Mia").click()
    await expect(blocked.get_by_role("listitem")).to_have_count(0)
    await expect(sam.locator("[data-sentence]")).to_contain_text("Two creators can call you: Mia")
    assert complaints(sam) == complaints(mia) == []
    await close(mia, sam)


async def joined(browser: Browser, server: Server, username: str) -> Page:
    """The window of somebody who has just created an account."""
    page = await window(browser, server)
    await page.goto(f"{server.url}/signin?join")
    await page.get_by_label("User name").fill(username)
    await page.get_by_label("Name that others see").fill(username.capitalize())
    await page.get_by_label("Password", exact=True).fill("a-password-to-forget")
    await page.get_by_role("button", name="Create my account").click()
    await expect(page.get_by_role("heading", name=f"Hello, {username.capitalize()}")).to_be_visible()
    return page


async def test_an_account_is_exported_forgets_a_creator_and_is_erased(
    demo: Server, chromium: Browser, tmp_path: Path
) -> None:
    page = await joined(chromium, demo, "ada")
    await page.goto(f"{demo.url}/creator/mia")
    await page.get_by_role("button", name="Follow", exact=True).click()
    await expect(page.get_by_role("button", name=re.compile("^Following"))).to_be_visible()
    await page.goto(f"{demo.url}{SETTINGS}")
    await expect(page.locator("[data-sentence]")).to_contain_text("One creator can call you: Mia (you follow her).")

    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download my data").click()
    file = tmp_path / "export.json"
    await (await download.value).save_as(file)
    document = json.loads(await asyncio.to_thread(file.read_text))
    assert document["profile"]["username"] == "ada"
    assert [follow["creator"]["username"] for follow in document["follows"]] == ["mia"]

    await page.get_by_role("button", name="Let Mia forget you").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Forget me").click()
    await expect(page.locator("[data-sentence]")).to_contain_text("No creator can see, message or call you.")

    await page.get_by_role("button", name=re.compile("^Erase my account")).click()
    sure = page.get_by_role("dialog").get_by_role("button", name="Erase for good")
    await page.get_by_label("Type ada to confirm").fill("eda")
    await expect(sure).to_be_disabled()
    await page.get_by_label("Type ada to confirm").fill("ada")
    await sure.click()
    await expect(page.get_by_role("heading", name="You are gone")).to_be_visible()
    assert complaints(page) == []

    await page.goto(f"{demo.url}{SETTINGS}")
    await page.wait_for_url(re.compile("/signin"))
    await page.get_by_label("User name").fill("ada")
    await page.get_by_label("Password", exact=True).fill("a-password-to-forget")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    await close(page)


async def test_what_is_asked_for_logged_out_is_done_after_the_sign_in(demo: Server, chromium: Browser) -> None:
    page = await window(chromium, demo)
    await page.goto(f"{demo.url}/@noor")
    await expect(page.get_by_role("heading", name="Noor", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Follow", exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("you follow Noor")
    await dialog.get_by_label("User name").fill("leo")
    await dialog.get_by_label("Password", exact=True).fill("stagedoor-demo")
    await dialog.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("button", name=re.compile("^Following"))).to_be_visible()
    assert page.url == f"{demo.url}/@noor"

    await page.get_by_role("button", name="Tip", exact=True).click()
    tip = page.get_by_role("dialog", name="Tip Noor")
    await tip.get_by_label("Another amount").fill("7")
    await tip.get_by_role("button", name="Give 7 tokens").click()
    await expect(tip).to_contain_text("You gave Noor 7 tokens. 53 tokens are left.")
    reach = (await ask(demo, "leo", "/api/fans/me/relationships"))["relationships"]
    noor = next(one for one in reach if one["creator"]["username"] == "noor")
    assert (noor["follows"], noor["tips"]) == (True, 1)
    await close(page)


async def test_a_message_arrives_in_the_other_window_by_itself(demo: Server, chromium: Browser) -> None:
    mia, sam = await two_phones(chromium, demo)
    await sam.goto(f"{demo.url}/creator/mia")
    await sam.get_by_role("button", name="Message", exact=True).click()
    await sam.get_by_role("textbox", name="Write to Mia").fill("Is the piano tuned?")
    await sam.get_by_role("textbox", name="Write to Mia").press("Enter")
    await expect(mia.get_by_role("link", name="one new Messages")).to_be_visible()

    await mia.get_by_role("link", name=re.compile("Messages")).click()
    await mia.get_by_role("link", name=re.compile("Is the piano tuned")).click()
    await expect(mia.get_by_role("log")).to_contain_text("Is the piano tuned?")
    await expect(mia.get_by_role("link", name="Messages", exact=True)).to_be_visible()
    await mia.get_by_role("textbox", name="Write to Sam").fill("Since this morning.")
    await mia.get_by_role("button", name="Send").click()
    await expect(sam.get_by_role("log")).to_contain_text("Since this morning.")
    assert complaints(sam) == complaints(mia) == []
    await close(mia, sam)
