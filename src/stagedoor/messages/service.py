"""Send, read, and list. A message and its event are written together, and its recipient hears of it at once."""

import uuid
from typing import Any

import asyncpg
import msgspec

from stagedoor.calls import FanUnavailable, PersonWire
from stagedoor.core import paging
from stagedoor.core.db import Database
from stagedoor.core.identity import Person
from stagedoor.events import Journal, Transaction, to_creator, to_fan
from stagedoor.messages import queries
from stagedoor.messages.model import LastWire, MessageWire, ThreadWire


class Messages:
    def __init__(self, journal: Journal, database: Database) -> None:
        self._journal = journal
        self._database = database

    async def send(self, sender: Person, recipient: uuid.UUID, body: str) -> MessageWire:
        """Raises FanUnavailable: for unknown, hidden, blocked and denied alike, whoever writes to whom."""
        try:
            async with self._journal.transaction() as tx:
                row = await queries.send(tx.db, sender.id, recipient, body)
                if row["reason"] is not None:
                    raise FanUnavailable(because=row["reason"])
                message = MessageWire(row["id"], body, row["created_at"], mine=True, read_at=None)
                await _tell(tx, sender, recipient, message, recipient_is_creator=row["is_creator"])
        except asyncpg.ForeignKeyViolationError as error:
            raise FanUnavailable(because="erased meanwhile") from error
        return message

    async def threads(self, reader: uuid.UUID) -> list[ThreadWire]:
        async with self._database.connection() as connection:
            return [_thread(row) for row in await queries.threads(connection, reader)]

    async def thread(
        self, reader: uuid.UUID, other: uuid.UUID, cursor: str | None, limit: int | None
    ) -> tuple[list[MessageWire], str | None, bool]:
        """A page of the thread, newest first; its cursor; and whether the reader may write. Somebody unknown is
        somebody with whom nothing was ever said."""
        size = paging.page_size(limit)
        async with self._database.connection() as connection:
            rows = await queries.thread(connection, reader, other, paging.decode_uuid(cursor), size)
            can_message = await queries.can_write(connection, reader, other)
        following = paging.encode(rows[-1]["at"], rows[-1]["id"]) if len(rows) == size else None
        return [MessageWire(**dict(row)) for row in rows], following, can_message

    async def read(self, reader: uuid.UUID, other: uuid.UUID) -> None:
        """Everything that `other` wrote is read."""
        async with self._database.connection() as connection:
            await queries.mark_read(connection, reader, other)


async def _tell(
    tx: Transaction, sender: Person, recipient: uuid.UUID, message: MessageWire, *, recipient_is_creator: bool
) -> None:
    """The recipient hears it on one channel that each of her windows is on. The record keeps no word of it in its
    data; what is delivered goes when either of the two is erased."""
    fan_writes = not sender.is_creator
    tell = to_creator if fan_writes and recipient_is_creator else to_fan
    said = msgspec.to_builtins(msgspec.structs.replace(message, mine=False))
    me = PersonWire(sender.id, sender.username, sender.display_name, sender.avatar_url)
    new = tell(recipient, "message:new", **{"from": msgspec.to_builtins(me)}, message=said)
    fan, creator = (sender.id, recipient) if fan_writes else (recipient, sender.id)
    await tx.record("message.sent", new, fan_id=fan, creator_id=creator, actor_id=sender.id)


def _thread(row: Any) -> ThreadWire:
    return ThreadWire(
        person=PersonWire(row["id"], row["username"], row["display_name"], row["avatar_url"]),
        last=LastWire(row["body"], row["at"], row["mine"]),
        unread=row["unread"],
        can_message=row["can_message"],
    )
