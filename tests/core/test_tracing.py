"""Traces: requests by their route, statements by their verb, and nothing of a person; without the setting, nothing."""

import gzip
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from stagedoor import __version__
from stagedoor.app import House, layered
from stagedoor.core.tracing import Traced
from stagedoor.settings import Settings, SettingsError, Tracing
from tests.live import serving

CANARIES = ("canary-password-horse", "canary-of-a-token", "canary_of_a_card_0123456789", "canary-query", "203.0.113.77")


@dataclass
class Collector:
    """A stand-in for an OpenTelemetry collector: takes traces over HTTP and keeps every byte."""

    endpoint: str = ""
    bodies: list[bytes] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.bodies.append(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
        return web.Response(body=b"", content_type="application/x-protobuf")

    def resources(self) -> list[Any]:
        return [found for body in self.bodies for found in ExportTraceServiceRequest.FromString(body).resource_spans]

    def spans(self) -> list[Any]:
        return [span for found in self.resources() for scope in found.scope_spans for span in scope.spans]


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    found = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", found.take)
    runner = web.AppRunner(app, auto_decompress=False, shutdown_timeout=0.2, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield found
    finally:
        await runner.cleanup()


def attributes(span: Any) -> dict[str, Any]:
    return {
        one.key: one.value.string_value if one.value.HasField("string_value") else one.value.int_value
        for one in span.attributes
    }


async def test_a_span_names_the_route_and_the_verbs_and_nobody(
    settings: Settings, dsn: str, collector: Collector
) -> None:
    async with serving(replace(settings, tracing=Tracing(endpoint=collector.endpoint)), dsn) as live:
        headers = {
            "X-Request-Id": "request-0001",
            "X-Forwarded-For": CANARIES[4],
            "traceparent": f"00-{'1' * 32}-{'2' * 16}-01",
        }
        call_id = await live.ring("voice")
        await live.sam.post("/api/calls/decline", {"callId": call_id}, X_Request_Id="request-0002")
        said = {"username": "sam", "password": CANARIES[0]}
        await live.http.post("/api/session", json=said, headers=headers)
        await live.http.get("/api/wallet", headers={"Authorization": f"Bearer {CANARIES[1]}"})
        await live.http.get(f"/api/fans/share/{CANARIES[2]}?q={CANARIES[3]}")
        await live.http.get(f"/nowhere/{CANARIES[2]}")
        people = [(caller.username, str(caller.id), caller.token) for caller in live.people.values()]
    everything = b"".join(collector.bodies).decode("latin-1")
    for secret in (*CANARIES, call_id, "127.0.0.1", "\x11" * 16, *(part for person in people for part in person[1:])):
        assert secret not in everything, secret
    (about,) = {str(sorted(attributes(found.resource).items())) for found in collector.resources()}
    assert "stagedoor" in about and __version__ in about
    spans = collector.spans()
    (decline,) = [span for span in spans if span.name == "POST /api/calls/decline"]
    told = attributes(decline)
    assert told["http.route"] == "/api/calls/decline" and told["http.response.status_code"] == 200
    assert told["stagedoor.request_id"] == "request-0002"
    verbs = [attributes(span) for span in spans if span.parent_span_id == decline.span_id]
    assert {verb["db.operation.name"] for verb in verbs} >= {"BEGIN", "SELECT", "INSERT", "COMMIT"}
    assert all(set(verb) <= {"db.system.name", "db.operation.name", "error.type"} for verb in verbs)
    share = next(span for span in spans if span.name.startswith("GET /api/fans/share/"))
    assert share.name.endswith("}"), "the template, not the link"
    assert "GET page" in {span.name for span in spans}, "a path that nobody serves is nobody's either"


async def test_without_the_setting_nothing_is_wrapped_and_the_package_is_not_missed(
    settings: Settings, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    house = House(settings, dsn)
    assert house.tracer is None and house.database._on_query is None
    assert not isinstance(layered(house)._app, Traced)


def test_a_missing_package_and_a_wrong_address_are_one_sentence(monkeypatch: pytest.MonkeyPatch, dsn: str) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SettingsError, match=r"pip install 'stagedoor\[otel\]'"):
        House(Settings(tracing=Tracing(endpoint="http://127.0.0.1:4318")), dsn)
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_ENDPOINT"):
        Settings.from_env({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector"})
