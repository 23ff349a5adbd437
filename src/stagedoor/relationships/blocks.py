"""Blocks, in both directions. A block forbids see, message and call, and ends what rings or runs between the two.

A blocked fan hears nothing of it. A blocked creator whose list of fans changes hears just that, as when a fan hides or
forgets her; and when the block ended a ring or a call she hears of that end alone, as of any other, so that a block
cannot be told from a decline or from hanging up.
"""

import contextlib
import uuid
from typing import Any

import asyncpg

from stagedoor.calls import PersonWire, end_calls_of_pair
from stagedoor.core.db import Database
from stagedoor.core.identity import Person
from stagedoor.events import Journal, Tell, Transaction, to_creator, to_fan
from stagedoor.platform import CreatorNotFound
from stagedoor.relationships import problems, queries


class Blocks:
    def __init__(self, journal: Journal, database: Database) -> None:
        self._journal = journal
        self._database = database

    async def of_fan(self, fan: uuid.UUID) -> list[PersonWire]:
        """The creators that `fan` blocked, newest first."""
        async with self._database.connection() as connection:
            return [PersonWire(**dict(row)) for row in await queries.blocked_by_fan(connection, fan)]

    async def of_creator(self, creator: uuid.UUID) -> list[PersonWire]:
        """The fans that `creator` blocked, newest first; without a name those whom she never met."""
        async with self._database.connection() as connection:
            return [_person(row) for row in await queries.blocked_by_creator(connection, creator)]

    async def fan_blocks(self, fan: Person, creator: uuid.UUID) -> None:
        """Raises CreatorNotFound, NotYourself."""
        if creator == fan.id:
            raise problems.NotYourself
        try:
            async with self._journal.transaction() as tx:
                if not await queries.is_creator(tx.db, creator):
                    raise CreatorNotFound
                in_call = await end_calls_of_pair(tx, creator, fan.id, "blocked_by_fan")
                if await queries.fan_blocks(tx.db, fan.id, creator):
                    hers = [] if in_call else await _her_list(tx, creator, fan)
                    await tx.record("fan.blocked_creator", _own(fan), *hers, **_ids(creator, fan.id, fan.id))
        except asyncpg.ForeignKeyViolationError as error:
            raise CreatorNotFound(because="erased meanwhile") from error

    async def fan_unblocks(self, fan: Person, creator: uuid.UUID) -> None:
        """Unblocking whom one never blocked changes nothing."""
        async with self._journal.transaction() as tx:
            if await queries.fan_unblocks(tx.db, fan.id, creator):
                hers = await _her_list(tx, creator, fan)
                await tx.record("fan.unblocked_creator", _own(fan), *hers, **_ids(creator, fan.id, fan.id))

    async def creator_blocks(self, creator: Person, fan: uuid.UUID) -> None:
        """Answers alike whether or not there is such a fan."""
        with contextlib.suppress(asyncpg.ForeignKeyViolationError):  # erased meanwhile
            async with self._journal.transaction() as tx:
                await end_calls_of_pair(tx, creator.id, fan, "blocked_by_creator")
                if await queries.creator_blocks(tx.db, creator.id, fan):
                    mine = to_creator(creator.id, "fans:changed")
                    await tx.record("creator.blocked_fan", mine, **_ids(creator.id, fan, creator.id))

    async def creator_unblocks(self, creator: Person, fan: uuid.UUID) -> None:
        async with self._journal.transaction() as tx:
            if await queries.creator_unblocks(tx.db, creator.id, fan):
                mine = to_creator(creator.id, "fans:changed")
                await tx.record("creator.unblocked_fan", mine, **_ids(creator.id, fan, creator.id))


def _own(fan: Person) -> Tell:
    """The fan's own other windows."""
    return to_fan(fan.id, "privacy:changed", fanId=fan.id)


async def _her_list(tx: Transaction, creator: uuid.UUID, fan: Person) -> list[Tell]:
    """What the creator hears when `fan` goes from her list or comes back: that it changed, not who, nor why."""
    listed = await queries.has_relationship(tx.db, creator, fan.id)
    return [to_creator(creator, "fans:changed")] if listed else []


def _ids(creator: uuid.UUID, fan: uuid.UUID, actor: uuid.UUID) -> dict[str, Any]:
    return {"creator_id": creator, "fan_id": fan, "actor_id": actor}


def _person(row: asyncpg.Record) -> PersonWire:
    if not row["known"]:
        return PersonWire(row["id"], "", "Somebody you blocked", None)
    return PersonWire(row["id"], row["username"], row["display_name"], row["avatar_url"])
