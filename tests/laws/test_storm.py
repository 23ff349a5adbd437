"""Everybody does everything at once, in two processes' houses: no fault, no deadlock, and every call adds up."""

import asyncio
import math
import random
from dataclasses import replace
from typing import Any

from stagedoor.settings import Settings
from tests.conftest import Stage, quick, staged
from tests.laws.expected import price

WORKERS = 24
EACH = 40
STEPS = [*["ring"] * 4, *["answer"] * 4, *["talk"] * 5, "lose", "end", "sweep", "block", "tip"]
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
CALLS = """
SELECT c.*, i.state AS invitation, h.amount AS hold, h.captured, h.closed_at,
    (SELECT array_agg(e.version ORDER BY e.id) FROM events e WHERE e.call_id = c.id
        AND e.type NOT IN ('call.funds_low', 'call.taken_over')) AS told,
    (SELECT coalesce(sum(extract(epoch FROM s.ended_at - s.started_at)), 0)::float8 FROM call_segments s
        WHERE s.call_id = c.id) AS connected
FROM calls c JOIN call_invitations i ON i.call_id = c.id LEFT JOIN ledger_holds h ON h.call_id = c.id
"""
AGREED = {"declined": "declined", "cancelled": "cancelled", "missed": "expired"}


async def worker(stages: list[Stage], chance: random.Random) -> None:
    """One impatient client after another, each of a random person, on a random house."""
    for _ in range(EACH):
        stage = chance.choice(stages)
        creator, fan = stage.people[chance.choice(["mia", "noor"])], stage.people[chance.choice(["sam", "leo", "ines"])]
        who = chance.choice([creator, fan])
        step = chance.choice(STEPS)
        await asyncio.sleep(chance.random() * 0.02)
        if step == "ring":
            await fine(creator, "POST", "/api/calls/initiate", {"fanId": str(fan.id), "callType": "voice"})
        elif step == "sweep":
            await stage.house.sweeper.sweep()
        elif step == "tip":
            await fine(fan, "POST", f"/api/creators/{creator.username}/tip", {"tokens": 1})
        elif step == "block":
            await block(stage, creator.id, fan.id, by_fan=chance.random() < 0.5)
        else:
            await about_a_call(who, [creator, fan], step, chance)


async def about_a_call(who: Any, both: list[Any], step: str, chance: random.Random) -> None:
    current = (await fine(who, "GET", "/api/calls/current"))["calls"]
    if not current:
        return
    call_id = chance.choice(current)["id"]
    if step == "talk":
        media = f"/api/calls/{call_id}/media"
        await asyncio.gather(*(fine(side, "POST", media, {"state": "connected"}) for side in both))
    elif step == "lose":
        await fine(who, "POST", f"/api/calls/{call_id}/media", {"state": "lost"})
    elif step == "end":
        await fine(who, "POST", "/api/calls/end", {"callId": call_id})
    else:
        verb = chance.choice(["accept"] * 4 + ["decline", "cancel"])
        await fine(who, "POST", f"/api/calls/{verb}", {"callId": call_id})


async def fine(who: Any, method: str, path: str, body: Any = None) -> Any:
    """A refusal is fine; a fault is not."""
    reply = await who.ask(method, path, body)
    assert reply.status_code < 500, f"{path}: {reply.text}"
    return reply.json()


async def block(stage: Stage, creator: Any, fan: Any, *, by_fan: bool) -> None:
    """By plain SQL, and taken back at once, so that the pair goes on."""
    if by_fan:
        await stage.sql("INSERT INTO fan_blocked_creators VALUES ($1, $2) ON CONFLICT DO NOTHING", fan, creator)
        await stage.sql("DELETE FROM fan_blocked_creators WHERE fan_id = $1", fan)
    else:
        await stage.sql("INSERT INTO creator_blocked_users VALUES ($1, $2) ON CONFLICT DO NOTHING", creator, fan)
        await stage.sql("DELETE FROM creator_blocked_users WHERE creator_id = $1", creator)


async def everybody_hangs_up(stage: Stage) -> None:
    for who in stage.people.values():
        for call in (await who.get("/api/calls/current"))["calls"]:
            await who.post("/api/calls/end", {"callId": call["id"]})


async def test_a_storm_leaves_every_call_in_order(settings: Settings, dsn: str) -> None:
    rules = quick(settings, ring_seconds=1, cooldown_seconds=0, connect_seconds=1, gap_seconds=1, gaps_total_seconds=2)
    rules = replace(rules, pool_size=20)
    async with staged(rules, dsn) as one, staged(rules, dsn) as two:
        await one.sql("UPDATE users SET fan_privacy_visibility = 'creators', fan_allow_calls = 'everyone'")
        await asyncio.gather(*(worker([one, two], random.Random(seed)) for seed in range(WORKERS)))
        await everybody_hangs_up(one)
        calls = await one.sql(CALLS)
        for call in calls:
            assert call["invitation"] == AGREED.get(call["state"], "accepted"), call
            assert call["told"] == list(range(1, call["version"] + 1)), call
            assert (call["hold"] is None) == (call["accepted_at"] is None), call
            assert call["hold"] is None or call["closed_at"] is not None, call
            assert call["billable_seconds"] == math.ceil(round(call["connected"], 6)), call
            assert call["tokens_charged"] == price(call["billable_seconds"], 6) == (call["captured"] or 0), call
        await one.audit()
        assert await one.value(DEADLOCKS) == 0
    assert len(calls) >= 10
    assert any(call["connected_at"] is not None for call in calls), "the storm was one"
