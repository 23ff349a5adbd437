"""deploy/coturn.conf lets in whom Stagedoor gave credentials, until they expire, and never into its own network."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stagedoor.media import WebRtc
from stagedoor.settings import Media
from tests.e2e.conftest import free_port

CONFIG = Path(__file__).parent.parent.parent / "deploy" / "coturn.conf"
SECRET = "a relay secret for the tests"
# Of the shipped file only what depends on the machine is replaced.
MACHINE = ("listening-port=", "tls-listening-port=", "static-auth-secret=", "cert=", "pkey=", "log-file=", "min-port=")


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    binary = shutil.which("turnserver")
    assert binary, "coturn is missing: apt-get install coturn"
    port = free_port()
    shipped = [line for line in CONFIG.read_text().splitlines() if not line.startswith(MACHINE)]
    here = [
        f"listening-port={port}",
        "listening-ip=127.0.0.1",
        "relay-ip=127.0.0.1",
        f"static-auth-secret={SECRET}",
        f"pidfile={tmp_path}/pid",
        f"userdb={tmp_path}/turndb",
        "min-port=40000",
        "log-file=stdout",
        "no-tls",
        "no-dtls",
    ]
    (tmp_path / "turnserver.conf").write_text("\n".join([*shipped, *here]) + "\n")
    with (tmp_path / "turnserver.log").open("w") as log:
        process = subprocess.Popen([binary, "-c", str(tmp_path / "turnserver.conf")], stdout=log, stderr=log)
    deadline = time.monotonic() + 15
    while not answers(port):
        assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "turnserver.log").read_text()
        time.sleep(0.05)  # coturn announces nothing
    said = (tmp_path / "turnserver.log").read_text()
    assert "Bad configuration format" not in said and "WARNING: Unknown" not in said, said
    yield port
    process.terminate()
    process.wait(timeout=10)


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def ask(port: int, username: str, password: str) -> str:
    """What coturn's own client says of an allocation, and of sending through it to a peer on this machine."""
    who = ["-u", username, "-w", password, "-p", str(port)]
    command = ["turnutils_uclient", *who, "-e", "127.0.0.1", "-r", "9", "-n", "1", "-m", "1", "-c", "127.0.0.1"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
    return done.stdout + done.stderr


def credentials(ttl_seconds: int) -> tuple[str, str]:
    media = Media(turn_urls=("turn:127.0.0.1",), turn_secret=SECRET, turn_ttl_seconds=ttl_seconds)
    server = WebRtc(media).credentials(None, "fan", 4242, 1, 3600).ice_servers[0]
    return str(server.username), str(server.credential)


def test_credentials_open_the_relay_until_they_expire_and_not_the_network_behind_it(port: int) -> None:
    fresh = ask(port, *credentials(600))
    assert "Cannot complete Allocation" not in fresh
    assert "403" in fresh  # allocated; but a peer on the relay's own machine is forbidden
    assert "Cannot complete Allocation" in ask(port, *credentials(-5))
