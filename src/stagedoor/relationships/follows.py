"""Follow and unfollow. Doing it again changes nothing and is told to nobody."""

import uuid

import asyncpg

from stagedoor.core.identity import Person
from stagedoor.events import Journal, Transaction, to_creator, to_fan
from stagedoor.platform import CreatorNotFound
from stagedoor.relationships import problems, queries


class Follows:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def follow(self, fan: Person, username: str) -> None:
        """Raises CreatorNotFound, NotYourself."""
        try:
            async with self._journal.transaction() as tx:
                creator = await find_creator(tx, fan, username)
                if await queries.follow(tx.db, fan.id, creator):
                    await _tell(tx, "fan.followed", fan.id, creator)
        except asyncpg.ForeignKeyViolationError as error:
            raise CreatorNotFound(because="erased meanwhile") from error

    async def unfollow(self, fan: Person, username: str) -> None:
        """Raises CreatorNotFound, NotYourself."""
        async with self._journal.transaction() as tx:
            creator = await find_creator(tx, fan, username)
            if await queries.unfollow(tx.db, fan.id, creator):
                await _tell(tx, "fan.unfollowed", fan.id, creator)


async def find_creator(tx: Transaction, fan: Person, username: str) -> uuid.UUID:
    creator = await queries.creator_named(tx.db, username)
    if creator is None:
        raise CreatorNotFound
    if creator == fan.id:
        raise problems.NotYourself
    return creator


async def _tell(tx: Transaction, what: str, fan: uuid.UUID, creator: uuid.UUID) -> None:
    """The creator hears that her list of fans changed, not who: her client asks for what she may see."""
    await tx.record(
        what,
        to_fan(fan, "privacy:changed", fanId=fan),
        to_creator(creator, "fans:changed"),
        creator_id=creator,
        fan_id=fan,
        actor_id=fan,
    )
