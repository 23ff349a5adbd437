"""Creators' public pages, their prices, and their day."""

import uuid

from stagedoor.core.db import Database
from stagedoor.core.identity import Person
from stagedoor.events import Journal
from stagedoor.platform.model import CreatorWire, Prices, Today
from stagedoor.platform.problems import CreatorNotFound

_PAGE = """
SELECT c.id, c.username, c.display_name, c.avatar_url, c.bio,
    (SELECT count(*) FROM follows f WHERE f.creator_id = c.id) AS followers,
    EXISTS (SELECT 1 FROM follows f WHERE f.creator_id = c.id AND f.fan_id = $2) AS following,
    EXISTS (SELECT 1 FROM fan_blocked_creators b WHERE b.creator_id = c.id AND b.fan_id = $2) AS blocked,
    coalesce(p.voice_tokens_per_minute, 6) AS voice, coalesce(p.video_tokens_per_minute, 12) AS video
FROM users c LEFT JOIN creator_call_prices p ON p.creator_id = c.id
WHERE c.username = $1 AND c.is_creator
"""
_TODAY = """
SELECT earned_since($1, now() - interval '1 day') AS earned_tokens,
    count(*) AS rung, count(accepted_at) AS accepted, count(connected_at) AS connected,
    coalesce(sum(billable_seconds), 0)::bigint AS connected_seconds
FROM calls WHERE creator_id = $1 AND created_at > now() - interval '1 day'
"""


class Creators:
    def __init__(self, journal: Journal, database: Database) -> None:
        self._journal = journal
        self._database = database

    async def page(self, username: str, reader: Person | None) -> CreatorWire:
        """Raises CreatorNotFound."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_PAGE, username.lower(), None if reader is None else reader.id)
        if row is None:
            raise CreatorNotFound
        return CreatorWire(
            id=row["id"],
            username=row["username"],
            display_name=row["display_name"],
            avatar_url=row["avatar_url"],
            bio=row["bio"],
            followers=row["followers"],
            following=None if reader is None else row["following"],
            blocked=None if reader is None else row["blocked"],
            prices=Prices(row["voice"], row["video"]),
        )

    async def prices(self, creator: uuid.UUID) -> Prices:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                "SELECT coalesce(max(voice_tokens_per_minute), 6), coalesce(max(video_tokens_per_minute), 12)"
                " FROM creator_call_prices WHERE creator_id = $1",
                creator,
            )
        assert row is not None
        return Prices(*row.values())

    async def set_prices(self, creator: Person, prices: Prices) -> None:
        """Calls that ring or run keep the price that they rang with."""
        async with self._journal.transaction() as tx:
            await tx.db.execute(
                "INSERT INTO creator_call_prices VALUES ($1, $2, $3) ON CONFLICT (creator_id) DO UPDATE SET"
                " voice_tokens_per_minute = EXCLUDED.voice_tokens_per_minute,"
                " video_tokens_per_minute = EXCLUDED.video_tokens_per_minute",
                creator.id,
                prices.voice_tokens_per_minute,
                prices.video_tokens_per_minute,
            )
            await tx.record(
                "creator.prices_changed",
                creator_id=creator.id,
                actor_id=creator.id,
                data={"voice": prices.voice_tokens_per_minute, "video": prices.video_tokens_per_minute},
            )

    async def today(self, creator: uuid.UUID) -> Today:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_TODAY, creator)
        assert row is not None
        return Today(*row.values())
