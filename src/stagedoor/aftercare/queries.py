"""The room's SQL, one function a statement. Calls are locked through calls.locked and calls.lock_call alone."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import asyncpg

from stagedoor.core.db import Connection

Row = asyncpg.Record
Position = tuple[datetime, uuid.UUID] | None


async def rate(db: Connection, call_id: uuid.UUID, role: str, stars: int) -> bool:
    """True when this is new or changed."""
    changed: bool | None = await db.fetchval(
        "INSERT INTO call_ratings AS r (call_id, role, stars) VALUES ($1, $2, $3)"
        " ON CONFLICT (call_id, role) DO UPDATE SET stars = EXCLUDED.stars, changed_at = clock_timestamp()"
        " WHERE r.stars <> EXCLUDED.stars RETURNING true",
        call_id,
        role,
        stars,
    )
    return changed is not None


async def insert_report(
    db: Connection,
    call_id: uuid.UUID,
    role: str,
    reporter: uuid.UUID,
    accused: uuid.UUID | None,
    reason: str,
    text: str,
) -> Row:
    row = await db.fetchrow(
        "INSERT INTO call_reports (call_id, role, reporter_id, accused_id, reason, body)"
        " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id, created_at",
        call_id,
        role,
        reporter,
        accused,
        reason,
        text,
    )
    assert row is not None
    return row


def _people(*names: str) -> str:
    """Columns of the people joined as `names`."""
    columns = ("id", "username", "display_name", "avatar_url")
    return ", ".join(f"{name}.{column} AS {name}_{column}" for name in names for column in columns)


_REPORT = f"""
SELECT r.id, r.call_id, c.call_type, r.reason, r.body, r.role, r.created_at, r.closed_at, r.resolution,
    {_people("reporter", "accused")}
FROM call_reports r LEFT JOIN calls c ON c.id = r.call_id
LEFT JOIN users reporter ON reporter.id = r.reporter_id LEFT JOIN users accused ON accused.id = r.accused_id
"""


async def reports(db: Connection, only_open: bool, before: Position, limit: int) -> list[Row]:
    at, last = before if before is not None else (None, None)
    return await db.fetch(
        f"{_REPORT} WHERE {'r.closed_at IS NULL' if only_open else 'true'}"
        " AND ($1::timestamptz IS NULL OR (r.created_at, r.id) < ($1, $2::uuid))"
        " ORDER BY r.created_at DESC, r.id DESC LIMIT $3",
        at,
        last,
        limit,
    )


async def report(db: Connection, report_id: uuid.UUID) -> Row | None:
    return await db.fetchrow(f"{_REPORT} WHERE r.id = $1", report_id)


async def close_report(db: Connection, report_id: uuid.UUID, resolution: str) -> uuid.UUID | None:
    """The call of the report that this closed; None when there was none open."""
    call_id: uuid.UUID | None = await db.fetchval(
        "UPDATE call_reports SET closed_at = clock_timestamp(), resolution = $2"
        " WHERE id = $1 AND closed_at IS NULL RETURNING call_id",
        report_id,
        resolution,
    )
    return call_id


async def insert_dispute(
    db: Connection, call_id: uuid.UUID, fan: uuid.UUID, text: str, frozen_tokens: int
) -> datetime | None:
    """When it was opened; None when there was one before."""
    opened_at: datetime | None = await db.fetchval(
        "INSERT INTO call_disputes (call_id, fan_id, body, frozen_tokens) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (call_id) DO NOTHING RETURNING created_at",
        call_id,
        fan,
        text,
        frozen_tokens,
    )
    return opened_at


_DISPUTE = f"""
SELECT d.call_id, c.call_type, d.body, d.frozen_tokens, d.created_at, d.resolved_at, d.refunded_tokens,
    coalesce(c.tokens_charged, 0) AS tokens_charged, {_people("fan", "creator")},
    (SELECT coalesce(sum(e.amount), 0)::bigint FROM ledger_transactions t
     JOIN ledger_entries e ON e.transaction_id = t.id AND e.amount > 0
     WHERE t.ref = d.call_id AND t.kind = 'call_refund') AS refunded
