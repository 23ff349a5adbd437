"""Three `stagedoor serve` behind nginx, on one PostgreSQL and one Redis. Each may be killed, ended, started again."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from stagedoor.cli.opened import journal
from stagedoor.demo.seed import seed
from tests.cli.command import Desk
from tests.cli.test_serving import free_port
from tests.nginx_server import Nginx
from tests.redis_server import RedisServer

NAMES = ("one", "two", "three")
ENVIRONMENT = {
    "STAGEDOOR_SECRET_KEY": "a key that only the tests know, long enough",
    "STAGEDOOR_DEMO": "true",
    "FEATURE_CALLS": "true",
    "CALL_COOLDOWN_SECONDS": "0",
    "TRUSTED_PROXIES": "127.0.0.1/32",
    "RATE_LIMIT_CALLS_PER_IP": "100000",
    "RATE_LIMIT_CALLS_PER_USER": "100000",
    "RATE_LIMIT_GENERAL": "1000000",
    "RATE_LIMIT_TIGHT": "1000000",
    "DATABASE_POOL_SIZE": "8",
}


@dataclass
class Member:
    """One process of the cluster."""

    name: str
    port: int
    folder: Path
    environment: dict[str, str]
    words: tuple[str, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "stagedoor", "serve", "--port", str(self.port), *self.words],
                env=self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    async def is_ready(self, within: float = 60) -> None:
        until = time.monotonic() + within
        async with httpx.AsyncClient(timeout=5) as http:
            while time.monotonic() < until:
                assert self.process is not None and self.process.poll() is None, self.said()
                try:
                    if (await http.get(f"{self.url}/ready")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        raise AssertionError(f"{self.name} is not ready: {self.said()}")

    def said(self) -> str:
        return (self.folder / f"{self.name}.log").read_text()[-4000:]

    def kill(self) -> None:
        """As the machine's end: nothing is finished."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def ends(self, within: float = 30) -> None:
        """Told to, in its own time."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(self.process.wait, within)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate() if self.words else self.process.kill()  # workers end with their parent alone
            self.process.wait()


@dataclass
class Cluster:
    members: dict[str, Member]
    nginx: Nginx
    redis: RedisServer
    dsn: str
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    _addresses: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.nginx.url

    async def whole(self) -> None:
        """Every process runs and answers."""
        for member in self.members.values():
            if not member.runs:
                member.start()
        await asyncio.gather(*(member.is_ready() for member in self.members.values()))

    async def address_of(self, name: str) -> str:
        """A client's address whose sockets nginx gives to that process, as long as it lives."""
        if not self._addresses:
            await self._find_addresses()
        return self._addresses[name]

    async def _find_addresses(self) -> None:
        by_port = {member.port: name for name, member in self.members.items()}
        asked = [f"127.0.0.{last}" for last in range(2, 42)]
        for address in asked:
            async with client(self.url, address) as http:
                await http.get("/socket.io/?EIO=4&transport=polling")
        until = time.monotonic() + 5
        served = self.nginx.served("/socket.io/")
        while len(served) < len(asked) and time.monotonic() < until:  # nginx writes a line after its answer
            await asyncio.sleep(0.02)
            served = self.nginx.served("/socket.io/")
        for address, port in served:
            self._addresses.setdefault(by_port[port], address)

    async def sql(self, statement: str, *args: Any) -> Any:
        connection = await asyncpg.connect(self.dsn)
        try:
            return await connection.fetch(statement, *args)
        finally:
            await connection.close()

    async def value(self, statement: str, *args: Any) -> Any:
        rows = await self.sql(statement, *args)
        return rows[0][0] if rows else None

    async def audit(self) -> None:
        assert await self.sql("SELECT * FROM ledger_audit()") == []


def client(url: str, address: str, token: str | None = None) -> httpx.AsyncClient:
    """HTTP from an address of one's own: every 127.x.y.z is this machine."""
    return httpx.AsyncClient(
        base_url=url,
        transport=httpx.AsyncHTTPTransport(local_address=address),
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=20,
    )


def address_named(dsn: str, name: str) -> str:
    """The database's address, so that its connections can be told from another process's."""
    return f"{dsn}{'&' if '?' in dsn else '?'}application_name={name}"


@asynccontextmanager
async def cluster_on(dsn: str, folder: Path, redis: RedisServer) -> AsyncIterator[Cluster]:
    async with journal(dsn) as (_, writer):
        await seed(writer)
    members = {}
    for name in NAMES:
        desk = Desk(folder / "data", address_named(dsn, name))
        environment = desk.environment(**ENVIRONMENT, REDIS_URL=redis.url)
        members[name] = Member(name, free_port(), folder, environment)
    nginx = Nginx(folder / "nginx", free_port(), [member.port for member in members.values()])
    cluster = Cluster(members, nginx, redis, dsn)
    try:
        await cluster.whole()
        async with client(cluster.url, "127.0.0.1") as http:
            for username in ("mia", "sam"):
                reply = (await http.post("/api/demo/sessions", json={"username": username})).json()
                cluster.tokens[username] = reply["session"]["token"]
                cluster.ids[username] = reply["user"]["id"]
        yield cluster
    finally:
        for member in members.values():
            member.stop()
        nginx.stop()
