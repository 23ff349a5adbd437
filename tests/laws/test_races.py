"""In every race one wins, the losers are told what happened, and call, invitation, hold and events agree."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.conftest import Caller, Stage

MANY = 50
ROUNDS = 6


async def codes(*requests: Any) -> Counter[str]:
    """How often each outcome came: `ok`, or the refusal's code. A server fault is none of them."""
    replies = await asyncio.gather(*requests)
    for reply in replies:
        assert reply.status_code < 500, reply.text
    return Counter("ok" if reply.status_code < 300 else reply.json()["code"] for reply in replies)


async def coherent(stage: Stage, call_id: str) -> str:
    """The call's state, after checking that everything which speaks of it says the same."""
    [row] = await stage.sql(
        "SELECT c.state, c.version, i.state AS invitation, c.ended_at IS NULL AS running,"
        " (SELECT count(*) FROM ledger_holds h WHERE h.call_id = c.id AND h.closed_at IS NULL) AS open_holds,"
        " (SELECT array_agg(e.version ORDER BY e.version) FROM events e WHERE e.call_id = c.id"
        "  AND e.type <> 'call.funds_low' AND e.type <> 'call.taken_over') AS told"
        " FROM calls c JOIN call_invitations i ON i.call_id = c.id WHERE c.id = $1",
        call_id,
    )
    agreed = {"ringing": "pending", "declined": "declined", "cancelled": "cancelled", "missed": "expired"}
    assert row["invitation"] == agreed.get(row["state"], "accepted")
    assert row["told"] == list(range(1, row["version"] + 1))
    assert row["open_holds"] == int(row["running"] and row["state"] != "ringing")
    await stage.audit()
    return str(row["state"])


def accept(who: Caller, call_id: str, device: str | None = None) -> Any:
    return who.ask("POST", "/api/calls/accept", {"callId": call_id, "deviceId": device})


async def test_one_of_many_accepts_wins(stage: Stage) -> None:
    call_id = await stage.ring()
    outcome = await codes(*(accept(stage.sam, call_id, f"device {n}") for n in range(MANY)))
    assert outcome == {"ok": 1, "ANSWERED_ELSEWHERE": MANY - 1}
    assert await coherent(stage, call_id) == "connecting"


async def test_one_of_a_hundred_simultaneous_initiates_rings(stage: Stage) -> None:
    body = {"fanId": str(stage.sam.id), "callType": "video"}
    outcome = await codes(*(stage.mia.ask("POST", "/api/calls/initiate", body) for _ in range(100)))
    assert outcome["ok"] == 1
    assert set(outcome) <= {"ok", "CALL_COOLDOWN", "CREATOR_BUSY"}
    assert await stage.value("SELECT count(*) FROM calls") == 1
    assert await stage.value("SELECT count(*) FROM events WHERE type = 'call.ringing'") == 1


async def test_a_creator_rings_one_of_many_fans(stage: Stage) -> None:
    fans = [await stage.person(f"fan{n}") for n in range(20)]
    await stage.sql(
        "INSERT INTO follows SELECT id, $1 FROM users WHERE username LIKE 'fan%'",
        stage.mia.id,
    )
    outcome = await codes(
        *(stage.mia.ask("POST", "/api/calls/initiate", {"fanId": str(f.id), "callType": "voice"}) for f in fans)
    )
    assert outcome == {"ok": 1, "CREATOR_BUSY": 19}
    assert await stage.value("SELECT count(*) FROM call_cooldowns") == 1  # who did not ring started no cooldown


async def test_a_fan_has_one_live_call_whoever_rings(stage: Stage) -> None:
    await stage.sql("DELETE FROM call_cooldowns")
    body = {"fanId": str(stage.sam.id), "callType": "video"}
    calls = [(await creator.post("/api/calls/initiate", body))["call"]["id"] for creator in (stage.mia, stage.noor)]
    outcome = await codes(*(accept(stage.sam, call) for call in calls))
    assert outcome == {"ok": 1, "FAN_BUSY": 1}
    assert sorted([await coherent(stage, call) for call in calls]) == ["connecting", "ringing"]


async def expire_by_hand(stage: Stage, call_id: str) -> None:
    await stage.sql("UPDATE call_invitations SET state = 'expired' WHERE call_id = $1 AND state = 'pending'", call_id)


