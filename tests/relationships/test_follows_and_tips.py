"""Follows and tips: the facts that relationships follow from, and the tokens that move with them."""

import asyncio
import uuid

import pytest

from stagedoor.core.problems import Refusal
from stagedoor.relationships import Tips
from stagedoor.settings import Settings
from tests.conftest import Stage, quick, staged
from tests.ears import Ears


async def related(stage: Stage, fan: str = "leo", creator: str = "noor") -> bool:
    found: bool = await stage.value(
        "SELECT creator_has_relationship($1, $2)", stage.people[creator].id, stage.people[fan].id
    )
    return found


async def test_following_is_a_relationship_and_unfollowing_ends_it(stage: Stage) -> None:
    assert not await related(stage)
    for _ in range(2):
        reply = await stage.leo.ask("PUT", "/api/creators/noor/follow")
        assert reply.json() == {"ok": True, "follow": {"following": True}}
    assert await related(stage)
    for _ in range(2):
        reply = await stage.leo.ask("DELETE", "/api/creators/noor/follow")
        assert reply.json() == {"ok": True, "follow": {"following": False}}
    assert not await related(stage)
    types = [
        row["type"] for row in await stage.sql("SELECT type FROM events WHERE fan_id = $1 ORDER BY id", stage.leo.id)
    ]
    assert [kind for kind in types if "follow" in kind] == ["fan.followed", "fan.unfollowed"]


async def test_following_nobody_or_oneself_is_refused(stage: Stage) -> None:
    for path, code in (("sam", "CREATOR_NOT_FOUND"), ("nobody", "CREATOR_NOT_FOUND"), ("mia", "NOT_YOURSELF")):
        response = await stage.mia.ask("PUT", f"/api/creators/{path}/follow")
        assert response.json()["code"] == code


async def test_a_tip_moves_the_tokens_and_makes_a_relationship(stage: Stage) -> None:
    ears = Ears(stage)
    before = (await stage.noor.get("/api/wallet"))["wallet"]["balance"]
    reply = await stage.leo.post("/api/creators/noor/tip", {"tokens": 40}, status=201)
    assert reply["tip"]["tokens"] == 40
    assert reply["wallet"] == {"balance": 20, "held": 0, "available": 20}
    assert (await stage.noor.get("/api/wallet"))["wallet"]["balance"] == before + 40
    assert await related(stage)
    assert (await ears.hears(stage.leo, "wallet:changed"))["available"] == 20
    assert (await ears.hears(stage.noor, "wallet:changed"))["balance"] == before + 40
    assert "fans:changed" in ears.names(stage.noor)
    await stage.audit()


async def test_a_tip_beyond_the_wallet_moves_nothing_and_says_how_much_is_missing(stage: Stage) -> None:
    response = await stage.leo.ask("POST", "/api/creators/noor/tip", {"tokens": 61})
    assert (response.status_code, response.json()["code"]) == (402, "INSUFFICIENT_TOKENS")
    assert response.json()["details"] == {"missingTokens": 1}
    assert not await related(stage)
    await stage.audit()


async def test_of_many_tips_at_once_as_many_are_given_as_the_wallet_holds(stage: Stage) -> None:
    replies = await asyncio.gather(*(stage.leo.ask("POST", "/api/creators/noor/tip", {"tokens": 7}) for _ in range(20)))
    assert sorted(reply.status_code for reply in replies) == [201] * 8 + [402] * 12
    assert (await stage.leo.get("/api/wallet"))["wallet"]["balance"] == 60 - 8 * 7
    await stage.audit()


async def test_the_same_key_tips_once_and_answers_the_same(stage: Stage) -> None:
    async def tip(tokens: int = 5) -> tuple[int, str]:
        response = await stage.leo.ask("POST", "/api/creators/noor/tip", {"tokens": tokens}, Idempotency_Key="one")
        return response.status_code, response.text

    replies = await asyncio.gather(*(tip() for _ in range(10)))
    assert len(set(replies)) == 1
    assert replies[0][0] == 201
    assert (await stage.leo.get("/api/wallet"))["wallet"]["balance"] == 55
    assert "IDEMPOTENCY_KEY_REUSED" in (await tip(6))[1]


async def test_a_refunded_tip_is_given_back_whole_and_is_no_relationship(stage: Stage) -> None:
    tips: Tips = stage.house.services[Tips]
    tip = (await stage.leo.post("/api/creators/noor/tip", {"tokens": 40}, status=201))["tip"]
    tip_id = uuid.UUID(tip["id"])
    refunds = await asyncio.gather(*(tips.refund(tip_id, operator=stage.ops.id) for _ in range(5)))
    assert sorted(refunds) == [False] * 4 + [True]
    assert (await stage.leo.get("/api/wallet"))["wallet"]["balance"] == 60
    assert not await related(stage)
    with pytest.raises(Refusal, match="TIP_NOT_FOUND"):
        await tips.refund(uuid.uuid4(), operator=None)
    await stage.audit()


async def test_the_fee_goes_to_the_house_and_comes_back_with_the_refund(settings: Settings, dsn: str) -> None:
    async with staged(quick(settings, fee_basis_points=1000), dsn) as stage:
        before = (await stage.noor.get("/api/wallet"))["wallet"]["balance"]
        tip = (await stage.leo.post("/api/creators/noor/tip", {"tokens": 35}, status=201))["tip"]
        assert (await stage.noor.get("/api/wallet"))["wallet"]["balance"] == before + 32
        house = "SELECT sum(posted)::int FROM ledger_accounts WHERE kind = 'platform'"
        assert await stage.value(house) == 3
        await stage.house.services[Tips].refund(uuid.UUID(tip["id"]), operator=None)
        assert await stage.value(house) == 0
        assert (await stage.leo.get("/api/wallet"))["wallet"]["balance"] == 60
        await stage.audit()


async def test_a_tip_that_the_creator_has_spent_is_not_refunded(stage: Stage) -> None:
    poor = await stage.person("poor-creator", creator=True)
    tip = (await stage.leo.post("/api/creators/poor-creator/tip", {"tokens": 40}, status=201))["tip"]
    await poor.post("/api/creators/mia/tip", {"tokens": 30}, status=201)
    with pytest.raises(Refusal, match="INSUFFICIENT_TOKENS"):
        await stage.house.services[Tips].refund(uuid.UUID(tip["id"]), operator=None)
    assert await related(stage, "leo", "poor-creator")
    await stage.audit()


async def test_many_follows_tips_and_unfollows_at_once_leave_the_true_count(stage: Stage) -> None:
    """Ten tips of one pair while it follows and unfollows: the trigger's increments are not lost."""
    fan = await stage.person("busy", tokens=100)

    async def back_and_forth() -> None:
        for _ in range(5):
            await fan.ask("PUT", "/api/creators/noor/follow")
            await fan.ask("DELETE", "/api/creators/noor/follow")

    tips = (fan.post("/api/creators/noor/tip", {"tokens": 1}, status=201) for _ in range(10))
    await asyncio.gather(back_and_forth(), *tips)
    rows = await stage.sql(
        "SELECT follows, tips, calls FROM creator_fan_relationships WHERE creator_id = $1 AND fan_id = $2",
        stage.noor.id,
        fan.id,
    )
    assert rows == [{"follows": False, "tips": 10, "calls": 0}]
