"""A fake client that does what the documentation asks of one: it tries again until it is told, with the same key,
at whichever server answers; it reads what is current whenever its socket comes up."""

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
import socketio

from tests.chaos.journal import Asked, Journal, Known, Role

PATIENCE_SECONDS = 60.0
REQUEST_SECONDS = 10.0


class Client:
    """Somebody with a session and a phone. `reachable` are the servers' addresses."""

    def __init__(
        self,
        name: str,
        user_id: str,
        token: str,
        journal: Journal,
        http: aiohttp.ClientSession,
        reachable: Sequence[str],
    ) -> None:
        self.name, self.id = name, user_id
        self.journal = journal
        self.current: list[Any] = []  # as last read
        self._token = token
        self._http = http
        self._reachable = reachable
        self._phone: socketio.AsyncClient | None = None
        self._line: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        journal.lines[name], journal.heard[name] = [], {}

    # ── HTTP ──

    async def ask(
        self, verb: str, method: str, path: str, body: Any = None, *, subject: str = "", key: str | None = None
    ) -> Asked:
        """Ask until somebody decides. A refusal is an answer; a fault is noted, and ends it too."""
        first_sent = time.time()
        headers = {"Authorization": f"Bearer {self._token}", **({"Idempotency-Key": key} if key else {})}
        while True:
            sent = time.time()
            problem = ""
            try:
                timeout = aiohttp.ClientTimeout(REQUEST_SECONDS)
                url = random.choice(self._reachable) + path
                async with self._http.request(method, url, json=body, headers=headers, timeout=timeout) as reply:
                    answer = await reply.json(content_type=None)
                    status = reply.status
            except (OSError, TimeoutError, aiohttp.ClientError) as error:
                problem = type(error).__name__
            except ValueError:
                problem = "unreadable"
                self.journal.fault(f"{verb} {path}: an answer that is no JSON")
            else:
                if status != 503:
                    asked = Asked(verb, self.name, subject, first_sent, sent, time.time(), status, answer)
                    self._take(asked, path)
                    return asked
                problem = "503"
                if not {"code", "error", "requestId", "retryAfter"} <= answer.keys():
                    self.journal.fault(f"{verb} {path}: a 503 without its shape: {answer}")
            self.journal.retries[problem] += 1
            if time.time() - first_sent > PATIENCE_SECONDS:
                self.journal.fault(f"{verb} {path}: nobody decided within {PATIENCE_SECONDS:.0f} s, last {problem}")
                return Asked(verb, self.name, subject, first_sent, sent, time.time(), 599, {"code": "NOBODY"})
            await asyncio.sleep(0.05 + random.random() * 0.2)

    def _take(self, asked: Asked, path: str) -> None:
        if asked.status >= 500:
            self.journal.fault(f"{asked.verb} {path}: {asked.status} {asked.body}")
        elif asked.status >= 400 and asked.code not in MAY_REFUSE.get(asked.verb, ()):
            self.journal.fault(f"{asked.verb} {path}: refused with {asked.status} {asked.body}")
        self.journal.answered(asked)

    async def about(self, call: Known, verb: str, **more: Any) -> Asked:
        """accept, decline, cancel or end."""
        if verb == "end":
            call.end_asked_at = call.end_asked_at or time.time()
        asked = await self.ask(verb, "POST", f"/api/calls/{verb}", {"callId": call.id, **more}, subject=call.id)
        if verb != "accept" and asked.ok:
            call.over_at = min(call.over_at or asked.answered, asked.answered)
        return asked

    async def join(self, call: Known) -> bool:
        body = {"deviceId": f"phone of {self.name}"}
        return (await self.ask("join", "POST", f"/api/calls/{call.id}/join", body, subject=call.id)).ok

    async def attest(self, call: Known, role: Role, state: str) -> bool:
        """Say that media is there, or lost. False when the call is over."""
        path = f"/api/calls/{call.id}/media"
        asked = await self.ask(state, "POST", path, {"state": state}, subject=call.id)
        if asked.ok or asked.first_sent < asked.sent:  # a try that nobody answered may have counted
            call.words[role].append(asked)
        if asked.code == "CALL_ENDED":
            call.over_at = min(call.over_at or asked.answered, asked.answered)
        return asked.ok

    async def read(self, call: Known) -> dict[str, Any]:
        asked = await self.ask("read", "GET", f"/api/calls/{call.id}", subject=call.id)
        found: dict[str, Any] = asked.body.get("call", {})
        if found.get("endedAt"):
            call.over_at = min(call.over_at or asked.answered, asked.answered)
        return found

    # ── the socket ──

    def switch_on(self) -> None:
        if self._line is None:
            self._line = asyncio.create_task(self._stay_connected())

    async def switch_off(self) -> None:
        """As when a phone dies: no word to anybody."""
        line, self._line = self._line, None
        if line is not None:
            line.cancel()
            await asyncio.gather(line, return_exceptions=True)

    async def say_alive(self, call: Known) -> None:
        phone = self._phone
        if phone is not None and phone.connected:
            with contextlib.suppress(Exception):  # it broke just now: the next word goes over another
                await phone.emit("call:alive", {"callId": call.id})

    async def news(self, seconds: float) -> None:
        """Until something was heard or read, or for `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        self._news.clear()

    async def _stay_connected(self) -> None:
        while True:
            phone = socketio.AsyncClient(reconnection=False, http_session=self._http, handle_sigint=False)
            broke: asyncio.Future[float] = asyncio.get_running_loop().create_future()
            phone.on("*", self._hear)
            phone.on("disconnect", lambda *_reason, broke=broke: broke.done() or broke.set_result(time.time()))
            try:
                auth = {"token": self._token}
                url = random.choice(self._reachable)
                await phone.connect(url, auth=auth, transports=["websocket"], wait_timeout=5)
                since = time.time()
                self._phone = phone
                try:
                    await self._read_current()
                    await broke
                finally:
                    self._phone = None
                    until = broke.result() if broke.done() and not broke.cancelled() else time.time()
                    self.journal.lines[self.name].append((since, until))
            except socketio.exceptions.ConnectionError:
                self.journal.retries["socket"] += 1
            finally:
                with contextlib.suppress(Exception):
                    await phone.eio.disconnect(abort=True)
            await asyncio.sleep(0.05 + random.random() * 0.3)

    async def _hear(self, _name: str, data: Any = None) -> None:
        if isinstance(data, dict) and "eventId" in data:
            self.journal.heard[self.name].setdefault(data["eventId"], time.time())
        self._news.set()

    async def _read_current(self) -> None:
        asked = await self.ask("current", "GET", "/api/calls/current")
        self.current = asked.body.get("calls", [])
        self._news.set()


_LATE = ("ANSWERED_ELSEWHERE", "INVITATION_EXPIRED", "CALL_CANCELLED")
MAY_REFUSE = {
    "initiate": ("FAN_BUSY", "CREATOR_BUSY"),
    "accept": (*_LATE, "FAN_BUSY", "INSUFFICIENT_TOKENS"),
    "decline": _LATE,
    "cancel": _LATE,
    "join": ("CALL_ENDED", "CALL_NOT_LIVE"),
    "connected": ("CALL_ENDED", "CALL_NOT_LIVE"),
    "lost": ("CALL_ENDED", "CALL_NOT_LIVE"),
    "tip": ("INSUFFICIENT_TOKENS",),
}
