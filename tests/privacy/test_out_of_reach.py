"""Unknown, hidden, blocked and denied are one answer: to the byte, and to the clock."""

import json
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import combinations
from typing import Any

import httpx
import pytest

from stagedoor.calls import queries as calls
from stagedoor.calls.model import Ring
from stagedoor.messages import queries as messages
from stagedoor.privacy import queries as profiles
from tests.conftest import Stage
from tests.live import Live, live
from tests.privacy import unavailable

__all__ = ["live"]
BATCH = 250
BATCHES_MAX = 8
TELL = 0.05  # |AUC − 0.5|: how much better than a coin somebody with a stopwatch may guess


def fingerprint(response: httpx.Response) -> tuple[Any, ...]:
    """Everything that a client gets, but for the date and the request's id."""
    headers = sorted((name, value) for name, value in response.headers.items() if name not in ("date", "x-request-id"))
    body = json.loads(response.content)
    order = list(body)
    for name in ("timestamp", "requestId"):
        if name in body:
            body[name] = "*" * len(body[name])
    return response.status_code, tuple(headers), tuple(order), json.dumps(body)


async def test_unknown_hidden_blocked_and_denied_answer_with_the_same_bytes(stage: Stage) -> None:
    ids = await unavailable.fans(stage)
    how, kinds = unavailable.asks(stage, ids)
    for action, ask in how.items():
        answers = {kind: fingerprint(await ask(ids[kind])) for kind in kinds[action]}
        if action in ("see", "message"):
            answers["malformed"] = fingerprint(await ask("not-an-id"))
            answers["herself"] = fingerprint(await ask(str(stage.mia.id)))
        assert len(set(answers.values())) == 1, (action, answers)
        status = answers["unknown"][0]
        assert status == (200 if action == "search" else 404)


async def test_an_answer_would_differ_if_the_fan_were_in_reach(stage: Stage) -> None:
    """The same questions about Leo, who allows everything: the test above compares answers that can differ."""
    ids = await unavailable.fans(stage)
    how, _ = unavailable.asks(stage, {**ids, "leo": str(stage.leo.id)})
    await stage.leo.ask("PATCH", "/api/fans/me", unavailable.OPEN)
    assert (await stage.leo.ask("PUT", "/api/creators/mia/follow")).status_code == 200
    for action in ("see", "message", "call"):
        assert (await how[action](str(stage.leo.id))).status_code in (200, 201)
    found = await stage.mia.get("/api/fans/search?q=leo")
    assert [fan["username"] for fan in found["fans"]] == ["leo"]


async def test_the_database_does_the_same_work_for_each_of_them(stage: Stage) -> None:
    """What a loaded machine hides from a stopwatch: how often the permission functions are called."""
    ids = await unavailable.fans(stage)
    mia = stage.mia.id
    creator, rules = await stage.house.authenticator.authenticate(stage.mia.token), stage.house.settings.calls

    def ring(fan: uuid.UUID) -> list[Ring]:
        return [Ring(creator, fan, "voice", None)]

    asked: dict[str, Callable[[Any, str, uuid.UUID], Awaitable[Any]]] = {
        "see": lambda db, _kind, fan: profiles.profile(db, mia, fan),
        "message": lambda db, _kind, fan: messages.send(db, mia, fan, "Hello"),
        "call": lambda db, _kind, fan: calls.rings(db, ring(fan), rules, "webrtc"),
        "search": lambda db, kind, _fan: profiles.search(db, mia, f"'{unavailable.name(kind)}':*"),
    }
    _, kinds = unavailable.asks(stage, ids)
    for action, ask in asked.items():
        work = {}
        for kind in kinds[action]:
            async with stage.house.database.transaction() as db:
                await db.execute("SET LOCAL track_functions = 'all'")
                before = await called(db)
                await ask(db, kind, uuid.UUID(ids[kind]))
                work[kind] = await called(db) - before
        asked_about = {done["why_not"] for done in work.values()}
        assert len(asked_about) == 1 and asked_about != {0}, (action, work)


async def called(db: Any) -> Counter[str]:
    """How often each function was called on this connection."""
    rows = await db.fetch("SELECT funcname, calls FROM pg_stat_xact_user_functions")
    return Counter({row["funcname"]: row["calls"] for row in rows})


def auc(one: list[float], other: list[float]) -> float:
    """The chance that a sample of `one` is larger than one of `other` (Mann–Whitney, by ranks)."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    total = sum(rank for rank, (_, which) in enumerate(ranked, start=1) if which == 0)
    return (total - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))


def test_the_measure_tells_a_difference_and_finds_none_where_there_is_none() -> None:
    even, odd = [float(n) for n in range(0, 2000, 2)], [float(n) for n in range(1, 2000, 2)]
    assert abs(auc(even, odd) - 0.5) < 0.001
    assert auc([value + 150 for value in even], odd) > 0.5 + TELL


@pytest.mark.timeout(900)  # as many samples as it takes
async def test_no_stopwatch_tells_them_apart(live: Live) -> None:
    """Over a real connection. Samples are interleaved. More are taken as long as chance alone could have carried a pair
    over the limit."""
    ids = await unavailable.fans(live)
    how, kinds = unavailable.asks(live, ids)
    for action, ask in how.items():
        samples: dict[str, list[float]] = {kind: [] for kind in kinds[action]}
        for kind in kinds[action] * 10:
            await ask(ids[kind])
        for _ in range(BATCHES_MAX):
            for turn in range(BATCH):
                order = kinds[action][turn % len(samples) :] + kinds[action][: turn % len(samples)]
                for kind in order:
                    began = time.perf_counter()
                    await ask(ids[kind])
                    samples[kind].append(time.perf_counter() - began)
            tells = {
                (one, other): round(auc(samples[one], samples[other]) - 0.5, 3)
                for one, other in combinations(samples, 2)
            }
            if all(abs(tell) <= TELL for tell in tells.values()):
                break
        assert all(abs(tell) <= TELL for tell in tells.values()), (action, tells)
