"""Metrics are for those inside, and say what a scraper can read."""

from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from stagedoor.settings import Settings
from tests.conftest import Stage, fresh_database, staged
from tests.outside import Outside, assert_problem, bearer


@pytest.fixture
async def stage(server: str, settings: Settings) -> AsyncIterator[Stage]:
    ours = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    async with fresh_database(server) as dsn, staged(replace(settings, trusted_proxies=ours), dsn) as found:
        yield found


async def test_metrics_are_told_inside_and_hidden_outside(stage: Stage) -> None:
    outside = Outside(stage.house)
    for inside in ("127.0.0.1", "127.8.8.8", "::1", "10.4.4.4", "fd00::7"):
        async with outside.at(inside) as scraper:
            assert (await scraper.get("/metrics")).status_code == 200, inside
    for stranger in ("203.0.113.1", "192.168.1.1", "2001:db8::1"):
        async with outside.at(stranger) as visitor:
            assert_problem(await visitor.get("/metrics"), 404, "NOT_FOUND")
            for token in (stage.mia.token, stage.sam.token):
                assert_problem(await visitor.get("/metrics", headers=bearer(token)), 404, "NOT_FOUND")
            assert (await visitor.get("/metrics", headers=bearer(stage.ops.token))).status_code == 200


async def test_a_visitor_behind_any_proxy_is_outside_whatever_he_claims(stage: Stage) -> None:
    outside = Outside(stage.house)
    for proxy, forwarded in (
        ("10.0.0.1", "203.0.113.1"),
        ("10.0.0.1", "127.0.0.1, 203.0.113.1"),
        ("127.0.0.1", "127.0.0.1"),  # a proxy on this machine that nobody configured
        ("203.0.113.1", "127.0.0.1"),
    ):
        async with outside.at(proxy) as visitor:
            answer = await visitor.get("/metrics", headers={"X-Forwarded-For": forwarded})
            assert_problem(answer, 404, "NOT_FOUND")


async def test_a_scraper_can_read_them_and_a_call_is_counted(stage: Stage) -> None:
    async with Outside(stage.house).at("127.0.0.1") as scraper:
        before = await _samples(scraper)
        call_id = await stage.ring("voice")
        await stage.sam.post("/api/calls/decline", {"callId": call_id})
        await stage.sam.ask("POST", "/api/calls/accept", {"callId": call_id})
        await stage.house.relay.drain()
        after = await _samples(scraper)

    def rise(name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return after.get(key, 0) - before.get(key, 0)

    assert rise("stagedoor_calls_total", state="ringing", call_type="voice") == 1
    assert rise("stagedoor_calls_total", state="declined", call_type="voice") == 1
    declines = {"method": "POST", "route": "/api/calls/decline", "status": "200"}
    assert rise("stagedoor_http_requests_total", **declines) == 1
    refused = sum(value for (name, _), value in after.items() if name == "stagedoor_refusals_total")
    assert refused >= 1


async def test_no_metric_has_a_person_or_an_address_in_its_labels(stage: Stage) -> None:
    await stage.http.get(f"/api/calls/{stage.sam.id}", headers=bearer(stage.mia.token))
    await stage.http.get("/nowhere/at/all")
    async with Outside(stage.house).at("127.0.0.1") as scraper:
        text = (await scraper.get("/metrics")).text
    for word in (str(stage.sam.id), str(stage.mia.id), "127.0.0.1", "/nowhere", "mia"):
        assert word not in text


async def _samples(scraper: httpx.AsyncClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = await scraper.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
