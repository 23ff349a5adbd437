"""Events on their way to browsers whose tabs are closed. Sending never makes anybody wait: a sink only notes what to
send, and each push is sent by itself after the change was committed, the pushes of one call in their order.

A push that cannot be sent while it is worth something is forgotten: the sockets and GET /api/calls/current are the
authority, a push only wakes who is not listening.
"""

import asyncio
import contextlib
import uuid
from typing import Literal

import httpx
import structlog
from prometheus_client import Counter

from stagedoor.core.problems import Unavailable
from stagedoor.events import Event
from stagedoor.push.encryption import encrypt
from stagedoor.push.keys import VapidKeys
from stagedoor.push.message import Push, pushes_of
from stagedoor.push.passes import Passes
from stagedoor.push.subscriptions import Browsers, Subscription

log = structlog.get_logger("push")
TIMEOUT_SECONDS = 5.0
ATTEMPTS = 3
AGAIN_SECONDS = 1.0
AT_ONCE_MAX = 2000  # pushes being sent; beyond that the push services are away, and more would not help
CLOSE_SECONDS = 1.0

Outcome = Literal["delivered", "gone", "refused", "failed"]
pushes_total = Counter("stagedoor_pushes_total", "Pushes to browsers by outcome.", ["type", "outcome"])


class PushSink:
    """A sink of events; `close` at the end. `ring_seconds`: for how long the end of a ring is news. `passes`: what a
    ring carries besides, so that it can be declined where no session is."""

    def __init__(self, browsers: Browsers, keys: VapidKeys, passes: Passes, ring_seconds: int) -> None:
        self._browsers = browsers
        self._keys = keys
        self._passes = passes
        self._ring_seconds = ring_seconds
        self._last: dict[uuid.UUID, asyncio.Task[None]] = {}
        self._client: httpx.AsyncClient | None = None

    async def deliver(self, event: Event) -> None:
        for push in pushes_of(event, self._ring_seconds):
            if len(self._last) >= AT_ONCE_MAX:
                pushes_total.labels(push.payload["type"], "failed").inc()
                continue
            task = asyncio.create_task(self._after(self._last.get(push.call_id), push))
            self._last[push.call_id] = task
            task.add_done_callback(lambda done, call_id=push.call_id: self._done(call_id, done))  # type: ignore[misc]

    def _done(self, call_id: uuid.UUID, task: asyncio.Task[None]) -> None:
        if self._last.get(call_id) is task:
            del self._last[call_id]
        if not task.cancelled() and task.exception() is not None:
            log.error("push failed", callId=str(call_id), exc_info=task.exception())

    async def close(self) -> None:
        """Give what is being sent a moment, then let it go."""
        tasks = list(self._last.values())
        if tasks:
            _done, waiting = await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _after(self, before: asyncio.Task[None] | None, push: Push) -> None:
        """The end of a ring never overtakes the ring."""
        if before is not None:
            await asyncio.wait([before])
        try:
            subscriptions = await self._browsers.of(push.fan_id)
            if subscriptions:  # most have none, and to gather nothing takes a turn of the loop
                await asyncio.gather(*(self._send(one, push) for one in subscriptions))
        except Unavailable as error:
            log.warning("push not sent", callId=str(push.call_id), because=error.because)

    async def _send(self, subscription: Subscription, push: Push) -> None:
        outcome: Outcome = "failed"
        for attempt in range(ATTEMPTS):
            if push.seconds_left() <= 0:
                break
            if attempt:
                await asyncio.sleep(AGAIN_SECONDS * attempt)
            outcome = await self._try(subscription, push)
            if outcome != "failed":
                break
        pushes_total.labels(push.payload["type"], outcome).inc()
        if outcome == "gone":
            await self._browsers.drop(subscription)

    async def _try(self, subscription: Subscription, push: Push) -> Outcome:
        payload = push.payload
        if payload["type"] == "call:incoming":
            payload = {**payload, "declineToken": self._passes.issue("decline", push.fan_id, str(push.call_id))}
        body = await asyncio.to_thread(encrypt, payload, subscription.public_key, subscription.auth)
        headers = {
            "Authorization": self._keys.authorization(subscription.endpoint),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(1, push.seconds_left())),
            "Urgency": "high",
            "Topic": push.call_id.hex,  # what still waits for this call is replaced
        }
        with contextlib.suppress(httpx.HTTPError, OSError):
            async with self._http().stream("POST", subscription.endpoint, content=body, headers=headers) as response:
                return _outcome(response.status_code)
        return "failed"

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False)
        return self._client


def _outcome(status: int) -> Outcome:
    if 200 <= status < 300:
        return "delivered"
    if status in (404, 410):
        return "gone"
    return "failed" if status == 429 or status >= 500 else "refused"
