"""Rings that are asked for at the same moment share a statement, and nothing else."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from stagedoor.calls import queries
from stagedoor.calls.model import Ring
from stagedoor.calls.together import MOST
from stagedoor.settings import Settings
from tests.conftest import Caller, Stage, staged
from tests.ears import Ears

MANY = 2 * MOST
INITIATE = "/api/calls/initiate"


@dataclass
class Crowd:
    """Creators, each with a fan of her own whom she may ring."""

    stage: Stage
    creators: list[Caller]
    fans: list[Caller]

    def ring(self, number: int, fan: int | None = None) -> Any:
        fan_id = self.fans[number if fan is None else fan].id
        return self.creators[number].ask("POST", INITIATE, {"fanId": str(fan_id), "callType": "voice"})

    def rings(self, *numbers: int) -> Any:
        return asyncio.gather(*map(self.ring, numbers or range(len(self.creators))))


@pytest.fixture
async def crowd(stage: Stage) -> AsyncIterator[Crowd]:
    creators = [await stage.person(f"creator{n}", creator=True) for n in range(MANY)]
    fans = [await stage.person(f"fan{n}") for n in range(MANY)]
    everybody = "SELECT f.id, c.id FROM users f, users c WHERE NOT f.is_creator AND c.is_creator"
    await stage.sql(f"INSERT INTO follows {everybody} ON CONFLICT DO NOTHING")
    yield Crowd(stage, creators, fans)
    await stage.audit()


def codes(answers: list[Any]) -> Counter[str]:
    return Counter("ok" if answer.status_code == 201 else answer.json()["code"] for answer in answers)


async def test_a_crowd_takes_a_few_commits_and_every_fan_hears_her_own_ring_once(crowd: Crowd) -> None:
    ears = Ears(crowd.stage)
    assert codes(await crowd.rings()) == {"ok": MANY}
    assert await crowd.stage.value("SELECT count(DISTINCT xmin::text) FROM calls") < MANY / 3
    await ears.settle()
    for creator, fan in zip(crowd.creators, crowd.fans, strict=True):
        [(name, told)] = ears.of(fan)
        assert (name, told["creatorId"]) == ("call:incoming", str(creator.id))
    requests = await crowd.stage.sql("SELECT DISTINCT request_id FROM events WHERE type = 'call.ringing'")
    assert len(requests) == MANY, "each is on record under its own request"


async def test_each_of_a_crowd_is_refused_as_it_would_be_alone(crowd: Crowd) -> None:
    stage, pairs = crowd.stage, list(zip(crowd.creators, crowd.fans, strict=True))
    await stage.sql("UPDATE users SET fan_allow_calls = 'nobody' WHERE id = $1", pairs[0][1].id)
    await stage.sql("INSERT INTO fan_blocked_creators VALUES ($1, $2)", pairs[1][1].id, pairs[1][0].id)
    wait = "INSERT INTO call_cooldowns VALUES ($1, $2, clock_timestamp() + interval '1 minute')"
    await stage.sql(wait, pairs[2][0].id, pairs[2][1].id)
    assert (await crowd.ring(3, fan=4)).status_code == 201
    expected = ["FAN_UNAVAILABLE", "FAN_UNAVAILABLE", "CALL_COOLDOWN", "CREATOR_BUSY", *["ok"] * (MANY - 4)]
    answers = await crowd.rings()
    assert [next(iter(codes([answer]))) for answer in answers] == expected
    refused, blocked = ({**answer.json(), "requestId": "", "timestamp": ""} for answer in answers[:2])
    assert refused == blocked, "a block is not told"
    assert await stage.value("SELECT count(*) FROM calls") == MANY - 3


async def test_a_ring_that_waits_for_a_block_of_its_pair_holds_up_nobody(crowd: Crowd) -> None:
    held = 5
    async with crowd.stage.house.database.transaction() as block:
        for creator, fan in zip(crowd.creators[:held], crowd.fans[:held], strict=True):
            await block.execute("INSERT INTO creator_blocked_users VALUES ($1, $2)", creator.id, fan.id)
        waiting = asyncio.ensure_future(crowd.rings(*range(held)))
        async with asyncio.timeout(10):
            assert codes(await crowd.rings(*range(held, MANY))) == {"ok": MANY - held}
        assert not waiting.done()
    assert codes(await waiting) == {"FAN_UNAVAILABLE": held}


async def test_a_creator_who_rings_from_elsewhere_at_that_moment_spoils_no_other_ring(crowd: Crowd) -> None:
    stage = crowd.stage
    busy = await stage.house.authenticator.authenticate(crowd.creators[0].token)
    async with stage.house.journal.transaction() as tx:
        await queries.ring(tx.db, Ring(busy, stage.sam.id, "voice", None), stage.house.settings.calls, "webrtc")
        all_rings = asyncio.ensure_future(crowd.rings())
        await asyncio.sleep(0.3)
    assert codes(await all_rings) == {"ok": MANY - 1, "CREATOR_BUSY": 1}
    assert await stage.value("SELECT count(*) FROM calls") == MANY


async def test_who_leaves_while_asking_takes_nobody_along_and_is_heard(crowd: Crowd) -> None:
    ears = Ears(crowd.stage)
    tasks = [asyncio.ensure_future(crowd.ring(n)) for n in range(MANY)]
    async with asyncio.timeout(10):
        while not await crowd.stage.value("SELECT count(*) FROM calls"):  # noqa: ASYNC110
            await asyncio.sleep(0)
    gone = [task for task in tasks if not task.done()][::2]
    for task in gone:
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert codes([answer for answer in answers if not isinstance(answer, BaseException)]).keys() == {"ok"}
    await ears.settle()
    rang = await crowd.stage.value("SELECT count(*) FROM calls")
    assert MANY - len(gone) <= rang == sum(name == "call:incoming" for _, name, _ in ears.heard)


async def test_crowds_of_two_processes_ring_each_creator_once_and_never_wait_for_each_other(
    crowd: Crowd, settings: Settings, dsn: str
) -> None:
    async with staged(settings, dsn) as other:
        there = Crowd(
            other,
            [Caller(each.username, each.id, each.token, other.http) for each in crowd.creators],
            crowd.fans[1:] + crowd.fans[:1],
        )
        for _ in range(5):
            await crowd.stage.sql("DELETE FROM call_cooldowns")
            backwards = range(MANY - 1, -1, -1)
            here, elsewhere = await asyncio.gather(crowd.rings(), there.rings(*backwards))
            assert codes([*here, *elsewhere]) == {"ok": MANY, "CREATOR_BUSY": MANY}
            await crowd.stage.sql("UPDATE call_invitations SET state = 'cancelled' WHERE state = 'pending'")
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert await crowd.stage.value(deadlocks) == 0
