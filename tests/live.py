"""The house as `stagedoor serve` runs it, on a port of its own, and real sockets to it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Self

import httpx
import pytest
import socketio
import uvicorn

from stagedoor.app import House, layered
from stagedoor.cli.serve import PROTOCOL
from stagedoor.demo.seed import seed
from stagedoor.platform import Accounts
from stagedoor.settings import Settings
from tests.conftest import Caller, Stage


@dataclass
class Live(Stage):
    """A stage at a real address."""

    url: str = ""

    def phone(self, username: str) -> "Phone":
        return Phone(self.url, self.people[username].token)


class Phone:
    """One Socket.IO client, and what it hears, in order. Use it as a context: it connects and hangs up."""

    def __init__(self, url: str, token: str | None, **connect: Any) -> None:
        self.client = socketio.AsyncClient(reconnection=False, logger=False)
        self.heard: list[tuple[str, Any]] = []
        self.refusals: list[Any] = []
        self._news = asyncio.Condition()
        self._url = url
        auth = {"auth": {"token": token}} if token is not None else {}
        self._connect = {"transports": ["websocket"], "wait_timeout": 5, **auth, **connect}
        self.client.on("*", self._hear)
        self.client.on("connect_error", self.refusals.append)

    async def _hear(self, name: str, data: Any = None) -> None:
        async with self._news:
            self.heard.append((name, data))
            self._news.notify_all()

    async def __aenter__(self) -> Self:
        try:
            await self.client.connect(self._url, **self._connect)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._close()

    async def _close(self) -> None:
        with contextlib.suppress(Exception):
            await self.client.disconnect()
        http = self.client.eio.http
        if http is not None and not http.closed:
            await http.close()

    async def say(self, name: str, data: Any) -> None:
        await self.client.emit(name, data)

    def of(self, name: str) -> list[Any]:
        return [data for heard, data in self.heard if heard == name]

    async def hears(self, name: str, within: float = 5, times: int = 1) -> Any:
        """The latest message of that name, once there are `times` of them."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: len(self.of(name)) >= times), within)
        return self.of(name)[-1]

    async def is_hung_up(self, within: float = 5) -> None:
        async def gone() -> None:
            while self.client.connected:  # noqa: ASYNC110 - the library tells nobody
                await asyncio.sleep(0.01)

        await asyncio.wait_for(gone(), within)


@contextlib.asynccontextmanager
async def serving(settings: Settings, dsn: str) -> AsyncIterator[Live]:
    """A house with the cast, served in this process on a port that nobody else has."""
    house = House(settings, dsn)
    listening = socket.socket(proto=socket.IPPROTO_TCP)  # named, or asyncio leaves its small writes waiting
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(layered(house), **{**PROTOCOL, "timeout_graceful_shutdown": 2}))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started:
            assert not running.done(), "the server ended at once"
            await asyncio.sleep(0.01)
        await seed(house.journal)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, timeout=30) as http:
            yield Live(house, http, await _cast(house, http), url)
    finally:
        server.should_exit = True
        await running
        listening.close()


async def _cast(house: House, http: httpx.AsyncClient) -> dict[str, Caller]:
    accounts: Accounts = house.services[Accounts]
    async with house.database.connection() as connection:
        rows = await connection.fetch("SELECT id, username FROM users")
    return {
        row["username"]: Caller(row["username"], row["id"], accounts.session_for(row["id"]).token, http) for row in rows
    }


@pytest.fixture
async def live(settings: Settings, dsn: str) -> AsyncIterator[Live]:
    async with serving(settings, dsn) as found:
        yield found
