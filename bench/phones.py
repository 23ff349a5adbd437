"""A crowd's side of the wire: requests as clients send them, and Socket.IO clients that cost little to hold.

Not the Socket.IO library's client: a thousand of those would cost more than the server that they measure.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any, Self

import aiohttp

from bench import people
from bench.asking import address

Hears = Callable[[str, dict[str, Any]], None]


class Failed(Exception):
    """An answer that was not the expected one."""


class Crowd:
    """One session for everybody, to one server."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(30))
        self._phones: list[Phone] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        for start in range(0, len(self._phones), 50):
            await asyncio.gather(*(phone.close() for phone in self._phones[start : start + 50]))
        await self.http.close()

    async def phone(self, kind: str, number: int, hears: Hears | None = None) -> "Phone":
        phone = Phone(self, people.token(kind, number), hears or (lambda _name, _data: None))
        await phone.connect()
        self._phones.append(phone)
        return phone

    async def phones(self, who: list[tuple[str, int]], hears: Hears | None = None) -> list["Phone"]:
        """Connected twenty at a time."""
        found: list[Phone] = []
        for start in range(0, len(who), 20):
            found += await asyncio.gather(*(self.phone(*one, hears) for one in who[start : start + 20]))
        return found

    def person(self, kind: str, number: int) -> "Asker":
        return Asker(self, people.token(kind, number), address(number))


class Asker:
    """Somebody signed in, asking over HTTP."""

    def __init__(self, crowd: Crowd, token: str, client: str) -> None:
        self._crowd = crowd
        self._headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": client}

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        url = self._crowd.url + path
        async with self._crowd.http.post(url, json=body, headers=self._headers) as response:
            if response.status >= 300:
                raise Failed(f"{path}: {response.status} {(await response.text())[:200]}")
            return await response.json()


class Phone:
    """One Socket.IO client."""

    def __init__(self, crowd: Crowd, token: str, hears: Hears) -> None:
        self._crowd, self._token, self._hears = crowd, token, hears
        self._socket: Any = None
        self._reading: asyncio.Task[None] | None = None
        self.lost = False

    async def connect(self) -> None:
        url = f"{self._crowd.url}/socket.io/?EIO=4&transport=websocket"
        self._socket = await self._crowd.http.ws_connect(url, compress=0)
        await self._socket.receive_str()
        await self._socket.send_str("40" + json.dumps({"token": self._token}))
        answer = await self._socket.receive_str()
        if not answer.startswith("40"):
            raise Failed(answer)
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            text = message.data
            if text == "2":
                await self._socket.send_str("3")
            elif text.startswith("42"):
                name, data = json.loads(text[2:])
                self._hears(name, data)
        self.lost = True

    async def say(self, name: str, data: dict[str, Any]) -> None:
        await self._socket.send_str("42" + json.dumps([name, data]))

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self._socket.close()
