"""A PostgreSQL that is not the embedded one: initdb and postgres as an administrator runs them, on a TCP port."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import asyncpg

from stagedoor.core.embedded_pg import binaries, runner
from stagedoor.core.embedded_pg.folder import Folder

DEBIAN = Path("/usr/lib/postgresql/15/bin")


class PlainPostgres:
    """One server, which a test may crash and start again."""

    def __init__(self, root: Path, options: Mapping[str, str]) -> None:
        self._root = root
        self._options = options
        self._folder = Folder.prepare(root)
        self._who = runner.choose(self._folder)
        self._programs = (
            DEBIAN if DEBIAN.is_dir() else binaries.choose(self._folder.pg, self._who, root / "copy").bin_dir
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._server: subprocess.Popen[bytes] | None = None
        self.address = f"postgresql://stage:only%20for%20tests@127.0.0.1:{self._port}"
        self.dsn = f"{self.address}/stage_live"

    def make(self) -> None:
        password = self._root / "password"
        password.write_text("only for tests\n")
        password.chmod(0o644)
        self._folder.pg.mkdir(mode=0o700)
        self._who.own(self._folder.pg)
        with password.open("rb") as words, self._who.reach(self._folder.pg) as (place, keep):
            initdb = [str(self._programs / "initdb"), "-D", place, "-U", "stage", "--auth=scram-sha-256"]
            initdb += ["--locale=C.UTF-8", "--encoding=UTF8", f"--pwfile=/dev/fd/{words.fileno()}"]
            made = self._who.spawn(initdb, subprocess.PIPE, (*keep, words.fileno()))
            said = made.communicate()[0].decode(errors="replace")
            assert made.returncode == 0, said

    def start(self) -> None:
        options = {"listen_addresses": "127.0.0.1", "port": str(self._port), "unix_socket_directories": ""}
        options |= self._options
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with self._who.reach(self._folder.pg) as (place, keep), (self._root / "server.log").open("ab") as log:
            self._server = self._who.spawn([str(self._programs / "postgres"), "-D", place, *flags], log, keep)

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends it in order; SIGQUIT is a crash: nothing is written that was not."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(timeout=20)
            self._server = None


@contextlib.contextmanager
def plain_server(root: Path, **options: str) -> Iterator[PlainPostgres]:
    """A running server by password over TCP, with a database. Debian's PostgreSQL 15 where it is installed, else the
    wheel's."""
    server = PlainPostgres(root, options)
    server.make()
    server.start()
    try:
        asyncio.run(_create_database(server.address))
        yield server
    finally:
        server.end()


@contextlib.contextmanager
def plain_postgres(root: Path) -> Iterator[str]:
    """The address of one's database."""
    with plain_server(root) as server:
        yield server.dsn


async def _create_database(dsn: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            connection = await asyncpg.connect(f"{dsn}/postgres", timeout=5)
            break
        except (OSError, asyncpg.PostgresError):
            assert time.monotonic() < deadline, "the server did not start"
            await asyncio.sleep(0.05)
    await connection.execute("CREATE DATABASE stage_live")
    await connection.close()
