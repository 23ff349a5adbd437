"""A real nginx with deploy/nginx.conf as shipped: only where to listen, and where the processes are, is the test's."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

DEPLOY = Path(__file__).parent.parent / "deploy"

_MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 1;
{user}
events {{ worker_connections 2048; }}
http {{
    log_format where '$remote_addr $request_method $uri $status $upstream_addr';
    access_log {folder}/access.log where;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {deploy}/nginx.conf;
}}
"""


def binary() -> str:
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.fail("This test needs nginx. Install it with: apt-get install nginx-light")
    return found


def configured(folder: Path, listen: str, servers: str) -> Path:
    """The main file of a whole configuration around the shipped one."""
    (folder / "stagedoor").mkdir(parents=True)
    (folder / "stagedoor/listen.conf").write_text(listen)
    (folder / "stagedoor/servers.conf").write_text(servers)
    main = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # or its workers could not write into the test's folder
    main.write_text(_MAIN.format(folder=folder, deploy=DEPLOY, user=user))
    return main


class Nginx:
    """In front of processes on `ports`, until `stop`."""

    def __init__(self, folder: Path, port: int, ports: list[int]) -> None:
        shipped = (DEPLOY / "nginx/servers.conf").read_text()
        line = next(line for line in shipped.splitlines() if line.startswith("server "))
        servers = "\n".join(line.replace("stagedoor:8000", f"127.0.0.1:{port}") for port in ports)
        self._main = configured(folder, f"listen 127.0.0.1:{port};", servers)
        self._folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen([binary(), "-c", str(self._main)], stderr=subprocess.PIPE)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{self.url}/metrics", timeout=2)
                return
            if self._process.poll() is not None:
                assert self._process.stderr is not None
                raise AssertionError(self._process.stderr.read().decode())
            time.sleep(0.02)  # nginx announces nothing
        raise AssertionError("nginx did not listen within ten seconds")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGQUIT if self._process.poll() is None else 0)
        try:
            self._process.communicate(timeout=3)
        except subprocess.TimeoutExpired:  # somebody's socket is still open
            self._process.terminate()
            self._process.communicate(timeout=10)

    def served(self, uri: str) -> list[tuple[str, int]]:
        """(client's address, port of the process that answered last) of each finished request of `uri`, in order."""
        lines = [line.split(" ", 4) for line in (self._folder / "access.log").read_text().splitlines()]
        return [
            (address, int(upstream.rpartition(":")[2]))
            for address, _, path, _, upstream in lines
            if path == uri and ":" in upstream
        ]