async def cancel(stage: Stage, call_id: str) -> None:
    reply = await stage.mia.ask("POST", "/api/calls/cancel", {"callId": call_id})
    assert reply.status_code in (200, 409), reply.text


async def decline(stage: Stage, call_id: str) -> None:
    reply = await stage.sam.ask("POST", "/api/calls/decline", {"callId": call_id})
    assert reply.status_code in (200, 409), reply.text


async def block_by_fan(stage: Stage, call_id: str) -> None:
    assert (await stage.sam.ask("PUT", f"/api/fans/blocks/{stage.mia.id}")).status_code == 200


async def block_by_sql(stage: Stage, call_id: str) -> None:
    await stage.sql("INSERT INTO creator_blocked_users VALUES ($1, $2)", stage.mia.id, stage.sam.id)


@pytest.mark.parametrize(
    ("rival", "outcomes"),
    [
        (expire_by_hand, {"connecting", "missed"}),
        (cancel, {"connecting", "cancelled"}),
        (decline, {"connecting", "declined"}),
        (block_by_fan, {"ended", "cancelled"}),
        (block_by_sql, {"ended", "cancelled"}),
    ],
)
async def test_accept_against_a_rival_has_one_outcome(stage: Stage, rival: Any, outcomes: set[str]) -> None:
    for round_number in range(ROUNDS):
        await stage.sql("DELETE FROM creator_blocked_users")
        await stage.sql("DELETE FROM fan_blocked_creators")
        call_id = await stage.ring()
        contenders = [accept(stage.sam, call_id, f"{n}") for n in range(10)]
        contenders.insert(round_number % 10, rival(stage, call_id))
        replies = await asyncio.gather(*contenders)
        accepted = [reply for reply in replies if reply is not None and reply.status_code == 200]
        state = await coherent(stage, call_id)
        assert state in outcomes
        assert len(accepted) == (1 if state in ("connecting", "ended") else 0)
        if state == "connecting":
            await stage.mia.post("/api/calls/end", {"callId": call_id})


async def test_a_late_accept_is_refused_even_before_anybody_expired_it(stage: Stage) -> None:
    call_id = await stage.ring()
    await stage.sql("UPDATE call_invitations SET expires_at = clock_timestamp() WHERE call_id = $1", call_id)
    assert await codes(*(accept(stage.sam, call_id) for _ in range(10))) == {"INVITATION_EXPIRED": 10}


async def test_no_ring_survives_a_block_that_it_raced(stage: Stage) -> None:
    body = {"fanId": str(stage.sam.id), "callType": "video"}
    for _ in range(ROUNDS * 2):
        await stage.sql("DELETE FROM creator_blocked_users")
        await stage.sql("DELETE FROM call_cooldowns")
        await asyncio.gather(
            stage.mia.ask("POST", "/api/calls/initiate", body),
            block_by_sql(stage, ""),
        )
        assert await stage.value("SELECT count(*) FROM calls WHERE ended_at IS NULL") == 0


async def test_the_end_is_billed_once_however_many_hang_up(stage: Stage) -> None:
    before = (await stage.sam.get("/api/wallet"))["wallet"]["balance"]
    call_id = await stage.connect()
    await asyncio.sleep(1.1)
    hang_ups = [
        who.ask("POST", "/api/calls/end", {"callId": call_id})
        for who in (stage.mia, stage.sam)
        for _ in range(MANY // 2)
    ]
    assert await codes(*hang_ups) == {"ok": MANY}
    assert await coherent(stage, call_id) == "ended"
    charged = await stage.value("SELECT tokens_charged FROM calls WHERE id = $1", call_id)
    assert charged > 0
    assert (await stage.sam.get("/api/wallet"))["wallet"]["balance"] == before - charged
    assert await stage.value("SELECT count(*) FROM ledger_transactions WHERE ref = $1", call_id) == 1


async def test_idempotency_key_rings_once(stage: Stage) -> None:
    body = {"fanId": str(stage.sam.id), "callType": "video"}
    replies = await asyncio.gather(
        *(stage.mia.ask("POST", "/api/calls/initiate", body, Idempotency_Key="one press") for _ in range(10))
    )
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.json()["call"]["id"] for reply in replies}) == 1
