"""The books by themselves: whatever is tried in SQL, they stay right, and the audit sees what does not."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.conftest import Stage

POST = "SELECT ledger_post($1, 'tip', NULL, '', ARRAY[user_account($2), user_account($3)], ARRAY[-$4::bigint, $4])"


@pytest.fixture
async def db(stage: Stage) -> AsyncIterator[Any]:
    async with stage.house.database.connection() as connection:
        yield connection


async def balance(stage: Stage, who: str) -> int:
    return int((await stage.people[who].get("/api/wallet"))["wallet"]["balance"])


async def test_one_key_is_posted_once_however_many_try(stage: Stage) -> None:
    before = await balance(stage, "sam")
    done = await asyncio.gather(
        *(stage.value(POST, "the same", stage.sam.id, stage.mia.id, 3) for _ in range(30)),
    )
    assert done.count(True) == 1
    assert await balance(stage, "sam") == before - 3
    await stage.audit()


async def test_nobody_spends_more_than_is_there_however_many_try(stage: Stage) -> None:
    before = await balance(stage, "sam")
    each = before // 4
    done = await asyncio.gather(
        *(stage.value(POST, f"spend {n}", stage.sam.id, stage.mia.id, each) for n in range(20)), return_exceptions=True
    )
    assert done.count(True) == 4
    assert all(getattr(error, "constraint_name", None) == "sufficient_tokens" for error in done if error is not True)
    assert await balance(stage, "sam") == before - 4 * each
    await stage.audit()


async def test_payments_in_every_direction_never_deadlock(stage: Stage) -> None:
    people = [stage.sam, stage.leo, stage.ines, stage.mia, stage.noor]
    await asyncio.gather(
        *(
            stage.value(POST, f"{a.username}-{b.username}-{n}", a.id, b.id, 1)
            for n in range(8)
            for a in people[:3]
            for b in people
            if a is not b
        )
    )
    await stage.audit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET amount = amount + 1",
        "DELETE FROM ledger_entries",
        "TRUNCATE ledger_entries CASCADE",
        "UPDATE ledger_transactions SET memo = 'changed'",
        "DELETE FROM ledger_transactions",
        "TRUNCATE ledger_transactions CASCADE",
        "DELETE FROM ledger_holds",
        "UPDATE ledger_holds SET closed_at = NULL, captured = 0",
        "UPDATE ledger_holds SET amount = amount + 1",
        "UPDATE ledger_holds SET captured = captured + 1",
    ],
)
async def test_what_was_posted_stays_as_it_is(stage: Stage, statement: str) -> None:
    call_id = await stage.connect()
    await stage.sam.post("/api/calls/end", {"callId": call_id})
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await stage.sql(statement)
    await stage.audit()


@pytest.mark.parametrize(
    "amounts", [[-5, 4], [5, 5], [-1, 0], [5]], ids=["short", "both gain", "zero is left out", "one side"]
)
async def test_a_transaction_that_does_not_balance_is_refused_at_commit(stage: Stage, amounts: list[int]) -> None:
    accounts = [await stage.value("SELECT user_account($1)", who.id) for who in (stage.sam, stage.mia)]
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="sums to"):
        await stage.sql(
            "SELECT ledger_post('odd', 'tip', NULL, '', $1::bigint[], $2::bigint[])", accounts[: len(amounts)], amounts
        )
    await stage.audit()


async def test_a_hold_captures_no_more_than_it_holds_and_once(db: Any, stage: Stage) -> None:
    before = await balance(stage, "sam")
    call_id = uuid.uuid4()
    await db.execute(
        "INSERT INTO ledger_holds (call_id, account_id, amount) VALUES ($1, user_account($2), 24)",
        call_id,
        stage.sam.id,
    )
    assert await db.fetchval("SELECT hold_extend($1, 10)", call_id) == 34
    assert await db.fetchval("SELECT hold_extend($1, -5)", call_id) == 34
    assert await db.fetchval("SELECT hold_extend($1, 1000000)", call_id) == before
    for wanted in (10**9, 5, 0):
        captured = await db.fetchval("SELECT hold_capture($1, $2, 0, $3)", call_id, wanted, stage.mia.id)
        assert captured == before, "the first capture stands"
    assert await db.fetchval("SELECT hold_extend($1, 1)", call_id) == 0
    assert await balance(stage, "sam") == 0
    await stage.audit()


@pytest.mark.parametrize("fee", [0, 1, 1500, 9999, 10_000])
async def test_fee_and_payout_are_the_charge(db: Any, stage: Stage, fee: int) -> None:
    before = await balance(stage, "mia")
    call_id = uuid.uuid4()
    await db.execute(
        "INSERT INTO ledger_holds (call_id, account_id, amount) VALUES ($1, user_account($2), 99)",
        call_id,
        stage.sam.id,
    )
    await db.execute("SELECT hold_capture($1, 77, $2, $3)", call_id, fee, stage.mia.id)
    assert await balance(stage, "mia") == before + 77 - 77 * fee // 10_000
    platform = await db.fetchval("SELECT sum(posted) FROM ledger_accounts WHERE kind = 'platform'")
    assert platform == 77 * fee // 10_000
    await stage.audit()


async def test_a_capture_of_nothing_posts_nothing(db: Any, stage: Stage) -> None:
    call_id = uuid.uuid4()
    await db.execute(
        "INSERT INTO ledger_holds (call_id, account_id, amount) VALUES ($1, user_account($2), 9)", call_id, stage.sam.id
    )
    assert await db.fetchval("SELECT hold_capture($1, 0, 0, $2)", call_id, stage.mia.id) == 0
    assert await db.fetchval("SELECT count(*) FROM ledger_transactions WHERE ref = $1", call_id) == 0
    await stage.audit()


# Each way in which the books could be wrong, brought about past the triggers: the audit names it.
WRONG = {
    "transaction does not sum to zero": "UPDATE ledger_entries SET amount = amount + 1 WHERE id ="
    " (SELECT max(id) FROM ledger_entries)",
    "transaction without entries": "INSERT INTO ledger_transactions (op_key, kind) VALUES ('empty', 'tip')",
    "balance is not the sum of its entries": "UPDATE ledger_accounts SET posted = posted + 1 WHERE owner_id ="
    " (SELECT id FROM users WHERE username = 'sam')",
    "held is not the sum of open holds": "UPDATE ledger_accounts SET held = held + 1 WHERE owner_id ="
    " (SELECT id FROM users WHERE username = 'sam')",
    "capture differs from its ledger transaction": "UPDATE ledger_holds SET amount = 99, captured = 99",
}


@pytest.mark.parametrize("violation", WRONG)
async def test_the_audit_names_what_is_wrong(db: Any, stage: Stage, violation: str) -> None:
    call_id = await stage.connect()
    await stage.sam.post("/api/calls/end", {"callId": call_id})
    assert await db.fetch("SELECT * FROM ledger_audit()") == []
    async with db.transaction():
        await db.execute("SET LOCAL session_replication_role = replica")
        await db.execute(WRONG[violation])
    assert violation in {row["violation"] for row in await db.fetch("SELECT * FROM ledger_audit()")}


async def test_the_house_spreads_its_postings_over_sixteen_accounts(db: Any) -> None:
    slots = await db.fetch("SELECT DISTINCT house_account('platform', 'call:' || n) FROM generate_series(1, 500) n")
    assert len(slots) == 16
