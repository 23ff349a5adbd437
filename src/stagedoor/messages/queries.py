"""The room's SQL, one function a statement.

May somebody write? A creator writes to anybody as to a fan (why_not_message, creator to creator too). A fan writes
to creators alone. And any block between the two, whoever set it and as what, forbids it.
"""

import uuid
from datetime import datetime

import asyncpg

from stagedoor.core.db import Connection

Row = asyncpg.Record
THREADS_MAX = 200


def _why_not_write(writer: str, reader: str) -> str:
    """The reason why the user row `writer` may not write to `reader` (NULL columns when unknown), or NULL for yes."""
    return f"""(CASE
        WHEN {writer}.id IS NULL THEN 'unknown_writer'
        WHEN {writer}.is_creator THEN why_not_message({writer}.id, {reader}.id)
        WHEN {reader}.is_creator IS NOT TRUE THEN 'not_a_creator'
    END)"""


def _block_between(one: str, other: str) -> str:
    """The reason, when either blocked the other, as a creator or as a fan."""
    return f"""(CASE
        WHEN EXISTS (SELECT 1 FROM creator_blocked_users b WHERE (b.creator_id, b.blocked_user_id)
            IN (({one}, {other}), ({other}, {one}))) THEN 'blocked_by_creator'
        WHEN EXISTS (SELECT 1 FROM fan_blocked_creators b WHERE (b.fan_id, b.creator_id)
            IN (({one}, {other}), ({other}, {one}))) THEN 'blocked_by_fan'
    END)"""


def _reason(writer: str, reader: str, writer_id: str, reader_id: str) -> str:
    return f"coalesce({_why_not_write(writer, reader)}, {_block_between(writer_id, reader_id)})"


_PAIR = (
    "least(m.sender_id, m.recipient_id) = least($1::uuid, $2::uuid)"
    " AND greatest(m.sender_id, m.recipient_id) = greatest($1::uuid, $2::uuid)"
)


async def send(db: Connection, sender: uuid.UUID, recipient: uuid.UUID, body: str) -> Row:
    """Ask and write in one statement: `reason` when it was refused, else the message."""
    row = await db.fetchrow(
        f"""
        WITH asked AS MATERIALIZED (
            SELECT w.id AS sender_id, r.id AS recipient_id, r.is_creator, {_reason("w", "r", "$1", "$2")} AS reason
            FROM (VALUES (1)) AS one LEFT JOIN users w ON w.id = $1 LEFT JOIN users r ON r.id = $2
        ), sent AS (
            INSERT INTO messages (sender_id, recipient_id, body)
            SELECT sender_id, recipient_id, $3 FROM asked WHERE reason IS NULL RETURNING id, created_at
        )
        SELECT asked.reason, asked.is_creator, sent.id, sent.created_at FROM asked LEFT JOIN sent ON true
        """,
        sender,
        recipient,
        body,
    )
    assert row is not None
    return row


async def can_write(db: Connection, sender: uuid.UUID, recipient: uuid.UUID) -> bool:
    reason = await db.fetchval(
        f"""
        SELECT {_reason("w", "r", "$1", "$2")}
        FROM (VALUES (1)) AS one LEFT JOIN users w ON w.id = $1 LEFT JOIN users r ON r.id = $2
        """,
        sender,
        recipient,
    )
    return reason is None


async def threads(db: Connection, reader: uuid.UUID) -> list[Row]:
    """The reader's threads, the latest first: with whom, the last message, how many are unread.

    A fan who never wrote and may not be seen is left out: there is nothing in the thread but the reader's own words.
    """
    return await db.fetch(
        f"""
        WITH others AS (
            SELECT recipient_id AS id, false AS wrote FROM messages WHERE sender_id = $1
            UNION
            SELECT sender_id, true FROM messages WHERE recipient_id = $1
        ), people AS (
            SELECT id, bool_or(wrote) AS wrote FROM others GROUP BY id
        )
        SELECT o.id, o.username, o.display_name, o.avatar_url, l.body, l.created_at AS at, l.sender_id = $1 AS mine,
            (SELECT count(*) FROM messages u WHERE u.recipient_id = $1 AND u.sender_id = o.id
                AND u.read_at IS NULL)::integer AS unread,
            {_reason("me", "o", "$1", "o.id")} IS NULL AS can_message
        FROM people p JOIN users o ON o.id = p.id JOIN users me ON me.id = $1
        CROSS JOIN LATERAL (
            SELECT body, created_at, sender_id FROM messages m
            WHERE least(m.sender_id, m.recipient_id) = least($1, o.id)
              AND greatest(m.sender_id, m.recipient_id) = greatest($1, o.id)
            ORDER BY created_at DESC, id DESC LIMIT 1) AS l
        WHERE p.wrote OR NOT me.is_creator OR why_not_see($1, o.id) IS NULL
        ORDER BY l.created_at DESC LIMIT {THREADS_MAX}
        """,
        reader,
    )


async def thread(
    db: Connection, reader: uuid.UUID, other: uuid.UUID, before: tuple[datetime, uuid.UUID] | None, limit: int
) -> list[Row]:
    """A page of one thread, newest first. A reader who may not see the other learns nothing of her reading."""
    at, message_id = before if before is not None else (None, None)
    return await db.fetch(
        f"""
        WITH sight AS MATERIALIZED (
            SELECT NOT coalesce(w.is_creator, false) OR why_not_see($1, $2) IS NULL AS granted
            FROM (VALUES (1)) AS one LEFT JOIN users w ON w.id = $1
        )
        SELECT m.id, m.body, m.created_at AS at, m.sender_id = $1 AS mine,
            CASE WHEN m.recipient_id = $1 OR sight.granted THEN m.read_at END AS read_at
        FROM messages m CROSS JOIN sight
        WHERE {_PAIR} AND ($3::timestamptz IS NULL OR (m.created_at, m.id) < ($3, $4::uuid))
        ORDER BY m.created_at DESC, m.id DESC LIMIT $5
        """,
        reader,
        other,
        at,
        message_id,
        limit,
    )


async def mark_read(db: Connection, reader: uuid.UUID, other: uuid.UUID) -> None:
    await db.execute(
        "UPDATE messages SET read_at = clock_timestamp()"
        " WHERE recipient_id = $1 AND sender_id = $2 AND read_at IS NULL",
        reader,
        other,
    )
