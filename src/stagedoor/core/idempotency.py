"""Idempotency-Key: the same request twice is one change and one answer, kept in the change's own transaction.

A key that is being used right now makes the second request wait for the first. A refused request keeps nothing,
so it may be tried again. Keys are per user and route.
"""

import hashlib
import uuid
from typing import Any

import msgspec

from stagedoor.core.db import Connection
from stagedoor.core.problems import IdempotencyKeyReused, ValidationFailed


class Once:
    """One use of one key. `None` for a request without a key, which is never remembered."""

    def __init__(self, user_id: uuid.UUID, route: str, key: str | None, request: Any) -> None:
        if key is not None and not 1 <= len(key) <= 255:
            raise ValidationFailed(details=[{"field": "Idempotency-Key", "message": "must have 1 to 255 characters"}])
        self._id = (user_id, route, key)
        self._key = key
        self._hash = b"" if key is None else hashlib.sha256(msgspec.json.encode(request)).digest()

    async def answered(self, db: Connection) -> Any:
        """The answer that was given before; None when this is the first time. Raises IdempotencyKeyReused."""
        if self._key is None:
            return None
        claimed = await db.fetchval(
            "INSERT INTO idempotency_keys (user_id, route, key, request_hash, response) VALUES ($1, $2, $3, $4, 'null')"
            " ON CONFLICT DO NOTHING RETURNING true",
            *self._id,
            self._hash,
        )
        if claimed:
            return None
        row = await db.fetchrow(
            "SELECT request_hash, response FROM idempotency_keys WHERE user_id = $1 AND route = $2 AND key = $3",
            *self._id,
        )
        if row is None or row["request_hash"] != self._hash:
            raise IdempotencyKeyReused
        return row["response"]

    async def answer(self, db: Connection, response: Any) -> None:
        """Remember `response` (JSON) for the next time."""
        if self._key is not None:
            await db.execute(
                "UPDATE idempotency_keys SET response = $4 WHERE user_id = $1 AND route = $2 AND key = $3",
                *self._id,
                response,
            )
