"""Who can reach a fan, and why; and the fan's way out of a relationship."""

import uuid

from stagedoor.calls import PersonWire
from stagedoor.core.db import Database
from stagedoor.core.identity import Person
from stagedoor.events import Journal, to_creator, to_fan
from stagedoor.privacy import queries
from stagedoor.privacy.model import ReachWire


class Reach:
    def __init__(self, journal: Journal, database: Database) -> None:
        self._journal = journal
        self._database = database

    async def of(self, fan: uuid.UUID) -> list[ReachWire]:
        async with self._database.connection() as connection:
            rows = await queries.reach(connection, fan)
        return [
            ReachWire(
                creator=PersonWire(row["id"], row["username"], row["display_name"], row["avatar_url"]),
                since=row["since"],
                follows=row["follows"],
                tips=row["tips"],
                calls=row["calls"],
                can_see=row["can_see"],
                can_message=row["can_message"],
                can_call=row["can_call"],
            )
            for row in rows
        ]

    async def forget(self, fan: Person, creator: uuid.UUID) -> None:
        """The relationship is over, follow and all; what was paid stays in both ledgers. Again changes nothing."""
        async with self._journal.transaction() as tx:
            if await queries.forget(tx.db, fan.id, creator):
                await tx.record(
                    "fan.forgot_creator",
                    to_fan(fan.id, "privacy:changed", fanId=fan.id),
                    to_creator(creator, "fans:changed"),
                    creator_id=creator,
                    fan_id=fan.id,
                    actor_id=fan.id,
                )
