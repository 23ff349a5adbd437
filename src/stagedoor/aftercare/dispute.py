"""Disputes: the fan says that a charge was wrong. The creator's tokens of that call stay where they are until an
operator has decided, and are released, or refunded, with the decision."""

import uuid
from datetime import timedelta

from stagedoor.aftercare import problems, queries
from stagedoor.aftercare.model import DisputeCase, DisputeWire
from stagedoor.aftercare.refund import charge_of, refund_to, wallets
from stagedoor.aftercare.report import person
from stagedoor.calls import CallNotFound, Facts, lock_call, locked
from stagedoor.core import paging
from stagedoor.core.db import Database
from stagedoor.core.identity import Person
from stagedoor.events import Journal, Transaction


class Disputes:
    """`days`: how long after its end a call can be disputed."""

    def __init__(self, journal: Journal, database: Database, days: int) -> None:
        self._journal = journal
        self._database = database
        self._days = days

    async def open(self, fan: Person, call_id: uuid.UUID, text: str) -> DisputeWire:
        """Raises CallNotFound, FanOnly, CallNotOver, NothingCharged, DisputeTooLate, AlreadyDisputed."""
        async with self._journal.transaction() as tx:
            facts, role = await locked(tx, call_id, fan.id)
            if role != "fan":
                raise problems.FanOnly
            if facts.ended_at is None:
                raise problems.CallNotOver
            if facts.now > facts.ended_at + timedelta(days=self._days):
                raise problems.DisputeTooLate
            frozen = await self._freeze(tx, facts)
            opened_at = await queries.insert_dispute(tx.db, call_id, fan.id, text, frozen)
            if opened_at is None:
                raise problems.AlreadyDisputed
            await tx.record(
                "call.disputed",
                *await wallets(tx, facts),
                call_id=call_id,
                creator_id=facts.creator_id,
                fan_id=facts.fan_id,
                actor_id=fan.id,
                version=facts.version,
                data={"by": "fan", "frozenTokens": frozen, "tokensCharged": facts.tokens_charged},
            )
        return DisputeWire(call_id, frozen, opened_at)

    async def _freeze(self, tx: Transaction, facts: Facts) -> int:
        """The creator's tokens of this call that have not gone back, as far as she has them."""
        charge = await charge_of(tx, facts.id)
        if charge is None or charge.refunded >= charge.charged:
            raise problems.NothingCharged
        if await queries.dispute(tx.db, facts.id) is not None:
            raise problems.AlreadyDisputed
        spare = await queries.available(tx.db, [charge.creator_account], of=charge.creator_account)
        frozen = max(0, min(spare, charge.creator_owes(charge.charged)))
        if frozen and charge.creator_account is not None:
            await queries.freeze(tx.db, facts.id, charge.creator_account, frozen)
        return frozen

    async def page(
        self, *, only_open: bool, cursor: str | None, limit: int | None
    ) -> tuple[list[DisputeCase], str | None]:
        """A page of disputes, newest first."""
        size = paging.page_size(limit)
        async with self._database.connection() as connection:
            rows = await queries.disputes(connection, only_open, paging.decode_uuid(cursor), size)
        following = paging.encode(rows[-1]["created_at"], rows[-1]["call_id"]) if len(rows) == size else None
        return [_case(row) for row in rows], following

    async def resolve(
        self, operator: Person, call_id: uuid.UUID, refund_tokens: int, *, platform_pays: bool
    ) -> DisputeCase:
        """Let `refund_tokens` in all have gone back to the fan, and release the rest of what was frozen.

        Raises DisputeNotFound, DisputeResolved, and what `refund_to` does.
        """
        async with self._journal.transaction() as tx:
            facts = await lock_call(tx.db, call_id)
            if facts is None:
                raise CallNotFound
            row = await queries.dispute(tx.db, call_id)
            if row is None:
                raise problems.DisputeNotFound
            if row["resolved_at"] is not None:
                raise problems.DisputeResolved
            refund = await refund_to(tx, facts, refund_tokens, platform_pays=platform_pays, operator=operator.id)
            await queries.thaw(tx.db, call_id, None)
            await queries.resolve_dispute(tx.db, call_id, refund.refunded_tokens)
            await tx.record(
                "call.dispute_resolved",
                *await wallets(tx, facts),
                call_id=call_id,
                creator_id=facts.creator_id,
                fan_id=facts.fan_id,
                actor_id=operator.id,
                version=facts.version,
                data={"refundedTokens": refund.refunded_tokens, "tokens": refund.moved_tokens},
            )
            resolved = await queries.dispute(tx.db, call_id)
            assert resolved is not None
            return _case(resolved)


def _case(row: queries.Row) -> DisputeCase:
    return DisputeCase(
        call_id=row["call_id"],
        call_type=row["call_type"],
        fan=person(row, "fan"),
        creator=person(row, "creator"),
        text=row["body"],
        tokens_charged=row["tokens_charged"],
        refunded_tokens=row["refunded"],
        frozen_tokens=row["frozen_tokens"],
        created_at=row["created_at"],
        resolved_at=row["resolved_at"],
    )
