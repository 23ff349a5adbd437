"""Calls as they are read: one row with everything that a participant may see."""

import uuid
from datetime import datetime

import asyncpg

from stagedoor.core.db import Connection

Row = asyncpg.Record

_SHEET = """
SELECT f.*, cu.username AS creator_username, cu.display_name AS creator_display_name,
    cu.avatar_url AS creator_avatar_url, fu.username AS fan_username, fu.display_name AS fan_display_name,
    fu.avatar_url AS fan_avatar_url,
    call_billable_seconds(f.connected, f.increment_seconds) AS running_seconds,
    call_charge(call_billable_seconds(f.connected, f.increment_seconds), f.tokens_per_minute) AS running_tokens,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(s.started_at, s.ended_at) ORDER BY s.number), '[]')
     FROM call_segments s WHERE s.call_id = f.id) AS segments
FROM call_facts f LEFT JOIN users cu ON cu.id = f.creator_id LEFT JOIN users fu ON fu.id = f.fan_id
"""


async def sheet(db: Connection, call_id: uuid.UUID) -> Row | None:
    return await db.fetchrow(f"{_SHEET} WHERE f.id = $1", call_id)


async def current(db: Connection, person: uuid.UUID) -> list[Row]:
    """What rings or runs for `person`, oldest first. What rings in a fan's quiet hours does not ring for her."""
    return await db.fetch(
        f"""
        {_SHEET} WHERE f.creator_id = $1 AND f.state IN ('ringing', 'connecting', 'active', 'reconnecting')
        UNION ALL
        {_SHEET} WHERE f.fan_id = $1 AND f.state = 'ringing' AND NOT f.quiet
        UNION ALL
        {_SHEET} WHERE f.fan_id = $1 AND f.state IN ('connecting', 'active', 'reconnecting')
        ORDER BY created_at
        """,
        person,
    )


async def history(
    db: Connection, person: uuid.UUID, before: tuple[datetime, uuid.UUID] | None, limit: int
) -> list[Row]:
    """Calls that are over, newest first, from both sides of `person`."""
    at, call_id = before if before is not None else (None, None)
    return await db.fetch(_HISTORY, person, at, call_id, limit)


_MINE = """
(SELECT id FROM calls WHERE {side} = $1 AND ended_at IS NOT NULL
    AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
 ORDER BY created_at DESC, id DESC LIMIT $4)
"""
# The page's sheets by their ids and then their order: asked for both at once, a planner may read all calls by age.
_HISTORY = (
    f"WITH mine AS ({_MINE.format(side='creator_id')} UNION {_MINE.format(side='fan_id')}), "
    f"page AS MATERIALIZED ({_SHEET} WHERE f.id = ANY (ARRAY (SELECT id FROM mine)))"
    " SELECT * FROM page ORDER BY created_at DESC, id DESC LIMIT $4"
)
