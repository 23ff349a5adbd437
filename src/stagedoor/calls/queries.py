"""The room's SQL, one function a statement."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import asyncpg

from stagedoor.calls import tell
from stagedoor.calls.model import Facts, Ring
from stagedoor.core.db import Connection, row_to
from stagedoor.settings import Calls as Rules

Row = asyncpg.Record


async def ring(db: Connection, ring: Ring, rules: Rules, media_provider: str) -> Row:
    """Ring and record it, or say why not: one statement for all of it (150_one_call_a_verb.sql).

    Raises asyncpg.UniqueViolationError (one_call_a_creator) when the creator is ringing or in a call.
    """
    row = await db.fetchrow(
        "SELECT * FROM call_ring($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        ring.creator.id,
        ring.fan_id,
        ring.call_type,
        *_terms(rules, media_provider),
        ring.request_id,
        tell.caller(ring.creator),
    )
    assert row is not None
    return row


async def rings(db: Connection, rings: Sequence[Ring], rules: Rules, media_provider: str) -> list[Row | None]:
    """Several rings in one statement, in their order: one constraint broken undoes all of them.

    None for a ring that must be asked alone (153_rings_together.sql). Two crowds cannot wait for each other when each
    has a creator once, in the order of their ids.
    """
    rows = await db.fetch(
        """
        SELECT a.place, r.* FROM unnest($1::uuid[], $2::uuid[], $3::text[], $9::text[], $10::jsonb[])
            WITH ORDINALITY AS a (creator, fan, call_type, request_id, told, place)
        CROSS JOIN LATERAL call_ring(a.creator, a.fan, a.call_type, $4, $5, $6, $7, $8, a.request_id, a.told) AS r
        WHERE call_ring_is_free(a.creator, a.fan)
        """,
        [ring.creator.id for ring in rings],
        [ring.fan_id for ring in rings],
        [ring.call_type for ring in rings],
        *_terms(rules, media_provider),
        [ring.request_id for ring in rings],
        [tell.caller(ring.creator) for ring in rings],
    )
    found = {row["place"]: row for row in rows}
    return [found.get(place) for place, _ in enumerate(rings, 1)]


def _terms(rules: Rules, media_provider: str) -> tuple[int, int, str, int, int]:
    return rules.fee_basis_points, rules.increment_seconds, media_provider, rules.ring_seconds, rules.cooldown_seconds


async def lock(db: Connection, call_id: uuid.UUID) -> Facts | None:
    """Lock invitation and call, in that order, and read what is true now. None when there is no such call."""
    row = await db.fetchrow("SELECT * FROM call_lock($1)", call_id)
    return None if row is None else row_to(Facts, row)


async def lock_running(db: Connection, *, creator: uuid.UUID | None, fan: uuid.UUID | None) -> list[Facts]:
    """What rings or runs for `creator`, for `fan`, or between the two: each locked, and read as it is now."""
    ids = await db.fetch(
        """
        SELECT id FROM calls WHERE creator_id = $1 AND ($2::uuid IS NULL OR fan_id = $2)
            AND state IN ('ringing', 'connecting', 'active', 'reconnecting')
        UNION
        SELECT id FROM calls WHERE $1::uuid IS NULL AND fan_id = $2 AND state = 'ringing'
        UNION
        SELECT id FROM calls WHERE $1::uuid IS NULL AND fan_id = $2
            AND state IN ('connecting', 'active', 'reconnecting')
        ORDER BY id
        """,
        creator,
        fan,
    )
    locked = [await lock(db, row["id"]) for row in ids]
    return [facts for facts in locked if facts is not None and facts.ended_at is None]


async def next_due(db: Connection) -> Row | None:
    """The most overdue call that no other process is working on, its invitation locked. None when none is due.

    The moment is a subquery, so that it is one value: against a volatile function the index is no condition, and
    every call that runs would be read to find none due.
    """
    return await db.fetchrow(
        """
        SELECT c.id FROM calls c JOIN call_invitations i ON i.call_id = c.id
        WHERE c.due_at <= (SELECT clock_timestamp()) ORDER BY c.due_at LIMIT 1 FOR NO KEY UPDATE OF i SKIP LOCKED
        """
    )


async def seconds_until_due(db: Connection) -> float | None:
    """Seconds until some call is due; None when no call is waiting for anything."""
    value: float | None = await db.fetchval(
        "SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float8 FROM calls WHERE due_at IS NOT NULL"
    )
    return value


async def obstacles(db: Connection, creator: uuid.UUID, fan: uuid.UUID) -> tuple[str | None, bool]:
    """Why `creator` may not call `fan`, or None; and whether the fan rings or talks as a creator herself."""
    row = await db.fetchrow(
        "SELECT why_not_call($1, $2) AS reason, EXISTS (SELECT 1 FROM calls WHERE creator_id = $2"
        " AND state IN ('ringing', 'connecting', 'active', 'reconnecting')) AS busy",
        creator,
        fan,
    )
    assert row is not None
    return row["reason"], row["busy"]


async def answer(db: Connection, call_id: uuid.UUID, state: str, reason: str | None) -> int:
    """Move a pending invitation, and its call with it, to `state`. Returns the call's new version; the row lock
    is the caller's, so it cannot fail to be pending."""
    version: int = await db.fetchval("SELECT call_answer($1, $2, $3)", call_id, state, reason)
    return version


async def accept(
    db: Connection, facts: Facts, *, hold: int, max_tokens: int | None, device_id: str | None, due_at: datetime
) -> int:
    """The invitation is accepted and `hold` of the fan's tokens are held. Returns the call's new version.

    Raises asyncpg.CheckViolationError (sufficient_tokens).
    """
    version: int = await db.fetchval(
        "SELECT call_accept($1, $2, $3, $4, $5, $6)", facts.id, facts.fan_id, hold, max_tokens, device_id, due_at
    )
    return version


async def call_back(db: Connection, call_id: uuid.UUID, minutes: int) -> datetime:
    """The fan wants this call `minutes` from now instead. Returns that moment."""
    at: datetime = await db.fetchval(
        "UPDATE calls SET call_back_at = clock_timestamp() + make_interval(mins => $2) WHERE id = $1"
        " RETURNING call_back_at",
        call_id,
        minutes,
    )
    return at


async def settle(db: Connection, call_id: uuid.UUID, until: datetime, reason: str) -> Row:
    """End an answered call, charged for its media up to `until`. Returns version, seconds, tokens and state."""
    row = await db.fetchrow("SELECT * FROM call_end($1, $2, $3)", call_id, until, reason)
    assert row is not None
    return row


async def replan(db: Connection, call_id: uuid.UUID, due_at: datetime, funds_low: bool) -> None:
    await db.execute("UPDATE calls SET due_at = $2, funds_low = $3 WHERE id = $1", call_id, due_at, funds_low)


async def put_off(db: Connection, call_id: uuid.UUID, seconds: int) -> None:
    """Look at this call again in `seconds`, and at others meanwhile."""
    await db.execute(
        "UPDATE calls SET due_at = clock_timestamp() + make_interval(secs => $2) WHERE id = $1 AND ended_at IS NULL",
        call_id,
        seconds,
    )


async def extend_hold(db: Connection, call_id: uuid.UUID, by: int) -> int:
    """Extend the hold by at most `by`, as far as the fan's tokens go. Returns its new amount."""
    amount: int = await db.fetchval("SELECT hold_extend($1, $2)", call_id, by)
    return amount
