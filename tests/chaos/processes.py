"""Real `stagedoor serve` processes on one data folder, killed with SIGKILL and started again."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

READY_SECONDS = 90
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_whoever_started_it() -> None:
    """A run that is itself killed leaves no server behind."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One server at one address, whatever process serves it at the moment."""

    def __init__(self, data_dir: Path, **env: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_dir = data_dir
        self.env = {**os.environ, "STAGEDOOR_DATA_DIR": str(data_dir), **env}
        self.env.pop("DATABASE_URL", None)
        self.starts = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **env: str) -> None:
        """Begin to start; with `env`, other settings from now on."""
        self.env |= env
        self.starts += 1
        with self._said() as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "stagedoor", "serve", "--port", str(self.port)],
                env=self.env,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_whoever_started_it,  # noqa: PLW1509 - one thread makes all of them
            )

    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def is_ready(self) -> bool:
        """Does it answer, and its database too?"""
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=2) as reply:
                return bool(reply.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self.is_ready():
            assert self.runs(), f"the server ended:\n{self.said()}"
            assert time.monotonic() < deadline, f"the server is not ready:\n{self.said()}"
            time.sleep(0.05)  # readiness is asked for, nobody announces it

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> int:
        """End it as an operator would. Returns its exit code."""
        if self._process is None:
            return 0
        if self.runs():
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def cli(self, *args: str) -> str:
        """What a stagedoor command prints, run beside the server; its complaint when it fails."""
        command = [sys.executable, "-m", "stagedoor", *args]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr if done.returncode else done.stdout).strip()

    def said(self) -> str:
        return (self.data_dir / f"{self.port}.out").read_text(errors="replace")[-4000:]

    def _said(self) -> IO[bytes]:
        return (self.data_dir / f"{self.port}.out").open("ab")
