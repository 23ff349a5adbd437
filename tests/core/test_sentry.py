"""A fault is reported with its place and release; no secret and no person ever leaves with it."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
import structlog

from stagedoor import __version__
from stagedoor.app import House, layered
from stagedoor.calls import CallReader
from stagedoor.cards import Cards
from stagedoor.core import sentry
from stagedoor.platform import Accounts
from stagedoor.settings import Sentry, Settings
from tests.conftest import Stage, staged
from tests.sentry_ingest import Ingest, sentry_ingest

BEARER = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.Canary-bearer_0123456789"
COOKIE = "canary-cookie-51f0"
PASSWORD = "canary-password-horse"
SHARE = "Canary_share-token0123456789"
ADDRESS = "203.0.113.77"
ADDRESS_6 = "2001:db8:77::cafe"
CANARIES = (BEARER, BEARER[-20:], COOKIE, PASSWORD, SHARE, ADDRESS, ADDRESS_6, "canary")


@pytest.fixture
async def ingest() -> AsyncIterator[Ingest]:
    async with sentry_ingest() as found:
        yield found


def reporting(settings: Settings, ingest: Ingest, **sentry: Any) -> Settings:
    proxies = (ip_network("127.0.0.0/8"),)
    return replace(settings, sentry=Sentry(dsn=ingest.dsn, **sentry), environment="test", trusted_proxies=proxies)


class CanaryFault(Exception):
    """Raised where every secret is in a local variable, in the message, and in the error it came from."""


def fault(*_args: Any, **_kwargs: Any) -> Any:
    held = {"authorization": f"Bearer {BEARER}", "cookie": f"session={COOKIE}", "password": PASSWORD}
    structlog.get_logger("canary").error("about to fail", token=BEARER, address=ADDRESS, **held)
    logging.getLogger("canary").error("password=%s from %s", PASSWORD, ADDRESS_6)
    try:
        # As PostgreSQL and others word it: the secret is quoted.
        raise ValueError(f"DETAIL: Key (password)=({PASSWORD}) exists.\nSet-Cookie: session={COOKIE}; Path=/")
    except ValueError as error:
        lines = (f"Bearer {BEARER} sent {held}", BEARER, f"from {ADDRESS}", f"[{ADDRESS_6}]:443", f"/c/{SHARE}", SHARE)
        raise CanaryFault("\n".join(lines)) from error


async def send_secrets(stage: Stage, method: str, path: str, body: Any = None) -> httpx.Response:
    headers = {
        "Cookie": f"session={COOKIE}",
        "X-Forwarded-For": f"{ADDRESS_6}, {ADDRESS}",
        "User-Agent": "canary-agent",
        "Referer": f"http://test/c/{SHARE}",
    }
    return await stage.http.request(method, f"{path}?password={PASSWORD}&token={SHARE}", json=body, headers=headers)


async def test_no_canary_leaves_with_any_report(
    settings: Settings, dsn: str, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, verb in ((CallReader, "current"), (Accounts, "sign_in"), (Cards, "read")):
        monkeypatch.setattr(kind, verb, fault)
    async with staged(reporting(settings, ingest, debug=True), dsn) as stage:
        failed = await stage.http.get(
            "/api/calls/current", headers={"Authorization": f"Bearer {stage.mia.token}", "Cookie": f"a={COOKIE}"}
        )
        assert (failed.status_code, failed.json()["code"]) == (500, "INTERNAL_ERROR")
        credentials = {"username": "mia", "password": PASSWORD}
        assert (await send_secrets(stage, "POST", "/api/session", credentials)).status_code == 500
        assert (await send_secrets(stage, "GET", f"/api/fans/share/{SHARE}")).status_code == 500
        assert (await send_secrets(stage, "GET", "/debug-sentry")).status_code == 500
        try:
            fault()
        except CanaryFault as error:
            sentry.capture(error, code="INTERNAL_ERROR", route=f"/c/{SHARE}", request_id=ADDRESS)
        mia = stage.mia.token
    events = ingest.items("event")
    assert [event["tags"].get("route") for event in events] == [
        "/api/calls/current",
        "/api/session",
        "/api/fans/share/{token}",
        "/debug-sentry",
        "/c/[secret]",
    ]
    for event in events:
        assert event["release"] == f"stagedoor@{__version__}" and event["environment"] == "test"
        assert event["exception"]["values"][-1]["stacktrace"]["frames"]
        assert event["tags"]["code"] == "INTERNAL_ERROR"
        assert not event.keys() & {"request", "user", "breadcrumbs", "extra", "server_name", "modules"}
        assert "vars" not in str(event)
    assert events[0]["exception"]["values"][-1]["type"] == "CanaryFault"
    assert events[0]["exception"]["values"][-1]["stacktrace"]["frames"][-1]["function"] == "fault"
    assert events[0]["tags"]["request_id"] == failed.json()["requestId"]
    sent = ingest.everything().replace("CanaryFault", "").replace("test_no_canary_leaves_with_any_report", "")
    for canary in (*CANARIES, mia, mia[-20:]):
        assert sent.count(canary) == 0, canary


async def test_a_refusal_is_no_fault_and_nothing_is_traced_by_default(
    settings: Settings, dsn: str, ingest: Ingest
) -> None:
    async with staged(reporting(settings, ingest), dsn) as stage:
        assert (await stage.http.get("/api/wallet")).status_code == 401
        assert (await stage.http.get("/api/nothing")).status_code == 404
        response = await stage.http.get("/debug-sentry")
        assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")
        assert (await stage.http.get("/health")).status_code == 200
    assert ingest.envelopes == []


async def test_traces_name_routes_and_carry_nothing_else(settings: Settings, dsn: str, ingest: Ingest) -> None:
    house = House(reporting(settings, ingest, traces_sample_rate=1.0), dsn)
    await house.start()
    transport = httpx.ASGITransport(layered(house), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        headers = {"Cookie": COOKIE, "Authorization": f"Bearer {BEARER}"}
        assert (await http.get(f"/api/creators/mia?token={SHARE}", headers=headers)).status_code == 401
        assert (await http.get(f"/c/{SHARE}")).status_code == 200
    await house.stop()
    traced = ingest.items("transaction")
    assert [one["transaction"] for one in traced] == ["GET /api/creators/{username}", "GET page"]
    assert traced[0]["contexts"]["trace"]["op"] == "http.server"
    for canary in CANARIES:
        assert ingest.everything().count(canary) == 0, canary


async def test_without_a_dsn_nothing_is_sent_and_nothing_fails(settings: Settings, dsn: str, ingest: Ingest) -> None:
    async with staged(replace(settings, sentry=Sentry(debug=True)), dsn) as stage:
        assert (await stage.http.get("/debug-sentry")).status_code == 500
    assert ingest.envelopes == []


def test_an_outage_is_one_story(monkeypatch: pytest.MonkeyPatch) -> None:
    allowance = sentry._Allowance()
    assert sum(allowance.take() for _ in range(1000)) == sentry.REPORTS_A_MINUTE
