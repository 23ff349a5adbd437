"""Tips: tokens from a fan to a creator, and back when an operator refunds them. The row and the money move together."""

import uuid
from typing import Any

import asyncpg
import msgspec

from stagedoor.billing import balance_of
from stagedoor.core.idempotency import Once
from stagedoor.core.identity import Person
from stagedoor.events import Journal, Transaction, to_creator, to_fan
from stagedoor.platform import CreatorNotFound
from stagedoor.relationships import problems, queries
from stagedoor.relationships.follows import find_creator
from stagedoor.relationships.model import TipReply, TipWire


class Tips:
    def __init__(self, journal: Journal, fee_basis_points: int) -> None:
        self._journal = journal
        self._fee_basis_points = fee_basis_points

    async def tip(self, fan: Person, username: str, tokens: int, key: str | None = None) -> TipReply:
        """Give `tokens`. The same `key` again gives nothing more and answers the same.

        Raises CreatorNotFound, NotYourself, TooFewTokens, IdempotencyKeyReused.
        """
        once = Once(fan.id, "tip", key, [username.lower(), tokens])
        try:
            async with self._journal.transaction() as tx:
                before = await once.answered(tx.db)
                if before is not None:
                    return msgspec.convert(before, TipReply)
                reply = await self._give(tx, fan, username, tokens)
                await once.answer(tx.db, reply)
                return reply
        except asyncpg.CheckViolationError as error:
            if error.constraint_name == "sufficient_tokens":
                raise problems.TooFewTokens(because=error.constraint_name) from error
            raise
        except asyncpg.ForeignKeyViolationError as error:
            raise CreatorNotFound(because="erased meanwhile") from error

    async def _give(self, tx: Transaction, fan: Person, username: str, tokens: int) -> TipReply:
        creator = await find_creator(tx, fan, username)
        # Takes turns with "forget me" of the same pair: which of the two came first is then the same everywhere.
        await tx.db.execute("SELECT pair_lock($1, $2)", creator, fan.id)
        missing = tokens - (await balance_of(tx.db, fan.id)).available
        if missing > 0:
            raise problems.TooFewTokens(details={"missingTokens": missing})
        row = await queries.insert_tip(tx.db, fan.id, creator, tokens)
        fee = tokens * self._fee_basis_points // 10_000
        await queries.post_tip(tx.db, row["id"], fan.id, creator, tokens, fee)
        await tx.record(
            "tip.given",
            to_fan(fan.id, "privacy:changed", fanId=fan.id),
            to_creator(creator, "fans:changed"),
            *await _wallets(tx, fan.id, creator),
            creator_id=creator,
            fan_id=fan.id,
            actor_id=fan.id,
            data={"tokens": tokens, "tipId": row["id"]},
        )
        return TipReply(tip=TipWire(**dict(row)), wallet=await balance_of(tx.db, fan.id))

    async def refund(self, tip_id: uuid.UUID, *, operator: uuid.UUID | None) -> bool:
        """Give a whole tip back, the fee too. False when that was done before.

        Raises TipNotFound; TooFewTokens when the creator has spent them.
        """
        try:
            async with self._journal.transaction() as tx:
                tip = await queries.refund_tip(tx.db, tip_id)
                if tip is None:
                    if not await queries.tip_exists(tx.db, tip_id):
                        raise problems.TipNotFound
                    return False
                await queries.post_tip_refund(tx.db, tip_id)
                await _record_refund(tx, tip_id, tip, operator)
                return True
        except asyncpg.CheckViolationError as error:
            if error.constraint_name == "sufficient_tokens":
                raise problems.TooFewTokens(because="the creator has spent them") from error
            raise


async def _record_refund(tx: Transaction, tip_id: uuid.UUID, tip: Any, operator: uuid.UUID | None) -> None:
    fan, creator = tip["fan_id"], tip["creator_id"]
    tells = await _wallets(tx, fan, creator)
    if fan is not None and creator is not None:
        tells += [to_fan(fan, "privacy:changed", fanId=fan), to_creator(creator, "fans:changed")]
    await tx.record(
        "tip.refunded",
        *tells,
        creator_id=creator,
        fan_id=fan,
        actor_id=operator,
        data={"tokens": tip["tokens"], "tipId": tip_id},
    )


async def _wallets(tx: Transaction, fan: uuid.UUID | None, creator: uuid.UUID | None) -> list[Any]:
    """Each side hears its own new balance; an erased side nothing."""
    tells = []
    for person, tell in ((fan, to_fan), (creator, to_creator)):
        if person is not None:
            wallet = await balance_of(tx.db, person)
            tells.append(tell(person, "wallet:changed", **msgspec.to_builtins(wallet)))
    return tells
