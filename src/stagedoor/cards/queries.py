"""The room's SQL, one function a statement. The database's clock decides what has expired."""

import uuid

import asyncpg

from stagedoor.core.db import Connection

Row = asyncpg.Record
_OWN = "nonce, token_hash, created_at, expires_at"


async def lock_fan(db: Connection, fan: uuid.UUID) -> bool:
    """Enabling twice at once takes turns. False when the account is gone."""
    found = await db.fetchval("SELECT true FROM users WHERE id = $1 FOR NO KEY UPDATE", fan)
    return found is not None


async def alive(db: Connection, fan: uuid.UUID) -> Row | None:
    return await db.fetchrow(
        f"SELECT {_OWN} FROM share_cards WHERE fan_id = $1 AND expires_at > clock_timestamp()", fan
    )


async def put(db: Connection, fan: uuid.UUID, nonce: bytes, token_hash: bytes, days: int) -> Row:
    """The fan's card from now on; the one before, if any, is gone."""
    row = await db.fetchrow(
        f"""
        INSERT INTO share_cards AS c (fan_id, nonce, token_hash, created_at, expires_at)
        SELECT $1, $2, $3, t, t + make_interval(days => $4) FROM clock_timestamp() AS t
        ON CONFLICT (fan_id) DO UPDATE SET nonce = EXCLUDED.nonce, token_hash = EXCLUDED.token_hash,
            created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at
        RETURNING {_OWN}
        """,
        fan,
        nonce,
        token_hash,
        days,
    )
    assert row is not None
    return row


async def remove(db: Connection, fan: uuid.UUID) -> bool:
    """True when there was a card."""
    status: str = await db.execute("DELETE FROM share_cards WHERE fan_id = $1", fan)
    return status.endswith(" 1")


async def public(db: Connection, token_hash: bytes) -> Row | None:
    return await db.fetchrow(
        "SELECT u.display_name, u.avatar_url, c.expires_at FROM share_cards c JOIN users u ON u.id = c.fan_id"
        " WHERE c.token_hash = $1 AND c.expires_at > clock_timestamp()",
        token_hash,
    )
