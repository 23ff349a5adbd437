"""The log: one JSON object a line, a call to be followed by its id, and nobody's secret or address in it."""

import asyncio
import json
import logging
import socket
import subprocess
import sys
import uuid
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import structlog
import uvicorn
from socketio.exceptions import ConnectionError as Refused

from stagedoor.cli.serve import PROTOCOL
from stagedoor.settings import Settings
from tests.live import Live, Phone, serving
from tests.outside import Outside, bearer

PASSWORD = "kanarienvogel-0815"
ADDRESS = "198.51.100.77"
KEY = "idempotency-canary-4711"


def lines(log: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in log.read_text().splitlines()]
    for line in found:
        assert line["event"], line
        assert datetime.fromisoformat(line["timestamp"]).tzinfo is not None
    return found


async def a_day(live: Live) -> str:
    """Sign-up, a wrong password, a socket, refusals, and one call from ring to receipt. Returns the call's id."""
    newcomer = {"username": "newcomer", "password": PASSWORD, "displayName": "New"}
    await live.http.post("/api/accounts", json=newcomer)
    await live.http.post("/api/session", json={"username": "sam", "password": PASSWORD})
    await live.http.get("/api/wallet", headers=bearer("canary-of-a-token.which-is.not-valid"))
    await live.http.get(f"/api/creators/mia?token={live.sam.token}")
    await live.http.get("/c/canary-of-a-share-card")
    await live.http.post("/api/calls/initiate", content=b"\xff", headers=bearer(live.mia.token))
    await live.sam.ask("POST", "/api/wallet/top-up", {"tokens": 5}, Idempotency_Key=KEY)
    async with live.phone("sam") as sam:
        call_id = await live.connect()
        await sam.say("call:signal", {"callId": call_id, "candidate": {"candidate": f"udp {ADDRESS} 4711"}})
        await live.mia.post("/api/calls/end", {"callId": call_id})
        await sam.hears("call:ended")
    for phone in (
        Phone(live.url, "canary-of-a-token.which-is.not-valid"),
        Phone(f"{live.url}?token=canary-in-the-address", None),
    ):
        with pytest.raises(Refused):
            await phone.__aenter__()
    return call_id


async def test_a_day_leaves_readable_lines_and_no_secret(settings: Settings, dsn: str, log: Path) -> None:
    async with serving(settings, dsn) as live:
        call_id = await a_day(live)
        async with Outside(live.house).at(ADDRESS, **bearer(live.leo.token)) as visitor:
            await visitor.get("/api/wallet")
            await visitor.get("/api/nothing", headers={"X-Forwarded-For": ADDRESS})
        secrets = [caller.token for caller in live.people.values()]
    found = lines(log)
    text = json.dumps(found)
    for secret in (*secrets, PASSWORD, ADDRESS, KEY, "canary", "127.0.0.1", settings.identity.secret_key):
        assert str(secret) not in text
    followed = [line["event"] for line in found if line.get("callId") == call_id]
    assert [event for event in followed if event.startswith("call.")] == [
        "call.ringing",
        "call.connecting",
        "call.active",
        "call.ended",
    ]
    for line in found:
        if line["event"].startswith("call."):
            assert {"callId", "creatorId", "fanId", "requestId", "timestamp"} <= line.keys()
    (ringing,) = [line for line in found if line["event"] == "call.ringing"]
    assert ringing["callType"] == "video"
    assert any(line["event"] == "Call invitation expiration job started" for line in found)


async def test_a_fault_is_in_the_log_with_its_request_and_without_what_was_in_hand(
    settings: Settings, dsn: str, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_args: Any) -> None:
        canary = PASSWORD
        raise RuntimeError("the table is gone") from ValueError(len(canary))

    monkeypatch.setattr("stagedoor.platform.accounts.Accounts.sign_in", broken)
    async with serving(replace(settings, demo=False), dsn) as live:
        said = {"username": "sam", "password": PASSWORD}
        answer = await live.http.post("/api/session", json=said, headers={"X-Request-Id": "request-0001"})
        assert answer.status_code == 500
    (failed,) = [line for line in lines(log) if line["event"] == "request failed"]
    assert (failed["requestId"], failed["level"]) == ("request-0001", "error")
    assert "the table is gone" in failed["exception"]
    assert PASSWORD not in json.dumps(failed)


