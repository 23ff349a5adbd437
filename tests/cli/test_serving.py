"""`serve` and `demo` from an empty folder: they answer, end when they are told to, and leave nothing running."""

import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from stagedoor.core.pages import find_dist
from tests.cli.command import Desk, says
from tests.core.embedded_pg_people import processes_of


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(url: str, process: "subprocess.Popen[str]", within: float = 60) -> None:
    until = time.monotonic() + within
    while time.monotonic() < until:
        assert process.poll() is None, process.communicate()[0]
        try:
            if httpx.get(f"{url}/ready", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)  # readiness is asked for, nobody announces it
    raise AssertionError("no answer in time")


def assert_ended(process: "subprocess.Popen[str]", data: Path, within: float = 15) -> str:
    """The process ends by itself, and so does everything of its database."""
    out, _ = process.communicate(timeout=within)
    until = time.monotonic() + 10
    while (left := processes_of(data)) and time.monotonic() < until:
        time.sleep(0.05)  # they are no children of ours
    assert left == {}
    assert "Traceback" not in out, out
    return out


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=lambda ending: str(ending.name))
def test_serve_ends_when_it_is_told_to_and_leaves_no_database(tmp_path: Path, ending: signal.Signals) -> None:
    desk = Desk(tmp_path / "data")
    port = free_port()
    process = desk.starts("serve", "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    answers(url, process)
    assert httpx.get(f"{url}/api/session").json()["user"] is None
    assert processes_of(desk.data)
    process.send_signal(ending)
    assert_ended(process, desk.data)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health")


def test_a_second_serve_finds_the_data_of_the_first_and_a_token_of_the_folder_opens_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data")
    says(desk.types("migrate", "up"))
    says(desk.types("seed"))
    token = says(desk.types("token", "sam"))
    port = free_port()
    process = desk.starts("serve", "--port", str(port))
    try:
        url = f"http://127.0.0.1:{port}"
        answers(url, process)
        wallet = httpx.get(f"{url}/api/wallet", headers={"Authorization": f"Bearer {token}"}).json()["wallet"]
        assert wallet["balance"] == 240
        assert says(desk.types("wallet", "credit", "sam", "10")).startswith("sam has 250"), "beside a running server"
    finally:
        process.send_signal(signal.SIGTERM)
        assert_ended(process, desk.data)


def test_demo_goes_from_nothing_to_a_ring_and_ends_with_control_c(tmp_path: Path) -> None:
    assert find_dist() is not None, "the user interface is not built: run make install"
    desk = Desk(tmp_path / "data")
    port = free_port()
    process = desk.starts("demo", "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    try:
        assert process.stdout is not None
        assert any(f"Open http://localhost:{port}/demo" in line for line in process.stdout)
        assert httpx.get(f"{url}/ready").status_code == 200, "whoever reads the address may open it"
        assert "<html" in httpx.get(f"{url}/demo").text
        people = {}
        for name in ("mia", "sam"):
            people[name] = httpx.post(f"{url}/api/demo/sessions", json={"username": name}).json()
        ring = httpx.post(
            f"{url}/api/calls/initiate",
            json={"fanId": people["sam"]["user"]["id"], "callType": "video"},
            headers={"Authorization": f"Bearer {people['mia']['session']['token']}"},
        )
        assert ring.status_code == 201, ring.text
    finally:
        process.send_signal(signal.SIGINT)
        assert_ended(process, desk.data)
