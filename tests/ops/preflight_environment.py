"""A production-like installation to look over: a PostgreSQL of its own, a server behind a proxy, Sentry, a backup."""

import asyncio
import functools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import uvicorn

from stagedoor.app import House, layered
from stagedoor.core import migrate
from stagedoor.demo.seed import seed
from stagedoor.ops.backup import make, verify
from stagedoor.ops.preflight import Place, read_settings
from stagedoor.settings import Settings
from tests.logged import logged
from tests.ops.plain_postgres import plain_postgres

linted = functools.cache(migrate.lint)  # the same files forty times over


@dataclass
class Environment:
    """A production-like installation: its variables, its server with a proxy in front, its Sentry, its backup."""

    dsn: str
    url: str
    variables: dict[str, str]
    data_dir: Path
    tamper: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    references: dict[int, Any] = field(default_factory=dict)
    sentry_status: int = 200
    heard: list[bytes] = field(default_factory=list)

    def place(self, **changes: Any) -> Place:
        variables = self.variables | changes.pop("variables", {})
        settings, wrong = read_settings(variables)
        defaults = {"references": self.references, "rehearsed": False, "lint": linted}
        return Place(settings, self.dsn, self.url, wrong_settings=wrong, **(defaults | changes))

    async def sql(self, statement: str) -> None:
        connection = await asyncpg.connect(self.dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with plain_postgres(tmp_path_factory.mktemp("plain")) as dsn:
        yield dsn


@pytest.fixture(scope="module")
async def environment(plain: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Environment]:
    data_dir = tmp_path_factory.mktemp("data")
    await migrate.up(plain)
    found = Environment(plain, "", {}, data_dir)
    with logged(data_dir):
        async with asyncio.TaskGroup() as tasks:
            sentry, sentry_port = await serve(_sentry(found), tasks)
            found.variables = {
                "DATABASE_URL": plain,
                "STAGEDOOR_DATA_DIR": str(data_dir),
                "STAGEDOOR_SECRET_KEY": "0123456789abcdef0123456789abcdef",
                "FRONTEND_URL": "https://stage.example",
                "SENTRY_DSN": f"http://key@127.0.0.1:{sentry_port}/1",
                "TRUSTED_PROXIES": "10.1.2.0/24",
                "DATABASE_POOL_SIZE": "5",
            }
            house = House(Settings.from_env({**found.variables, "SENTRY_DSN": ""}), plain)
            server, port = await serve(_in_front_of(layered(house), found), tasks)
            found.url = f"http://127.0.0.1:{port}"
            await seed(house.journal)
            await verify(plain, (await make(plain, data_dir / "backups"))[0])
            yield found
            server.should_exit = sentry.should_exit = True


async def serve(application: Any, tasks: asyncio.TaskGroup) -> tuple[uvicorn.Server, int]:
    config = uvicorn.Config(application, port=0, log_config=None, lifespan="on", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    tasks.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # it has no event to wait for
        await asyncio.sleep(0.02)
    return server, server.servers[0].sockets[0].getsockname()[1]


def _in_front_of(application: Any, environment: Environment) -> Any:
    """A proxy that, where told to, answers by itself or adds headers."""

    async def proxy(scope: Any, receive: Any, send: Any) -> None:
        instead = environment.tamper.get(scope.get("path", ""))
        if scope["type"] == "http" and instead is not None:
            await send({"type": "http.response.start", "status": instead[0], "headers": []})
            await send({"type": "http.response.body", "body": instead[1]})
            return

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if pair[0].decode() not in environment.headers]
                added = [(name.encode(), value.encode()) for name, value in environment.headers.items()]
                message = {**message, "headers": kept + added}
            await send(message)

        await application(scope, receive, with_headers)

    return proxy


def _sentry(environment: Environment) -> Any:
    async def ingest(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for said in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{said}.complete"})
            return
        environment.heard.append((await receive())["body"])
        status = environment.sentry_status if scope["path"] == "/api/1/envelope/" else 404
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    return ingest