def test_processes_that_write_together_break_no_line(tmp_path: Path) -> None:
    program = (
        "import sys, structlog\nfrom pathlib import Path\nfrom stagedoor.core.logs import configure_logs\n"
        "configure_logs(Path(sys.argv[1]))\nlog = structlog.get_logger('test')\n"
        "for n in range(500): log.info('line', n=n, filling='x' * 300)\n"
    )
    writing = [subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait(60) for process in writing] == [0, 0, 0]
    found = lines(tmp_path / "logs" / "combined.log")
    assert len(found) == 1500
    assert {line["n"] for line in found} == set(range(500))


def test_a_log_that_is_moved_away_is_begun_anew(log: Path) -> None:
    logging.getLogger("test").warning("before")
    log.rename(log.with_suffix(".old"))
    logging.getLogger("test").warning("after")
    assert [line["event"] for line in lines(log)] == ["after"]
    assert [line["event"] for line in lines(log.with_suffix(".old"))] == ["before"]


async def test_the_library_logs_go_through_the_same_form(log: Path) -> None:
    logging.getLogger("asyncpg").warning("a warning with %s", {"an": "argument"})
    try:
        raise httpx.ReadTimeout("slow")
    except httpx.ReadTimeout:
        logging.getLogger("engineio").exception("it broke")
    said = lines(log)
    assert [line["level"] for line in said] == ["warning", "error"]
    assert "ReadTimeout" in said[1]["exception"]


CANARIES = {
    "bearer": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.Canary-bearer_0123456789",
    "opaque": "Q7canaryOpaque_share-token0123456789",
    "password": "canary-horse",
    "address": "203.0.113.77",
    "address_6": "2001:db8:77::cafe",
    "mail": "canary@example.org",
}


class CanaryFault(Exception):
    """Says every secret there is."""

    def __init__(self) -> None:
        super().__init__(
            "Bearer {bearer}, card {opaque} or /c/{opaque}\npassword={password} from {address}, [{address_6}]:443\n"
            "DETAIL:  Key (email)=({mail}) already exists.".format(**CANARIES)
        )


def fail() -> None:
    try:
        raise CanaryFault
    except CanaryFault as error:
        error.add_note(f"Cookie: session={CANARIES['password']}")
        parts = [RuntimeError(f"to {CANARIES['mail']}"), KeyError(CANARIES["opaque"])]
        raise ExceptionGroup("several", parts) from error


async def refused_by_the_database(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE TEMP TABLE t (email text UNIQUE)")
        for _ in range(2):
            await connection.execute("INSERT INTO t VALUES ($1)", CANARIES["mail"])
    finally:
        await connection.close()


async def raised_through_uvicorn() -> None:
    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        if scope["type"] == "http":
            fail()

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, **{**PROTOCOL, "lifespan": "off"}))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        assert answer.status_code == 500
    server.should_exit = True
    await running
    listening.close()


async def test_whatever_an_exception_says_no_secret_comes_into_the_log(dsn: str, log: Path) -> None:
    ours, theirs = structlog.get_logger("test"), logging.getLogger("somebody.else")
    for failing in (fail, refused_by_the_database(dsn), raised_through_uvicorn()):
        try:
            await failing if not callable(failing) else failing()
        except (Exception, ExceptionGroup) as error:
            ours.exception("it failed")
            ours.warning("it waits", because=f"{type(error).__name__}: {error}")
            theirs.error("it failed: %s", error)
            theirs.error("it failed", exc_info=error)
    ours.info("named", password="horse", remote_address="somewhere", nested={"token": "short"}, several=[CanaryFault()])
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": "never retrieved", "exception": CanaryFault(), "future": CanaryFault()})
    said = lines(log)
    text = json.dumps(said)
    for name, secret in CANARIES.items():
        assert secret not in text, name
    assert "horse" not in text and "somewhere" not in text and "short" not in text
    exceptions = [line["exception"] for line in said if "exception" in line]
    assert len(exceptions) == 6
    assert any("asyncpg.exceptions.UniqueViolationError: duplicate key value violates" in one for one in exceptions)
    for one in exceptions:
        if "ExceptionGroup" in one:
            assert "in fail" in one and "raise CanaryFault" in one and "test_logs.CanaryFault: Bearer [secret]" in one
            assert "RuntimeError: to [address]" in one and "direct cause" in one


def test_the_ids_that_lead_from_line_to_line_stay(log: Path) -> None:
    ids = {name: str(uuid.uuid4()) for name in ("callId", "creatorId", "fanId")} | {"requestId": uuid.uuid4().hex}
    structlog.get_logger("test").info("call.ended", key="FEATURE_FAN_SHARE_CARD", tokensCharged=7, **ids)
    (line,) = lines(log)
    assert ids.items() <= line.items() and (line["key"], line["tokensCharged"]) == ("FEATURE_FAN_SHARE_CARD", 7)
