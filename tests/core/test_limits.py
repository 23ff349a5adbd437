"""How often: by address and by user, budget by budget, shared through Redis where there are several houses."""

import asyncio
import time
import uuid
from dataclasses import replace

import pytest

from stagedoor.core.limits import Limiter
from stagedoor.core.problems import RateLimited, Unavailable
from stagedoor.settings import Limits, Settings
from tests.conftest import Stage, staged
from tests.outside import Outside, assert_problem, bearer
from tests.redis_server import RedisServer


async def passes(limiter: Limiter, times: int, who: str = "198.51.100.1") -> int:
    """How many of that many hits at once are let through."""
    hits = (limiter.by_ip("calls", who) for _ in range(times))
    answers = await asyncio.gather(*hits, return_exceptions=True)
    assert all(answer is None or isinstance(answer, RateLimited) for answer in answers)
    return answers.count(None)


async def test_the_defaults_are_five_a_minute_by_address_and_ten_by_user() -> None:
    limiter = Limiter(Limits())
    assert await passes(limiter, 40) == 5
    assert await passes(limiter, 40, "198.51.100.2") == 5
    for _ in range(10):
        await limiter.by_user("calls", "mia")
    with pytest.raises(RateLimited):
        await limiter.by_user("calls", "mia")
    await limiter.by_user("calls", "noor")


async def test_budgets_do_not_eat_each_other() -> None:
    limiter = Limiter(Limits(calls_per_ip=1, general=1, tight=1))
    for budget in ("calls", "general", "tight"):
        await limiter.by_ip(budget, "198.51.100.1")
        with pytest.raises(RateLimited):
            await limiter.by_ip(budget, "198.51.100.1")


async def test_the_window_moves_and_retry_after_is_when_the_next_one_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that starts anew every minute would let nine through around its end."""
    start = 1_800_000_000 + 58.0
    now = start
    monkeypatch.setattr(time, "time", lambda: now)
    limiter = Limiter(Limits())
    assert await passes(limiter, 4) == 4
    now = start + 4
    assert await passes(limiter, 5) == 1
    now = start + 30
    with pytest.raises(RateLimited) as refused:
        await limiter.by_ip("calls", "198.51.100.1")
    assert refused.value.retry_after == 30
    assert refused.value.headers == {"RateLimit-Policy": '"ip";q=5;w=60', "RateLimit": '"ip";r=0;t=30'}
    now = start + 59.5
    assert await passes(limiter, 3) == 0
    now = start + 60.5
    assert await passes(limiter, 9) == 4


async def test_a_creator_meets_the_users_limit_from_ever_new_addresses(settings: Settings, dsn: str) -> None:
    async with staged(replace(settings, limits=Limits()), dsn) as stage:
        outside = Outside(stage.house)
        answers = []
        for n in range(12):
            async with outside.at(f"198.51.100.{n}", **bearer(stage.mia.token)) as visitor:
                answers.append(await visitor.post("/api/calls/initiate"))
        assert [answer.status_code for answer in answers] == [422] * 10 + [429] * 2
        body = assert_problem(answers[-1], 429, "RATE_LIMITED")
        assert answers[-1].headers["ratelimit"] == f'"user";r=0;t={body["retryAfter"]}'
        async with outside.at("198.51.100.77", **bearer(stage.noor.token)) as visitor:
            assert (await visitor.post("/api/calls/initiate")).status_code == 422


async def test_signing_in_is_tight_and_everything_else_general(settings: Settings, dsn: str) -> None:
    async with (
        staged(replace(settings, limits=Limits(general=5, tight=2)), dsn) as stage,
        Outside(stage.house).at("198.51.100.1") as visitor,
    ):
        wrong = {"username": "mia", "password": "wrong"}
        for expected in (401, 401, 429, 429):
            assert (await visitor.post("/api/session", json=wrong)).status_code == expected
        for expected in (200, 200, 200, 200, 200, 429):
            assert (await visitor.get("/api/session")).status_code == expected


async def test_two_houses_count_together(settings: Settings, dsn: str, redis_server: RedisServer) -> None:
    shared = replace(settings, redis_url=redis_server.url, limits=Limits())
    async with staged(shared, dsn) as here, staged(shared, dsn) as there:
        statuses = []
        for n in range(8):
            stage: Stage = (here, there)[n % 2]
            async with Outside(stage.house).at("198.51.100.1", **bearer(stage.mia.token)) as visitor:
                statuses.append((await visitor.post("/api/calls/initiate")).status_code)
        assert statuses == [422] * 5 + [429] * 3
    limiter = Limiter(Limits(), redis_url=redis_server.url)
    assert await passes(limiter, 40, "198.51.100.9") == 5
    await limiter.close()


@pytest.mark.parametrize("end", ["killed", "frozen"])
async def test_without_redis_reads_go_on_and_initiate_is_a_503_until_it_is_back(
    settings: Settings, dsn: str, redis_server: RedisServer, end: str
) -> None:
    shared = replace(settings, redis_url=redis_server.url, limits=Limits())
    async with (
        staged(shared, dsn) as stage,
        Outside(stage.house).at("198.51.100.1", **bearer(stage.mia.token)) as visitor,
    ):
        ring = {"fanId": str(uuid.uuid4()), "callType": "video"}
        assert_problem(await visitor.post("/api/calls/initiate", json=ring), 404, "FAN_UNAVAILABLE")
        redis_server.kill() if end == "killed" else redis_server.freeze()
        for _ in range(2):
            asked_at = time.monotonic()
            body = assert_problem(await visitor.post("/api/calls/initiate", json=ring), 503, "SERVICE_UNAVAILABLE")
            assert body["retryAfter"] >= 1
            assert time.monotonic() - asked_at < 1
        asked_at = time.monotonic()
        for path in ("/api/wallet", "/api/calls/current"):
            assert (await visitor.get(path)).status_code == 200
        assert time.monotonic() - asked_at < 1
        if end == "killed":
            await redis_server.start()
        else:
            redis_server.thaw()
        await asyncio.sleep(1.1)
        assert_problem(await visitor.post("/api/calls/initiate", json=ring), 404, "FAN_UNAVAILABLE")


async def test_a_refusal_of_redis_is_a_503_and_not_a_fault(redis_server: RedisServer) -> None:
    limiter = Limiter(Limits(), redis_url=redis_server.url)
    assert await passes(limiter, 5) == 5
    redis_server.kill()
    with pytest.raises(Unavailable) as refused:
        await limiter.by_ip("calls", "198.51.100.1")
    assert refused.value.retry_after == 5
    await limiter.by_ip("general", "198.51.100.1")
    await limiter.close()
