"""A person's own record: what they did, and what happened in their calls and to their tokens.

What somebody else did about them (a creator's block, a report) is not theirs to read, and a call's end is told as
they may see it: a block cannot be told from a decline here either.
"""

import uuid
from typing import Any, cast

from stagedoor.calls import as_seen_by
from stagedoor.core import paging
from stagedoor.core.db import Database
from stagedoor.privacy.model import OwnEventWire

_CALLS = [
    f"call.{what}"
    for what in (
        "ringing",
        "connecting",
        "active",
        "reconnecting",
        "ended",
        "declined",
        "cancelled",
        "missed",
        "failed",
        "refunded",
    )
]
_MONEY = ["wallet.credit", "wallet.top_up", "tip.refunded"]
_COLUMNS = "id, type, created_at, creator_id, fan_id, call_id, data"
# The index of actors is in no order, so theirs are found first and sorted then (OFFSET 0): to go by id would pass
# over everybody else's.
_PAGE = f"""
(SELECT {_COLUMNS} FROM events WHERE fan_id = $1 AND ($2::bigint IS NULL OR id < $2)
    AND type = ANY ($4::text[]) ORDER BY id DESC LIMIT $3)
UNION
(SELECT {_COLUMNS} FROM events WHERE creator_id = $1 AND ($2::bigint IS NULL OR id < $2)
    AND type = ANY ($5::text[]) ORDER BY id DESC LIMIT $3)
UNION
(SELECT {_COLUMNS} FROM (SELECT {_COLUMNS} FROM events
    WHERE actor_id = $1 AND ($2::bigint IS NULL OR id < $2) OFFSET 0) own ORDER BY id DESC LIMIT $3)
ORDER BY id DESC LIMIT $3
"""


class Trail:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, person: uuid.UUID, cursor: str | None, limit: int | None
    ) -> tuple[list[OwnEventWire], str | None]:
        """A page of the person's own events, newest first."""
        size = paging.page_size(limit)
        position = paging.decode(cursor)
        last = int(position[1]) if position is not None and position[1].isdigit() else None
        async with self._database.connection() as connection:
            rows = await connection.fetch(_PAGE, person, last, size, _CALLS + _MONEY, _CALLS)
        following = paging.encode(rows[-1]["created_at"], rows[-1]["id"]) if len(rows) == size else None
        return [_own(row, person) for row in rows], following

    async def all(self, person: uuid.UUID) -> list[OwnEventWire]:
        events, cursor = await self.page(person, None, paging.PAGE_MAX)
        while cursor is not None:
            more, cursor = await self.page(person, cursor, paging.PAGE_MAX)
            events += more
        return events


def _own(row: Any, person: uuid.UUID) -> OwnEventWire:
    kind, data = row["type"], row["data"]
    if "endReason" in data:
        role = "fan" if row["fan_id"] == person else "creator"
        state, reason = as_seen_by(cast(Any, role), kind.removeprefix("call."), data["endReason"])
        kind, data = f"call.{state}", {**data, "endReason": reason}
    return OwnEventWire(row["id"], kind, row["created_at"], row["creator_id"], row["call_id"], data)
