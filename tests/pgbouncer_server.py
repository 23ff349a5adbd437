"""A real pgbouncer in transaction mode in front of a database, with so few sessions that its clients share them."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.cli.test_serving import free_port

SESSIONS = 3


@contextlib.contextmanager
def pgbouncer(folder: Path, dsn: str) -> Iterator[str]:
    """Its address; `dsn` is the server's, by TCP."""
    binary = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if binary is None:
        pytest.fail("This test needs pgbouncer. Install it with: apt-get install pgbouncer")
    server = urlsplit(dsn)
    name = server.path.lstrip("/")
    port = free_port()
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        f"""[databases]
{name} = host={server.hostname} port={server.port} user={server.username} password='{unquote(server.password or "")}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {SESSIONS}
max_client_conn = 500
server_round_robin = 1
"""
    )
    become = ["-u", "nobody"] if os.geteuid() == 0 else []  # it does not run as root
    with (folder / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen([binary, *become, str(configuration)], stdout=log, stderr=log)
    try:
        until = time.monotonic() + 10
        while "process up" not in (folder / "pgbouncer.log").read_text():
            assert process.poll() is None and time.monotonic() < until, (folder / "pgbouncer.log").read_text()
            time.sleep(0.02)  # another process writes the file
        yield f"postgresql://anybody@127.0.0.1:{port}/{name}"
    finally:
        process.terminate()
        process.wait(timeout=10)
