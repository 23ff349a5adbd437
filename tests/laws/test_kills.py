"""`kill -9` of the server at any point of a call's life loses no call, no second and no token."""

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio

from tests.e2e.conftest import Server, start, stop

pytestmark = pytest.mark.timeout(120)
RULES = {
    "FEATURE_CALLS": "true",
    "CALL_RING_SECONDS": "6",
    "CALL_GAP_SECONDS": "4",
    "CALL_COOLDOWN_SECONDS": "0",
    "RATE_LIMIT_CALLS_PER_IP": "1000",
    "RATE_LIMIT_CALLS_PER_USER": "1000",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found = start(tmp_path, "serve", **RULES)
    found.cli("seed")
    for name in ("mia", "sam"):
        found.token(name)
    yield found
    stop(found)


def killed_and_started_again(server: Server) -> Server:
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    port = int(server.url.rsplit(":", 1)[1])
    again = start(server.data_dir, "serve", port=port, **RULES)
    server.process = again.process
    return server


async def ask(server: Server, username: str, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {server.token(username)}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=10) as client:
        reply = await client.request(method, path, json=body)
        assert reply.status_code < 300, reply.text
        return reply.json()


async def ring(server: Server) -> str:
    sam = (await ask(server, "sam", "GET", "/api/session"))["user"]["id"]
    call = await ask(server, "mia", "POST", "/api/calls/initiate", {"fanId": sam, "callType": "video"})
    return str(call["call"]["id"])


async def connect(server: Server) -> str:
    call_id = await ring(server)
    await ask(server, "sam", "POST", "/api/calls/accept", {"callId": call_id})
    for name in ("mia", "sam"):
        await ask(server, name, "POST", f"/api/calls/{call_id}/media", {"state": "connected"})
    return call_id


async def over(server: Server, call_id: str, within: float) -> Any:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        call = (await ask(server, "sam", "GET", f"/api/calls/{call_id}"))["call"]
        if call["endedAt"] is not None:
            return call
        await asyncio.sleep(0.2)
    raise AssertionError("the call did not end")


async def keep_alive(server: Server, username: str, call_id: str, seconds: float) -> None:
    """A client whose media flows: connected, alive every half second, then gone without a word."""
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(server.url, auth={"token": server.token(username)}, transports=["websocket"])
    for _ in range(int(seconds * 2)):
        await client.emit("call:alive", {"callId": call_id})
        await asyncio.sleep(0.5)
    await client.eio.ws.close()


async def test_a_ring_still_expires_on_time_after_a_kill(server: Server) -> None:
    call_id = await ring(server)
    killed_and_started_again(server)
    call = await over(server, call_id, within=12)
    assert (call["state"], call["endReason"]) == ("missed", "expired")
    assert server.cli("audit").startswith("The ledger is clean")


async def test_a_call_settles_to_the_second_its_media_stopped(server: Server) -> None:
    """Both clients go silent together with the server; nobody comes back."""
    call_id = await connect(server)
    await asyncio.gather(*(keep_alive(server, name, call_id, 4) for name in ("mia", "sam")))
    killed_and_started_again(server)
    call = await over(server, call_id, within=15)
    assert call["endReason"] == "connection_lost"
    assert 3 <= call["billableSeconds"] <= 6
    receipt = (await ask(server, "sam", "GET", f"/api/calls/{call_id}/receipt"))["receipt"]
    assert receipt["tokensCharged"] == -(-receipt["billableSeconds"] * 12 // 60)
    wallet = (await ask(server, "sam", "GET", "/api/wallet"))["wallet"]
    assert (wallet["held"], wallet["balance"]) == (0, 240 - receipt["tokensCharged"])
    assert server.cli("audit").startswith("The ledger is clean")


async def test_a_call_whose_clients_come_back_goes_on_and_loses_no_second(server: Server) -> None:
    call_id = await connect(server)
    began = time.monotonic()
    await asyncio.gather(*(keep_alive(server, name, call_id, 2) for name in ("mia", "sam")))
    killed_and_started_again(server)
    await asyncio.gather(*(keep_alive(server, name, call_id, 3) for name in ("mia", "sam")))
    call = (await ask(server, "sam", "GET", f"/api/calls/{call_id}"))["call"]
    assert call["state"] == "active"
    assert len(call["segments"]) == 1
    await ask(server, "mia", "POST", "/api/calls/end", {"callId": call_id})
    billed = (await ask(server, "sam", "GET", f"/api/calls/{call_id}/receipt"))["receipt"]["billableSeconds"]
    assert abs(billed - (time.monotonic() - began)) <= 2.5
    assert server.cli("audit").startswith("The ledger is clean")


async def test_a_termination_is_clean_and_quick(server: Server) -> None:
    await connect(server)
    started = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=20) == 0
    assert time.monotonic() - started < 10
