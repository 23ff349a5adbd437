"""The story of a card: enabled, shown again, rotated, read by strangers, expired, revoked."""

import uuid
from typing import Any

from stagedoor.cards import problems, queries, tokens
from stagedoor.cards.model import CardWire, PublicCardWire
from stagedoor.core.db import Database
from stagedoor.core.identity import Person
from stagedoor.core.problems import SessionInvalid
from stagedoor.events import Journal, to_fan

# On every answer about a link, refusals too: no index, no trace in the next page's referrer, no copy kept.
PUBLIC_HEADERS = {
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Cards:
    """`days` is how long a link lives."""

    def __init__(self, journal: Journal, database: Database, local_key: bytes, days: int) -> None:
        self._journal = journal
        self._database = database
        self._key = tokens.card_key(local_key)
        self._days = days

    async def enable(self, fan: Person, *, rotate: bool, base_url: str) -> CardWire:
        """The fan's card: the one there is, or a new one when there is none, it expired, or `rotate` says so."""
        async with self._journal.transaction() as tx:
            if not await queries.lock_fan(tx.db, fan.id):
                raise SessionInvalid(because="erased")
            row = await queries.alive(tx.db, fan.id)
            if row is None or rotate:
                before = row
                nonce = tokens.new_nonce()
                token_hash = tokens.hash_of(tokens.token_of(self._key, nonce))
                row = await queries.put(tx.db, fan.id, nonce, token_hash, self._days)
                await tx.record(
                    "card.enabled" if before is None else "card.rotated",
                    to_fan(fan.id, "privacy:changed", fanId=fan.id),
                    fan_id=fan.id,
                    actor_id=fan.id,
                    data={"expiresAt": row["expires_at"]},
                )
            return self._own(row, base_url)

    async def own(self, fan: uuid.UUID, *, base_url: str) -> CardWire | None:
        """The card as it was shown before; None when there is none, or it expired."""
        async with self._database.connection() as connection:
            row = await queries.alive(connection, fan)
        return None if row is None else self._own(row, base_url)

    async def disable(self, fan: Person) -> None:
        """The link is dead from now on. Revoking again changes nothing."""
        async with self._journal.transaction() as tx:
            if await queries.remove(tx.db, fan.id):
                mine = to_fan(fan.id, "privacy:changed", fanId=fan.id)
                await tx.record("card.revoked", mine, fan_id=fan.id, actor_id=fan.id)

    async def read(self, token: str) -> PublicCardWire:
        """For whoever holds the link. Raises CardNotFound, the same for whatever is dead."""
        async with self._database.connection() as connection:
            row = await queries.public(connection, tokens.hash_of(token))
        if row is None:
            raise problems.CardNotFound(headers=PUBLIC_HEADERS)
        return PublicCardWire(**dict(row))

    def _own(self, row: Any, base_url: str) -> CardWire:
        token = tokens.token_of(self._key, row["nonce"])
        if tokens.hash_of(token) != row["token_hash"]:
            return CardWire(None, None, row["expires_at"], row["created_at"])
        return CardWire(f"{base_url}/c/{token}", token, row["expires_at"], row["created_at"])
