"""A phone as the browser's: a socket that connects again by itself, and reads `/current` whenever it did."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Self

import aiohttp
import httpx
import socketio

from tests.scale.cluster import client


class Handset:
    def __init__(self, url: str, token: str, address: str) -> None:
        self.http = client(url, address, token)
        self.heard: list[tuple[str, Any]] = []
        self.current: list[dict[str, Any]] = []
        self.connected_times = 0
        self._url, self._token, self._address = url, token, address
        # What web/src/lib/realtime/socketio.ts asks for.
        self.socket = socketio.AsyncClient(reconnection_delay=0.25, reconnection_delay_max=3, logger=False)
        self.socket.on("connect", self._connected)
        self.socket.on("*", self._hear)
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(local_addr=(self._address, 0))
        self.socket.eio.http = aiohttp.ClientSession(connector=connector)
        self.socket.eio.external_http = True
        await self.socket.connect(self._url, auth={"token": self._token}, transports=["websocket"], wait_timeout=10)
        await self.until(lambda: self.connected_times == 1, within=10)
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.socket.shutdown()
        await self.socket.eio.http.close()
        await self.http.aclose()

    async def _connected(self) -> None:
        reply = await self.http.get("/api/calls/current")
        async with self._news:
            self.current = reply.json()["calls"] if reply.status_code == 200 else [{"refused": reply.text}]
            self.connected_times += 1
            self._news.notify_all()

    async def _hear(self, name: str, data: Any = None) -> None:
        async with self._news:
            self.heard.append((name, data))
            self._news.notify_all()

    async def until(self, true: Callable[[], bool], within: float = 5) -> None:
        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(true), within)
            except TimeoutError:
                raise AssertionError(
                    f"within {within} s: connected {self.connected_times} times, current {self.current}, heard"
                    f" {[name for name, _ in self.heard]}"
                ) from None

    async def hears(self, name: str, call_id: str, within: float = 5) -> dict[str, Any]:
        def of() -> list[Any]:
            return [data for heard, data in self.heard if heard == name and data.get("callId") == call_id]

        await self.until(lambda: bool(of()), within)
        found: dict[str, Any] = of()[-1]
        return found

    async def is_back(self, times: int, within: float = 5) -> float:
        """Connected once more than `times`, and has read what is. Returns the seconds that it took."""
        began = time.monotonic()
        await self.until(lambda: self.connected_times > times, within)
        return time.monotonic() - began

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        reply = await self.send(path, body, **headers)
        assert reply.status_code in (200, 201), reply.text
        return reply.json()

    async def send(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(path, json=body, headers=named)

    async def get(self, path: str) -> Any:
        reply = await self.http.get(path)
        assert reply.status_code == 200, reply.text
        return reply.json()


async def eventually(ask: Callable[[], Awaitable[bool]], within: float = 10) -> None:
    until = time.monotonic() + within
    while not await ask():
        assert time.monotonic() < until, "not within the time"
        await asyncio.sleep(0.05)
