"""The log: one JSON object a line, a call to be followed by its id, and nobody's secret or address in it."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from socketio.exceptions import ConnectionError as Refused

from stagedoor.core.logs import configure_logs
from stagedoor.settings import Settings
from tests.live import Live, Phone, serving
from tests.outside import Outside, bearer

PASSWORD = "kanarienvogel-0815"
ADDRESS = "198.51.100.77"
KEY = "idempotency-canary-4711"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """The log as `serve` writes it; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level, known = root.handlers[:], root.level, structlog.get_config()
    configure_logs(tmp_path)
    try:
        yield tmp_path / "logs" / "combined.log"
    finally:
        for handler in root.handlers:
            if handler not in handlers:
                handler.close()
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**known)


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
