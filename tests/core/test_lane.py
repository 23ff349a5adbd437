"""The short way and the long way give the same answer to the byte, and take their hits from the same limits."""

import re
import uuid
from typing import Any

import httpx
import pytest

from stagedoor.app import MAX_BODY_BYTES, api
from stagedoor.core.edge import Edge
from stagedoor.core.lane import Lane
from tests.conftest import Stage

Ask = tuple[str, str, dict[str, Any]]
NOBODY = str(uuid.UUID(int=7))
ASKS: list[Ask] = [
    ("GET", "/api/fans/me", {}),
    ("HEAD", "/api/fans/me", {}),
    ("GET", "/api/fans/me?more=1", {}),
    ("GET", "/api/fans/me/", {}),
    ("POST", "/api/fans/me", {"json": {}}),
    ("GET", "/api/session", {}),
    ("GET", "/api/wallet", {}),
    ("GET", "/api/fans/blocks", {}),
    ("GET", "/api/ops/overview", {}),
    ("GET", "/api/fans/me/relationships", {}),
    ("PATCH", "/api/fans/me", {"json": {"allowDm": "nobody"}}),
    ("PATCH", "/api/fans/me", {"json": {"allowDm": "perhaps"}}),
    ("PATCH", "/api/fans/me", {"json": {"unheardOf": 1}}),
    ("PATCH", "/api/fans/me", {"content": b"{"}),
    ("PATCH", "/api/fans/me", {"content": b'"\xff"'}),
    ("PATCH", "/api/fans/me", {"content": b"{}", "headers": {"content-type": "text/plain"}}),
    ("POST", "/api/calls/initiate", {"json": {"fanId": NOBODY, "callType": "video"}}),
    ("POST", "/api/calls/initiate", {"json": {"fanId": "sam", "callType": "video"}}),
    ("POST", "/api/calls/initiate", {"content": b""}),
    ("POST", "/api/calls/initiate", {"content": b"[" * 100_000}),
    ("POST", "/api/calls/accept", {"json": {"callId": NOBODY, "maxTokens": "6"}}),
    ("POST", "/api/calls/end", {"json": {"callId": NOBODY}}),
]


def everything(response: httpx.Response) -> tuple[Any, ...]:
    """Status, headers in their order, and body; but for the request's id and the time."""
    headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"x-request-id"]
    body = response.content.replace(response.headers["x-request-id"].encode(), b"")
    body = re.sub(rb'"(timestamp|serverTime)":"[^"]*"', b"", body)
    return response.status_code, headers, body


async def ask(app: Any, one: Ask, token: str | None) -> httpx.Response:
    method, path, what = one
    headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **what.get("headers", {})}
    transport = httpx.ASGITransport(Edge(app, lambda *_: None), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        return await http.request(method, path, **{**what, "headers": headers})


@pytest.mark.parametrize("one", ASKS, ids=lambda one: f"{one[0]} {one[1]} {str(one[2])[:40]}")
async def test_both_ways_answer_the_same(stage: Stage, one: Ask) -> None:
    app = api(stage.house)
    for token in (None, "no token at all", stage.mia.token, stage.sam.token):
        answers = [everything(await ask(way, one, token)) for way in (app, Lane(app, MAX_BODY_BYTES))]
        assert answers[0] == answers[1]


async def test_what_is_ordinary_goes_the_short_way(stage: Stage) -> None:
    """And what is not goes the long one, so that the test above compares two things."""
    app = api(stage.house)
    lane = Lane(app, MAX_BODY_BYTES)
    assert {("GET", "/api/fans/me"), ("POST", "/api/calls/initiate"), ("GET", "/api/calls/current")} <= set(lane._ways)
    went_long: list[str] = []
    real = lane._app

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        went_long.append(scope["path"])
        await real(scope, receive, send)

    watched.after_exception = real.after_exception  # type: ignore[attr-defined]
    watched.state = real.state  # type: ignore[attr-defined]
    lane._app = watched  # type: ignore[assignment]
    ring = {"json": {"fanId": NOBODY, "callType": "video"}}
    assert (await ask(lane, ("GET", "/api/fans/me", {}), stage.mia.token)).status_code == 200
    assert (await ask(lane, ("POST", "/api/calls/initiate", ring), stage.mia.token)).status_code == 404
    assert went_long == []
    for aside in ({"Idempotency-Key": "once"}, {"Origin": "http://test"}):
        await ask(lane, ("POST", "/api/calls/initiate", {**ring, "headers": aside}), stage.mia.token)
    await ask(lane, ("GET", "/api/fans/me?q=1", {}), stage.mia.token)
    assert len(went_long) == 3


async def test_a_body_that_goes_the_long_way_after_all_counts_once(stage: Stage) -> None:
    lane = Lane(api(stage.house), MAX_BODY_BYTES)
    limiter = stage.house.limiter
    hits: list[str] = []
    real = limiter._wait

    async def counted(budget: Any, item: Any, kind: str, who: str) -> int | None:
        hits.append(kind)
        return await real(budget, item, kind, who)

    limiter._wait = counted  # type: ignore[method-assign]
    broken = ("POST", "/api/calls/initiate", {"content": b'{"fanId": 1}'})
    assert (await ask(lane, broken, stage.mia.token)).status_code == 422
    assert hits == ["ip", "user"]
