"""The operators' overview says what happened, in figures that can be checked by hand."""

import asyncio

import pytest

from tests.conftest import Stage
from tests.ops.conftest import short_call


async def test_the_funnel_and_the_rates_are_those_of_the_calls_that_were_made(stage: Stage) -> None:
    for _ in range(2):
        assert await short_call(stage, stage.mia)
    declined = await stage.ring()
    await stage.sam.post("/api/calls/decline", {"callId": declined})
    failed = await stage.ring()
    await stage.sam.post("/api/calls/accept", {"callId": failed})
    await stage.mia.post("/api/calls/end", {"callId": failed})
    await stage.ring()

    overview = (await stage.ops.get("/api/ops/overview?range=hour"))["overview"]
    funnel = overview["funnel"]
    assert {name: funnel[name] for name in ("rung", "accepted", "connected", "completed", "declined", "missed")} == {
        "rung": 5, "accepted": 3, "connected": 2, "completed": 2, "declined": 1, "missed": 0,
    }  # fmt: skip
    assert funnel["answerRate"] == pytest.approx(3 / 4), "the one that still rings is not counted"
    assert funnel["connectRate"] == pytest.approx(2 / 3)
    assert funnel["completionRate"] == 1
    charged = await stage.value("SELECT sum(tokens_charged) FROM calls")
    assert (funnel["callTokens"], funnel["tokensPerCall"]) == (charged, charged / 2)
    assert (funnel["creatorsCalling"], funnel["fansAccepting"]) == (1, 1)
    assert overview["callsInProgress"] == {"ringing": 1}
    assert sum(point["rung"] for point in overview["points"]) == 5
    assert sum(point["tokens"] for point in overview["points"]) == charged


@pytest.mark.parametrize(("name", "points"), [("hour", 61), ("day", 49), ("week", 57)])
async def test_every_range_is_plotted_without_gaps(stage: Stage, name: str, points: int) -> None:
    overview = (await stage.ops.get(f"/api/ops/overview?range={name}"))["overview"]
    assert len(overview["points"]) == points
    assert overview["points"] == sorted(overview["points"], key=lambda point: point["at"])


async def test_requests_errors_and_refusals_reach_the_overview(stage: Stage) -> None:
    for _ in range(10):
        await stage.mia.get("/api/session")
    for _ in range(3):
        await stage.mia.ask("GET", "/api/ops/flags")
        await stage.ops.get("/api/ops/flags")  # an open page of an operator is no traffic
    await stage.house.tally.flush()
    overview = (await stage.ops.get("/api/ops/overview"))["overview"]
    assert overview["requests"] == 13 and overview["errorRate"] == 0
    assert overview["refusals"] == [{"code": "FORBIDDEN", "count": 3}]
    assert 0 < overview["p95Seconds"] < 5


async def test_adoption_counts_who_looked_after_their_privacy(stage: Stage) -> None:
    people = await stage.value("SELECT count(*) FROM users WHERE NOT is_operator")
    await stage.sam.ask("PATCH", "/api/fans/me", {"allowCalls": "nobody"})
    await stage.sam.ask("PATCH", "/api/fans/me", {"allowCalls": "everyone"})
    people_now = (await stage.ops.get("/api/ops/overview"))["overview"]["people"]
    assert people_now["adoptionRate"] == pytest.approx(1 / people)


async def test_callers_who_return_called_on_two_days(stage: Stage) -> None:
    await short_call(stage, stage.mia)
    await stage.sql("UPDATE calls SET created_at = created_at - interval '30 hours'")
    await short_call(stage, stage.mia)
    await stage.sql("INSERT INTO follows VALUES ($1, $2)", stage.sam.id, stage.noor.id)
    await short_call(stage, stage.noor)
    overview = (await stage.ops.get("/api/ops/overview?range=week"))["overview"]
    assert overview["people"]["returningRate"] == pytest.approx(1 / 2)
    assert overview["funnel"]["creatorsCalling"] == 2


async def test_each_part_says_how_it_is(stage: Stage) -> None:
    await asyncio.sleep(0.2)
    await stage.house.guard.look()
    await stage.house.tally.flush()
    parts = {part["name"]: part for part in (await stage.ops.get("/api/ops/overview"))["overview"]["parts"]}
    assert {name: part["state"] for name, part in parts.items()} == {
        "database": "ok", "connections": "ok", "servers": "ok", "deliveries": "ok", "timers": "ok", "guard": "ok",
        "ledger": "ok", "backup": "off", "redis": "off", "flags": "ok",
    }  # fmt: skip
    call_id = await stage.ring()
    async with stage.house.database.transaction() as lock:  # as if no sweeper could do its work
        await lock.execute("SELECT 1 FROM call_invitations FOR UPDATE")
        await stage.sql("UPDATE calls SET due_at = now() - interval '40 seconds' WHERE id = $1", call_id)
        overview = (await stage.ops.get("/api/ops/overview"))["overview"]
    assert next(part for part in overview["parts"] if part["name"] == "timers")["state"] == "down"


async def test_only_operators_see_it(stage: Stage) -> None:
    for path in ("/api/ops/overview", "/api/ops/events", "/api/ops/rollout"):
        assert (await stage.mia.ask("GET", path)).status_code == 403
        assert (await stage.http.get(path)).status_code == 401
