"""A real coturn on loopback, as deploy/coturn.conf runs one; stopping its process cuts every medium that it relays."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.conftest import free_port

SECRET = "a relay secret for the tests"


@dataclass
class Relay:
    process: subprocess.Popen[bytes]
    url: str
    ports: range  # of the addresses that it lends

    def cut(self) -> None:
        """No packet passes from here on."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def mend(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)


@contextlib.contextmanager
def coturn(folder: Path) -> Iterator[Relay]:
    binary = shutil.which("turnserver")
    assert binary, "coturn is missing: apt-get install coturn"
    port = free_port()
    low = free_port()
    ports = range(low, min(low + 200, 65535) + 1)
    config = folder / "turnserver.conf"
    config.write_text(
        f"listening-port={port}\nlistening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nallow-loopback-peers\n"
        f"min-port={ports[0]}\nmax-port={ports[-1]}\nuse-auth-secret\nstatic-auth-secret={SECRET}\n"
        f"realm=stagedoor\nfingerprint\nno-tls\nno-dtls\nno-cli\nlog-file=stdout\npidfile={folder}/pid\n"
        f"userdb={folder}/turndb\n"
    )
    with (folder / "turnserver.log").open("wb") as log:
        process = subprocess.Popen([binary, "-c", str(config)], stdout=log, stderr=log)
    try:
        _answers(port)
        yield Relay(process, f"turn:127.0.0.1:{port}?transport=udp", ports)
    finally:
        os.kill(process.pid, signal.SIGCONT)
        process.terminate()
        process.wait(timeout=10)


def _answers(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)  # coturn announces nothing
    raise AssertionError("coturn does not listen")
