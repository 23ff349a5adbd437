"""A real redis-server on a port of its own, which a test may kill, stop like a dead machine, and start again."""

import asyncio
import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest


class RedisServer:
    def __init__(self, binary: str, folder: Path) -> None:
        self._binary = binary
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        """Empty, and listening when this returns."""
        self._process = subprocess.Popen(  # noqa: ASYNC220 - killed and reaped by hand, also between two loops
            [self._binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        patient_until = time.monotonic() + 10
        while time.monotonic() < patient_until:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            assert self._process.poll() is None, "redis-server ended at once"
            await asyncio.sleep(0.02)
        raise AssertionError("redis-server did not listen within ten seconds")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Connections stay, and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@pytest.fixture
async def redis_server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.fail("This test needs redis-server on the PATH. Install it with: apt-get install redis-server")
    server = RedisServer(binary, tmp_path)
    await server.start()
    try:
        yield server
    finally:
        server.kill()
