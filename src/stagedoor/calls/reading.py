"""Reading calls: one, what rings or runs now, and what is over. Each as the reader may see it."""

import uuid
from typing import Any

from stagedoor.calls import problems, sheets
from stagedoor.calls.model import CallWire, Role
from stagedoor.calls.present import present
from stagedoor.core import paging
from stagedoor.core.db import Database


class CallReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def one(self, person: uuid.UUID, call_id: uuid.UUID) -> CallWire:
        """Raises CallNotFound, for a stranger's call too."""
        async with self._database.connection() as connection:
            row = await sheets.sheet(connection, call_id)
        if row is None or person not in (row["creator_id"], row["fan_id"]):
            raise problems.CallNotFound
        return present(row, _role(row, person))

    async def current(self, person: uuid.UUID) -> list[CallWire]:
        async with self._database.connection() as connection:
            rows = await sheets.current(connection, person)
        return [present(row, _role(row, person)) for row in rows]

    async def history(
        self, person: uuid.UUID, cursor: str | None, limit: int | None
    ) -> tuple[list[CallWire], str | None]:
        """A page of calls that are over, newest first, and the cursor of the next page."""
        size = paging.page_size(limit)
        async with self._database.connection() as connection:
            rows = await sheets.history(connection, person, paging.decode_uuid(cursor), size)
        following = paging.encode(rows[-1]["created_at"], rows[-1]["id"]) if len(rows) == size else None
        return [present(row, _role(row, person)) for row in rows], following


def _role(row: Any, person: uuid.UUID) -> Role:
    return "creator" if row["creator_id"] == person else "fan"