FROM call_disputes d LEFT JOIN calls c ON c.id = d.call_id
LEFT JOIN users fan ON fan.id = d.fan_id LEFT JOIN users creator ON creator.id = c.creator_id
"""


async def disputes(db: Connection, only_open: bool, before: Position, limit: int) -> list[Row]:
    at, last = before if before is not None else (None, None)
    return await db.fetch(
        f"{_DISPUTE} WHERE {'d.resolved_at IS NULL' if only_open else 'true'}"
        " AND ($1::timestamptz IS NULL OR (d.created_at, d.call_id) < ($1, $2::uuid))"
        " ORDER BY d.created_at DESC, d.call_id DESC LIMIT $3",
        at,
        last,
        limit,
    )


async def dispute(db: Connection, call_id: uuid.UUID) -> Row | None:
    return await db.fetchrow(f"{_DISPUTE} WHERE d.call_id = $1", call_id)


async def resolve_dispute(db: Connection, call_id: uuid.UUID, refunded_tokens: int) -> None:
    await db.execute(
        "UPDATE call_disputes SET resolved_at = clock_timestamp(), refunded_tokens = $2 WHERE call_id = $1",
        call_id,
        refunded_tokens,
    )


async def charge(db: Connection, call_id: uuid.UUID) -> Row | None:
    """What the call cost, who paid whom, what went back, and what is frozen. None when it cost nothing.

    The caller holds the call's lock; this locks the dispute's hold, the next in the one order.
    """
    await db.execute("SELECT 1 FROM ledger_holds WHERE call_id = $1 AND purpose = 'dispute' FOR NO KEY UPDATE", call_id)
    return await db.fetchrow(
        """
        SELECT h.captured AS charged, h.account_id AS fan_account, coalesce(fee.amount, 0) AS fee,
            earned.account_id AS creator_account, coalesce(frozen.amount, 0) AS frozen,
            (SELECT coalesce(sum(e.amount), 0)::bigint FROM ledger_transactions r
             JOIN ledger_entries e ON e.transaction_id = r.id AND e.account_id = h.account_id
             WHERE r.ref = $1 AND r.kind = 'call_refund') AS refunded
        FROM ledger_holds h JOIN ledger_transactions t ON t.op_key = 'call:' || h.call_id
        LEFT JOIN (ledger_entries fee JOIN ledger_accounts p ON p.id = fee.account_id AND p.kind = 'platform')
            ON fee.transaction_id = t.id
        LEFT JOIN (ledger_entries earned JOIN ledger_accounts a ON a.id = earned.account_id AND a.kind = 'user')
            ON earned.transaction_id = t.id AND earned.amount > 0
        LEFT JOIN ledger_holds frozen
            ON frozen.call_id = $1 AND frozen.purpose = 'dispute' AND frozen.closed_at IS NULL
        WHERE h.call_id = $1 AND h.purpose = 'call'
        """,
        call_id,
    )


async def available(db: Connection, accounts: Sequence[int | None], of: int | None) -> int:
    """Lock `accounts`, by id, and say what the one of them can spend."""
    rows = await db.fetch(
        "SELECT id, posted - held AS available FROM ledger_accounts WHERE id = ANY ($1::bigint[])"
        " ORDER BY id FOR NO KEY UPDATE",
        [account for account in accounts if account is not None],
    )
    return next((row["available"] for row in rows if row["id"] == of), 0)


async def freeze(db: Connection, call_id: uuid.UUID, account: int, tokens: int) -> None:
    await db.execute(
        "INSERT INTO ledger_holds (call_id, purpose, account_id, amount) VALUES ($1, 'dispute', $2, $3)",
        call_id,
        account,
        tokens,
    )


async def thaw(db: Connection, call_id: uuid.UUID, tokens: int | None) -> None:
    """Release `tokens` of what a dispute froze, or all of it (None)."""
    await db.execute(
        "UPDATE ledger_holds SET closed_at = CASE WHEN amount <= $2 OR $2 IS NULL THEN clock_timestamp() END,"
        " amount = CASE WHEN amount <= $2 OR $2 IS NULL THEN amount ELSE amount - $2 END"
        " WHERE call_id = $1 AND purpose = 'dispute' AND closed_at IS NULL",
        call_id,
        tokens,
    )


async def house_account(db: Connection, op_key: str) -> int:
    account: int = await db.fetchval("SELECT house_account('platform', $1)", op_key)
    return account


async def post_refund(
    db: Connection, op_key: str, call_id: uuid.UUID, accounts: Sequence[int], amounts: Sequence[int]
) -> None:
    posted = await db.fetchval(
        "SELECT ledger_post($1, 'call_refund', $2, '', $3::bigint[], $4::bigint[])", op_key, call_id, accounts, amounts
    )
    assert posted, "a total is refunded once, under the call's lock"
