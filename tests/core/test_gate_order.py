"""On every route the same order: IP limiter → authentication → user limiter → feature flag → body → role.

The routes are read from the application, so that a new one is held to it from the day it exists.
"""

import json
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import NamedTuple

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from stagedoor.core.http import Rule
from stagedoor.settings import FLAG_DEFAULTS, Limits, Settings
from tests.conftest import GENEROUS, Caller, Stage, staged
from tests.outside import Outside, assert_problem, bearer

BODIES: dict[str, bytes | None] = {
    "none": None,
    "no json": b"{",
    "another shape": b'{"other": 1}',
    "too large": b" " * 70_000,
    "no text": b"\xff",
}
OFF = dict.fromkeys(FLAG_DEFAULTS, False)


class Door(NamedTuple):
    """One route of the table, as a request to it."""

    method: str
    path: str
    rule: Rule

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def doors(app: Litestar) -> Iterator[Door]:
    for found in app.routes:
        if not isinstance(found, HTTPRoute):
            continue
        path = found.path
        for parameter in found.path_parameters.values():
            value = str(uuid.uuid4()) if parameter.type is uuid.UUID else "mia"
            path = path.replace(f"{{{parameter.full}}}", value)
        for method, (handler, _) in found.route_handler_map.items():
            rule = handler.opt.get("rule")
            if isinstance(rule, Rule):
                yield Door(str(method), path, rule)


async def ask(visitor: httpx.AsyncClient, door: Door, body: bytes | None = None, token: str = "") -> httpx.Response:
    headers = bearer(token) if token else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    return await visitor.request(door.method, door.path, content=body, headers=headers)


class Block:
    """Visitors from one address after another, and fans nobody has seen before."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.outside = Outside(stage.house)
        self.doors = list(doors(self.outside.litestar))
        self._count = 0

    def visitor(self) -> httpx.AsyncClient:
        self._count += 1
        return self.outside.at(f"10.1.{self._count // 250}.{self._count % 250 + 1}")

    async def newcomer(self) -> Caller:
        return await self.stage.person(f"fan{uuid.uuid4().hex[:8]}")


@pytest.fixture
async def block(settings: Settings, dsn: str) -> AsyncIterator[Block]:
    """Every feature off, and one request a minute."""
    once = Limits(calls_per_ip=1, calls_per_user=1, general=1, tight=1)
    async with staged(replace(settings, flags=OFF, limits=once), dsn) as stage:
        yield Block(stage)


@pytest.fixture
async def open_block(settings: Settings, dsn: str) -> AsyncIterator[Block]:
    """Every feature off, and no limit that matters."""
    async with staged(replace(settings, flags=OFF, limits=GENEROUS), dsn) as stage:
        yield Block(stage)


async def test_every_route_has_a_rule(open_block: Block) -> None:
    """But the API's description and its page, which say nothing of anybody."""
    ruled = {(door.method, door.path) for door in open_block.doors}
    assert len(ruled) >= 20
    free = {
        found.path
        for found in open_block.outside.litestar.routes
        if isinstance(found, HTTPRoute)
        for method, (handler, _) in found.route_handler_map.items()
        if method != "OPTIONS" and "rule" not in handler.opt
    }
    assert free == {"/", "/{path:str}", "/docs", "/openapi.json", "/oauth2-redirect.html"}


async def test_the_address_is_limited_before_anything_is_asked(block: Block) -> None:
    """The second request from one address is 429, whoever sends it and whatever is in it."""
    for door in block.doors:
        async with block.visitor() as visitor:
            first = await ask(visitor, door)
            assert first.status_code != 429, str(door)
            for token, body in (("", None), ("a.false.token", b"{"), (block.stage.mia.token, BODIES["too large"])):
                second = await ask(visitor, door, body, token)
                assert_problem(second, 429, "RATE_LIMITED")
                assert second.headers["ratelimit-policy"] == '"ip";q=1;w=60', str(door)


async def test_who_asks_is_known_before_the_flag_and_the_body(block: Block) -> None:
    for door in block.doors:
        for body in BODIES.values():
            async with block.visitor() as visitor:
                false = await ask(visitor, door, body, "a.false.token")
                assert_problem(false, 401, "SESSION_INVALID")
            if door.rule.access == "anyone":
                continue
            async with block.visitor() as visitor:
                assert_problem(await ask(visitor, door, body), 401, "NOT_AUTHENTICATED")


