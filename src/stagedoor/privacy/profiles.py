"""What creators see of fans: one profile, the list of fans they have a relationship with, and search."""

import re
import uuid
from typing import Any

import msgspec

from stagedoor.calls import FanUnavailable, PersonWire
from stagedoor.core import paging
from stagedoor.core.db import Database
from stagedoor.core.problems import ValidationFailed
from stagedoor.privacy import queries
from stagedoor.privacy.model import FoundWire, MiniProfile, RelatedFanWire, SharedWire

SEARCH_LETTERS_MIN = 2
SEARCH_LETTERS_MAX = 80


class Profiles:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def seen_by(self, creator: uuid.UUID, fan: uuid.UUID) -> MiniProfile:
        """Raises FanUnavailable: for unknown, hidden, blocked and denied alike."""
        async with self._database.connection() as connection:
            row = await queries.profile(connection, creator, fan)
            if row["reason"] is not None:
                raise FanUnavailable(because=row["reason"])
            history = await queries.shared_history(connection, creator, fan, row["history_since"])
        return MiniProfile(
            id=row["id"],
            username=row["username"],
            display_name=row["display_name"],
            avatar_url=row["avatar_url"],
            since=row["since"],
            can_message=row["can_message"],
            can_call=row["can_call"],
            call_again_at=row["call_again_at"],
            call_back_at=row["call_back_at"],
            history=[_shared(entry) for entry in history],
        )

    async def preview(self, fan: uuid.UUID, creator: uuid.UUID | None) -> MiniProfile:
        """What `creator` gets for the fan, by the same call; without one, the creator related last.

        Raises FanUnavailable when that creator, or every creator, gets just that.
        """
        if creator is None:
            async with self._database.connection() as connection:
                creator = await queries.who_sees(connection, fan)
        if creator is None:
            raise FanUnavailable(because="no creator sees this fan")
        return await self.seen_by(creator, fan)

    async def related(
        self, creator: uuid.UUID, cursor: str | None, limit: int | None
    ) -> tuple[list[RelatedFanWire], str | None]:
        """A page of the fans whom `creator` has a relationship with and may see."""
        size = paging.page_size(limit)
        async with self._database.connection() as connection:
            rows = await queries.related_fans(connection, creator, paging.decode_uuid(cursor), size)
        following = paging.encode(rows[-1]["since"], rows[-1]["id"]) if len(rows) == size else None
        return [_related(row) for row in rows], following

    async def search(self, creator: uuid.UUID, text: str) -> list[FoundWire]:
        """Fans who chose to be found and whom `creator` may see. Raises ValidationFailed for a too short `text`."""
        words = re.findall(r"[^\W_]+", text.lower())
        letters = sum(len(word) for word in words)
        if not SEARCH_LETTERS_MIN <= letters <= SEARCH_LETTERS_MAX:
            message = f"must have {SEARCH_LETTERS_MIN} to {SEARCH_LETTERS_MAX} letters"
            raise ValidationFailed(details=[{"field": "q", "message": message}])
        async with self._database.connection() as connection:
            rows = await queries.search(connection, creator, " & ".join(f"'{word}':*" for word in words))
        return [FoundWire(**dict(row)) for row in rows]


def _shared(row: Any) -> SharedWire:
    details = {name: row[name] for name in ("call_type", "tokens", "seconds") if row[name] is not None}
    return msgspec.structs.replace(SharedWire(row["kind"], row["at"]), **details)


def _related(row: Any) -> RelatedFanWire:
    return RelatedFanWire(
        fan=PersonWire(row["id"], row["username"], row["display_name"], row["avatar_url"]),
        since=row["since"],
        follows=row["follows"],
        tips=row["tips"],
        calls=row["calls"],
        can_message=row["can_message"],
        can_call=row["can_call"],
        call_again_at=row["call_again_at"],
        call_back_at=row["call_back_at"],
    )
