"""The room's SQL, one function a statement."""

import uuid

import asyncpg

from stagedoor.core.db import Connection

Row = asyncpg.Record


async def creator_named(db: Connection, username: str) -> uuid.UUID | None:
    found: uuid.UUID | None = await db.fetchval(
        "SELECT id FROM users WHERE username = $1 AND is_creator", username.lower()
    )
    return found


async def follow(db: Connection, fan: uuid.UUID, creator: uuid.UUID) -> bool:
    """True when this is new."""
    status: str = await db.execute(
        "INSERT INTO follows (fan_id, creator_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", fan, creator
    )
    return status.endswith(" 1")


async def unfollow(db: Connection, fan: uuid.UUID, creator: uuid.UUID) -> bool:
    """True when there was something to end."""
    status: str = await db.execute("DELETE FROM follows WHERE fan_id = $1 AND creator_id = $2", fan, creator)
    return status.endswith(" 1")


async def insert_tip(db: Connection, fan: uuid.UUID, creator: uuid.UUID, tokens: int) -> Row:
    row = await db.fetchrow(
        "INSERT INTO tips (fan_id, creator_id, tokens) VALUES ($1, $2, $3) RETURNING id, tokens, created_at",
        fan,
        creator,
        tokens,
    )
    assert row is not None
    return row


async def post_tip(
    db: Connection, tip_id: uuid.UUID, fan: uuid.UUID, creator: uuid.UUID, tokens: int, fee: int
) -> None:
    """fan − tokens = creator + (tokens − fee) + house + fee. Raises asyncpg.CheckViolationError (sufficient_tokens)."""
    await db.execute(
        """
        SELECT ledger_post($1, 'tip', $2, '',
            ARRAY[user_account($3), user_account($4), house_account('platform', $1)],
            ARRAY[-$5::bigint, $5 - $6::bigint, $6])
        """,
        f"tip:{tip_id}",
        tip_id,
        fan,
        creator,
        tokens,
        fee,
    )


async def refund_tip(db: Connection, tip_id: uuid.UUID) -> Row | None:
    """Mark the tip refunded, once. None when there is no such tip or it was refunded before."""
    return await db.fetchrow(
        "UPDATE tips SET refunded_at = clock_timestamp() WHERE id = $1 AND refunded_at IS NULL"
        " RETURNING fan_id, creator_id, tokens",
        tip_id,
    )


async def tip_exists(db: Connection, tip_id: uuid.UUID) -> bool:
    found: bool = await db.fetchval("SELECT EXISTS (SELECT 1 FROM tips WHERE id = $1)", tip_id)
    return found


async def post_tip_refund(db: Connection, tip_id: uuid.UUID) -> None:
    """Every entry of the tip's transaction, the other way round."""
    await db.execute(
        """
        SELECT ledger_post($1, 'tip_refund', $2, '', array_agg(e.account_id), array_agg(-e.amount))
        FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id WHERE t.op_key = $3
        """,
        f"tip_refund:{tip_id}",
        tip_id,
        f"tip:{tip_id}",
    )


async def is_creator(db: Connection, person: uuid.UUID) -> bool:
    found: bool = await db.fetchval("SELECT EXISTS (SELECT 1 FROM users WHERE id = $1 AND is_creator)", person)
    return found


async def has_relationship(db: Connection, creator: uuid.UUID, fan: uuid.UUID) -> bool:
    found: bool = await db.fetchval("SELECT creator_has_relationship($1, $2)", creator, fan)
    return found


async def fan_blocks(db: Connection, fan: uuid.UUID, creator: uuid.UUID) -> bool:
    """True when this is new."""
    status: str = await db.execute(
        "INSERT INTO fan_blocked_creators (fan_id, creator_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", fan, creator
    )
    return status.endswith(" 1")


async def fan_unblocks(db: Connection, fan: uuid.UUID, creator: uuid.UUID) -> bool:
    status: str = await db.execute(
        "DELETE FROM fan_blocked_creators WHERE fan_id = $1 AND creator_id = $2", fan, creator
    )
    return status.endswith(" 1")


async def creator_blocks(db: Connection, creator: uuid.UUID, fan: uuid.UUID) -> bool:
    """True when this is new. Nothing happens for an id that is nobody's, and it cannot be told from the rest."""
    status: str = await db.execute(
        "INSERT INTO creator_blocked_users (creator_id, blocked_user_id)"
        " SELECT $1, id FROM users WHERE id = $2 AND id <> $1 ON CONFLICT DO NOTHING",
        creator,
        fan,
    )
    return status.endswith(" 1")


async def creator_unblocks(db: Connection, creator: uuid.UUID, fan: uuid.UUID) -> bool:
    status: str = await db.execute(
        "DELETE FROM creator_blocked_users WHERE creator_id = $1 AND blocked_user_id = $2", creator, fan
    )
    return status.endswith(" 1")


async def blocked_by_fan(db: Connection, fan: uuid.UUID) -> list[Row]:
    """Newest first. Creators are public, so they are named."""
    return await db.fetch(
        """
        SELECT u.id, u.username, u.display_name, u.avatar_url
        FROM fan_blocked_creators b JOIN users u ON u.id = b.creator_id
        WHERE b.fan_id = $1 ORDER BY b.created_at DESC, u.id
        """,
        fan,
    )


async def blocked_by_creator(db: Connection, creator: uuid.UUID) -> list[Row]:
    """Newest first, with `known`: has the fan ever been shown to her, or is she shown to any creator?

    Somebody she never met is listed without a name, or a block would be a way to learn the name behind an id.
    """
    return await db.fetch(
        """
        SELECT u.id, u.username, u.display_name, u.avatar_url,
            u.fan_privacy_visibility = 'creators' OR u.is_creator
            OR EXISTS (SELECT 1 FROM creator_fan_relationships r WHERE r.creator_id = $1 AND r.fan_id = u.id
                AND (r.related OR r.forgotten_at IS NULL))
            OR coalesce((SELECT true FROM messages m WHERE m.sender_id = u.id
                AND least(m.sender_id, m.recipient_id) = least(u.id, $1)
                AND greatest(m.sender_id, m.recipient_id) = greatest(u.id, $1) LIMIT 1), false)
            AS known
        FROM creator_blocked_users b JOIN users u ON u.id = b.blocked_user_id
        WHERE b.creator_id = $1 ORDER BY b.created_at DESC, u.id
        """,
        creator,
    )