async def test_the_user_is_limited_at_any_address_and_before_the_flag_and_the_body(block: Block) -> None:
    for door in block.doors:
        fan = await block.newcomer()
        await block.stage.house.limiter.by_user(door.rule.budget, str(fan.id))
        for body in BODIES.values():
            async with block.visitor() as visitor:
                second = await ask(visitor, door, body, fan.token)
                assert_problem(second, 429, "RATE_LIMITED")
                assert second.headers["ratelimit-policy"] == '"user";q=1;w=60', str(door)


async def test_a_feature_that_is_off_is_said_before_the_body_is_looked_at(open_block: Block) -> None:
    featured = [door for door in open_block.doors if door.rule.feature is not None]
    assert ("POST", "/api/calls/initiate") in [(door.method, door.path) for door in featured]
    async with open_block.visitor() as visitor:
        for door in featured:
            for person in ("mia", "sam", "ops"):
                for body in BODIES.values():
                    token = open_block.stage.people[person].token
                    assert_problem(await ask(visitor, door, body, token), 403, "FEATURE_DISABLED")


async def test_a_bad_body_is_said_before_the_role_is_asked_for(open_block: Block) -> None:
    role = {"creator": "CREATOR_ONLY", "operator": "FORBIDDEN"}
    body_first = {"no json": "VALIDATION_FAILED", "too large": "REQUEST_TOO_LARGE"}
    told: set[str] = set()
    async with open_block.visitor() as visitor:
        for door in open_block.doors:
            if door.rule.access not in role or door.rule.feature is not None:
                continue
            for name, body in BODIES.items():
                code = (await ask(visitor, door, body, open_block.stage.sam.token)).json()["code"]
                expected = {role[door.rule.access], "VALIDATION_FAILED"}
                if door.rule.takes_body and name in body_first:
                    expected = {body_first[name]}
                assert code in expected, (str(door), name)
                told.add(code)
    assert told == {*role.values(), *body_first.values()}


async def test_a_role_is_needed_for_what_is_the_creators(open_block: Block) -> None:
    prices = {"voiceTokensPerMinute": 3, "videoTokensPerMinute": 4}
    stage = open_block.stage
    refused = await stage.sam.ask("PUT", "/api/creators/me/prices", prices)
    assert_problem(refused, 403, "CREATOR_ONLY")
    assert (await stage.mia.ask("PUT", "/api/creators/me/prices", prices)).json()["prices"] == prices
    assert await stage.value("SELECT count(*) FROM creator_call_prices WHERE creator_id = $1", stage.sam.id) == 0


async def test_with_calls_off_initiate_says_so_to_any_body(settings: Settings, dsn: str) -> None:
    async with staged(replace(settings, flags={**settings.flags, "FEATURE_CALLS": False}), dsn) as stage:
        good = json.dumps({"fanId": str(stage.sam.id), "callType": "video"}).encode()
        for body in (*BODIES.values(), good):
            async with Outside(stage.house).at("10.2.0.1", **bearer(stage.mia.token)) as visitor:
                answer = await visitor.post("/api/calls/initiate", content=body)
                assert_problem(answer, 403, "FEATURE_DISABLED")
        assert await stage.value("SELECT count(*) FROM calls") == 0


@pytest.mark.parametrize("on", [True, False], ids=["calls on", "calls off"])
async def test_rapid_initiates_with_no_body_are_limited(settings: Settings, dsn: str, on: bool) -> None:
    """5 a minute pass the address's limiter, whoever asks; of 20 the other 15 are told to wait."""
    limits = Limits()
    flags = {**settings.flags, "FEATURE_CALLS": on}
    async with staged(replace(settings, flags=flags, limits=limits), dsn) as stage:
        for token, address, passed in (
            (stage.mia.token, "10.3.0.1", (422, "VALIDATION_FAILED") if on else (403, "FEATURE_DISABLED")),
            (None, "10.3.0.2", (401, "NOT_AUTHENTICATED")),
        ):
            async with Outside(stage.house).at(address, **(bearer(token) if token else {})) as visitor:
                answers = [await visitor.post("/api/calls/initiate") for _ in range(20)]
            for answer in answers[: limits.calls_per_ip]:
                assert_problem(answer, *passed)
            for answer in answers[limits.calls_per_ip :]:
                body = assert_problem(answer, 429, "RATE_LIMITED")
                assert 1 <= body["retryAfter"] <= 60
