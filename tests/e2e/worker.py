"""The service worker of a browser, reached as its push service reaches it, and its notifications, pressed as a person
presses them."""

import json
from typing import Any

from playwright.async_api import Page, Worker

from tests.e2e.conftest import Server

# A notification cannot be pressed without a desktop: the same event, told to the same listener.
PRESS = """async ({tag, action}) => {
    const [notification] = await registration.getNotifications({tag})
    const event = new NotificationEvent('notificationclick', {notification, action})
    let work
    event.waitUntil = promise => { work = promise }
    self.dispatchEvent(event)
    await work.catch(fault => { if (fault.name !== 'InvalidAccessError') throw fault })  // a window needs a real press
}"""
SHOWN = """async () => (await registration.getNotifications()).map(
    ({title, body, tag, silent, requireInteraction, actions}) =>
        ({title, body, tag, silent, requireInteraction, actions: actions.map(one => one.action)}))"""


class PushedTo:
    """What reaches the worker that the pages of `page`'s context share."""

    def __init__(self, page: Page, worker: Worker, server: Server, session: Any, registration: str) -> None:
        self._page, self._worker, self._server = page, worker, server
        self._session, self._registration = session, registration

    @classmethod
    async def of(cls, page: Page, server: Server) -> "PushedTo":
        """Of the worker that `page` has registered."""
        session = await page.context.new_cdp_session(page)
        found: list[str] = []
        session.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda told: found.extend(one["registrationId"] for one in told["registrations"] if not one["isDeleted"]),
        )
        await session.send("ServiceWorker.enable")
        for _ in range(100):
            if found and page.context.service_workers:
                return cls(page, page.context.service_workers[0], server, session, found[0])
            await page.wait_for_timeout(50)
        raise AssertionError("no worker was registered")

    async def push(self, payload: dict[str, Any]) -> None:
        about = {"origin": self._server.url, "registrationId": self._registration, "data": json.dumps(payload)}
        await self._session.send("ServiceWorker.deliverPushMessage", about)

    async def shown(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._worker.evaluate(SHOWN)
        return found

    async def shows(self, *titles: str) -> list[dict[str, Any]]:
        """Wait until exactly these notifications are shown."""
        for _ in range(100):
            found = await self.shown()
            if [one["title"] for one in found] == list(titles):
                return found
            await self._page.wait_for_timeout(50)
        raise AssertionError(f"shown is {found}, not {titles}")

    async def press(self, tag: str, action: str = "") -> None:
        await self._worker.evaluate(PRESS, {"tag": tag, "action": action})
