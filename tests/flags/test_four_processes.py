"""A flip reaches every process within a second, while they serve, and no request fails for it."""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from stagedoor.core.db import Database
from stagedoor.events import Journal
from stagedoor.flags import set_override

KEY = "FEATURE_CALLS"
PROCESSES = 4
FLIPS = 6


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def serving(dsn: str, data_dir: Path) -> AsyncIterator[str]:
    """One server process of its own; stopped when the block ends. Yields its address."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": dsn,
        "STAGEDOOR_DATA_DIR": str(data_dir),
        "STAGEDOOR_SECRET_KEY": "a key that only the tests know, long enough",
        "RATE_LIMIT_GENERAL": "1000000",
        "DATABASE_POOL_SIZE": "3",
    }
    words = [sys.executable, "-m", "stagedoor", "serve", "--port", str(port)]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*words, env=environment, stdout=quiet, stderr=quiet)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 30)


@pytest.mark.timeout(180)
async def test_a_flip_reaches_four_processes_within_a_second_and_no_request_fails(dsn: str, tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(serving(dsn, tmp_path / str(n))) for n in range(PROCESSES)]
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=20))
        database = Database(dsn, size=2)
        await database.open()
        stack.push_async_callback(database.close)
        journal = Journal(database)

        async def shown(url: str) -> bool:
            answer = await http.get(f"{url}/api/session")
            assert answer.status_code == 200, answer.text
            return bool(answer.json()["flags"][KEY])

        async def is_up(url: str) -> None:
            async with asyncio.timeout(120):
                while True:
                    with contextlib.suppress(httpx.TransportError):
                        if (await http.get(f"{url}/ready")).status_code == 200:
                            return
                    await asyncio.sleep(0.2)

        await asyncio.gather(*(is_up(url) for url in urls))
        served = 0
        stop = asyncio.Event()

        async def load(url: str) -> None:
            nonlocal served
            while not stop.is_set():
                await shown(url)
                served += 1

        busy = [asyncio.create_task(load(url)) for url in urls for _ in range(2)]
        loop = asyncio.get_running_loop()
        slowest = 0.0
        for flip in range(FLIPS):
            wanted = flip % 2 == 0
            await set_override(journal, KEY, wanted, reason="a test", author="ines")
            committed = loop.time()
            async with asyncio.timeout(5):
                for url in urls:
                    while await shown(url) is not wanted:  # noqa: ASYNC110  # the answer is in another process
                        await asyncio.sleep(0.005)
            slowest = max(slowest, loop.time() - committed)
        stop.set()
        await asyncio.gather(*busy)
        assert served > FLIPS * PROCESSES
        assert slowest < 1.0
