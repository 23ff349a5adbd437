"""The room's SQL, one function a statement. Whether somebody may is asked of why_not_see, why_not_message and
why_not_call alone (132_fan_privacy_and_calls.sql)."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg

from stagedoor.core.db import Connection

Row = asyncpg.Record
TOLD_CREATORS_MAX = 200
HISTORY_MAX = 20
SEARCH_MAX = 20
SEARCH_CANDIDATES_MAX = 200
REACH_MAX = 1000

# What the fan asked for when she declined the pair's last call, as long as it is no old story: not of before she was
# forgotten, and a later call answers it. {r} is the pair's relationship.
_CALL_BACK = """
    LEFT JOIN LATERAL (
        SELECT CASE WHEN call_back_at > clock_timestamp() - interval '12 hours' THEN call_back_at END AS call_back_at
        FROM calls WHERE creator_id = $1 AND fan_id = u.id AND created_at > coalesce({r}.forgotten_at, 'epoch')
        ORDER BY created_at DESC, id DESC LIMIT 1
    ) AS last_call ON true
"""

_SETTINGS = (
    "id, username, display_name, avatar_url, fan_privacy_visibility AS visibility,"
    " fan_allow_dm AS allow_dm, fan_allow_calls AS allow_calls, fan_searchable AS searchable,"
    " to_char(fan_quiet_from, 'HH24:MI') AS quiet_from, to_char(fan_quiet_until, 'HH24:MI') AS quiet_until,"
    " fan_quiet_timezone AS timezone"
)


async def settings(db: Connection, fan: uuid.UUID, *, lock: bool = False) -> Row | None:
    """The fan and her policy; locked until the transaction ends, when `lock`."""
    return await db.fetchrow(
        f"SELECT {_SETTINGS} FROM users WHERE id = $1" + (" FOR NO KEY UPDATE" if lock else ""), fan
    )


async def set_settings(db: Connection, fan: uuid.UUID, wanted: Mapping[str, Any]) -> None:
    await db.execute(
        "UPDATE users SET fan_privacy_visibility = $2, fan_allow_dm = $3, fan_allow_calls = $4, fan_searchable = $5,"
        " fan_quiet_from = $6::text::time, fan_quiet_until = $7::text::time, fan_quiet_timezone = $8 WHERE id = $1",
        fan,
        wanted["visibility"],
        wanted["allow_dm"],
        wanted["allow_calls"],
        wanted["searchable"],
        wanted["quiet_from"],
        wanted["quiet_until"],
        wanted["timezone"],
    )


async def is_time_zone(db: Connection, name: str) -> bool:
    known: bool = await db.fetchval("SELECT is_time_zone($1)", name)
    return known


async def verdicts(db: Connection, fan: uuid.UUID) -> dict[uuid.UUID, tuple[bool, ...]]:
    """May see, message and call: of the creators with a relationship, the newest TOLD_CREATORS_MAX."""
    rows = await db.fetch(
        """
        SELECT creator_id, why_not_see(creator_id, $1) IS NULL, why_not_message(creator_id, $1) IS NULL,
            why_not_call(creator_id, $1) IS NULL
        FROM (SELECT creator_id FROM creator_fan_relationships WHERE fan_id = $1 AND related
              ORDER BY since DESC LIMIT $2) AS related_creators
        """,
        fan,
        TOLD_CREATORS_MAX,
    )
    return {row[0]: tuple(row)[1:] for row in rows}


async def reach(db: Connection, fan: uuid.UUID) -> list[Row]:
    """Every creator with a relationship, newest first, and what she may do."""
    return await db.fetch(
        """
        SELECT c.id, c.username, c.display_name, c.avatar_url, r.since, r.follows, r.tips, r.calls,
            why_not_see(c.id, $1) IS NULL AS can_see, why_not_message(c.id, $1) IS NULL AS can_message,
            why_not_call(c.id, $1) IS NULL AS can_call
        FROM creator_fan_relationships r JOIN users c ON c.id = r.creator_id
        WHERE r.fan_id = $1 AND r.related ORDER BY r.since DESC, c.id LIMIT $2
        """,
        fan,
        REACH_MAX,
    )


async def forget(db: Connection, fan: uuid.UUID, creator: uuid.UUID) -> bool:
    """Unfollow, and count nothing of what was before. True when there was a relationship."""
    await db.execute("SELECT pair_lock($1, $2)", creator, fan)
    related = await db.fetchval(
        "SELECT related FROM creator_fan_relationships WHERE creator_id = $1 AND fan_id = $2", creator, fan
    )
    await db.execute("DELETE FROM follows WHERE fan_id = $1 AND creator_id = $2", fan, creator)
    await db.execute(
        "UPDATE creator_fan_relationships SET follows = false, tips = 0, calls = 0, forgotten_at = clock_timestamp()"
        " WHERE creator_id = $1 AND fan_id = $2",
        creator,
        fan,
    )
    return bool(related)


async def profile(db: Connection, creator: uuid.UUID, fan: uuid.UUID) -> Row:
    """The fan as `creator` may see her, or the reason why not. Unknown, hidden, blocked and denied are one path:
    nothing of the fan is read unless she may be seen."""
    row = await db.fetchrow(
        f"""
        SELECT asked.reason, u.id, u.username, u.display_name, u.avatar_url,
            CASE WHEN r.related THEN r.since END AS since,
            CASE WHEN u.id IS NOT NULL THEN why_not_message($1, u.id) IS NULL END AS can_message,
            CASE WHEN u.id IS NOT NULL THEN why_not_call($1, u.id) IS NULL END AS can_call,
            c.until AS call_again_at, last_call.call_back_at, coalesce(r.forgotten_at, 'epoch') AS history_since
        FROM (SELECT why_not_see($1, $2) AS reason OFFSET 0) AS asked
        LEFT JOIN users u ON u.id = $2 AND asked.reason IS NULL
        LEFT JOIN creator_fan_relationships r ON r.creator_id = $1 AND r.fan_id = u.id
        LEFT JOIN call_cooldowns c ON c.creator_id = $1 AND c.fan_id = u.id AND c.until > clock_timestamp()
        {_CALL_BACK.format(r="r")}
        """,
        creator,
        fan,
    )
    assert row is not None
    return row


async def shared_history(db: Connection, creator: uuid.UUID, fan: uuid.UUID, since: Any) -> list[Row]:
    """What the two did together after `since` (when the fan last asked to be forgotten), newest first."""
    return await db.fetch(
        f"""
        (SELECT 'follow' AS kind, created_at AS at, NULL AS call_type, NULL::bigint AS tokens, NULL::integer AS seconds
         FROM follows WHERE fan_id = $2 AND creator_id = $1)
        UNION ALL
        (SELECT 'tip', created_at, NULL, tokens, NULL FROM tips
         WHERE fan_id = $2 AND creator_id = $1 AND refunded_at IS NULL AND created_at > $3
         ORDER BY created_at DESC LIMIT {HISTORY_MAX})
        UNION ALL
        (SELECT 'call', connected_at, call_type, tokens_charged, billable_seconds FROM calls
         WHERE fan_id = $2 AND creator_id = $1 AND connected_at > $3 AND ended_at IS NOT NULL
         ORDER BY created_at DESC LIMIT {HISTORY_MAX})
        UNION ALL
        (SELECT 'message', created_at, NULL, NULL, NULL FROM messages
         WHERE least(sender_id, recipient_id) = least($1, $2::uuid)
           AND greatest(sender_id, recipient_id) = greatest($1, $2::uuid) AND created_at > $3
         ORDER BY created_at DESC LIMIT {HISTORY_MAX})
        ORDER BY at DESC LIMIT {HISTORY_MAX}
        """,
        creator,
        fan,
        since,
    )


async def who_sees(db: Connection, fan: uuid.UUID) -> uuid.UUID | None:
    """A creator to preview as: the one related last, else, for a fan shown to all, any. None: nobody sees.

    The second branch looks for creators only where one can be expected; why_not_see decides in both.
    """
    found: uuid.UUID | None = await db.fetchval(
        """
        SELECT coalesce(
            (SELECT creator_id FROM creator_fan_relationships r
             WHERE r.fan_id = $1 AND r.related AND why_not_see(r.creator_id, $1) IS NULL
             ORDER BY since DESC, creator_id LIMIT 1),
            (SELECT c.id FROM users c
             WHERE c.is_creator AND (SELECT fan_privacy_visibility = 'creators' FROM users WHERE id = $1)
               AND why_not_see(c.id, $1) IS NULL LIMIT 1))
        """,
        fan,
    )
    return found


async def search(db: Connection, creator: uuid.UUID, words: str) -> list[Row]:
    """Fans who chose to be found, whom `creator` may see, with a word that begins like each of `words` (a tsquery).

    Candidates are a superset of those who may be seen. To ask the permission function takes time: whoever is out of
    reach falls out before, and nobody, who is always among them, takes each step in every search. So a search that
    finds somebody who may not be seen takes as long as one that finds nobody.

    The words are looked up before anything is put in order: asked for the first 200 by username, the planner would walk
    through everybody in that order. Relationships are looked up one by one: as EXISTS they would be read all at once,
    when a private fan is found and not otherwise.
    """
    return await db.fetch(
        """
        WITH candidates AS MATERIALIZED (
            SELECT u.id, u.username, u.display_name, u.avatar_url
            FROM (SELECT id, username, display_name, avatar_url, fan_privacy_visibility FROM users
                  WHERE fan_searchable
                    AND to_tsvector('simple'::regconfig, translate(username || ' ' || display_name, '._-', '   '))
                        @@ to_tsquery('simple'::regconfig, $2)
                  UNION ALL
                  SELECT '00000000-0000-0000-0000-000000000000', '', '', NULL, 'creators') AS u
            WHERE (u.fan_privacy_visibility = 'creators' OR (
                      SELECT r.related FROM creator_fan_relationships r WHERE r.creator_id = $1 AND r.fan_id = u.id))
              AND NOT EXISTS (
                  SELECT 1 FROM creator_blocked_users b WHERE b.creator_id = $1 AND b.blocked_user_id = u.id)
              AND NOT EXISTS (
                  SELECT 1 FROM fan_blocked_creators b WHERE b.fan_id = u.id AND b.creator_id = $1)
            ORDER BY u.username LIMIT $3
        ), visible AS MATERIALIZED (
            SELECT * FROM candidates WHERE why_not_see($1, id) IS NULL ORDER BY display_name, username LIMIT $4
        )
        SELECT v.*, why_not_message($1, v.id) IS NULL AS can_message, why_not_call($1, v.id) IS NULL AS can_call
        FROM visible v ORDER BY v.display_name, v.username
        """,
        creator,
        words,
        SEARCH_CANDIDATES_MAX,
        SEARCH_MAX,
    )


async def related_fans(
    db: Connection, creator: uuid.UUID, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> list[Row]:
    """The fans whom `creator` has a relationship with and may see, the newest relationship first.

    The planner takes a function's NULL for one in two hundred, and would look at all of them to find a page; of a CASE
    it expects half, and reads from the newest until the page is full.
    """
    at, last = after if after is not None else (None, None)
    return await db.fetch(
        f"""
        SELECT u.id, u.username, u.display_name, u.avatar_url, p.since, p.follows, p.tips, p.calls,
            why_not_message($1, u.id) IS NULL AS can_message, why_not_call($1, u.id) IS NULL AS can_call,
            c.until AS call_again_at, last_call.call_back_at
        FROM (SELECT * FROM creator_fan_relationships r
              WHERE r.creator_id = $1 AND r.related
                AND ($2::timestamptz IS NULL OR r.since < $2 OR (r.since = $2 AND r.fan_id > $3::uuid))
                AND CASE WHEN why_not_see($1, r.fan_id) IS NULL THEN true ELSE false END
              ORDER BY r.since DESC, r.fan_id LIMIT $4) AS p
        JOIN users u ON u.id = p.fan_id
        LEFT JOIN call_cooldowns c ON c.creator_id = $1 AND c.fan_id = u.id AND c.until > clock_timestamp()
        {_CALL_BACK.format(r="p")}
        ORDER BY p.since DESC, p.fan_id
        """,
        creator,
        at,
        last,
        limit,
    )
