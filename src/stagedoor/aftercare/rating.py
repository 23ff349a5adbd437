"""Ratings: one a participant a call, which may be changed, and only of a call that connected."""

import uuid

from stagedoor.aftercare import problems, queries
from stagedoor.aftercare.model import RatingWire
from stagedoor.calls import locked
from stagedoor.core.identity import Person
from stagedoor.events import Journal


class Ratings:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def rate(self, person: Person, call_id: uuid.UUID, stars: int) -> RatingWire:
        """Raises CallNotFound, CallNotConnected. Rating the same again changes and records nothing."""
        async with self._journal.transaction() as tx:
            facts, role = await locked(tx, call_id, person.id)
            if facts.connected_at is None:
                raise problems.CallNotConnected
            if await queries.rate(tx.db, call_id, role, stars):
                await tx.record(
                    "call.rated",
                    call_id=call_id,
                    creator_id=facts.creator_id,
                    fan_id=facts.fan_id,
                    actor_id=person.id,
                    version=facts.version,
                    data={"by": role, "stars": stars},
                )
        return RatingWire(stars)
