"""Refunds: tokens of a call go back to the fan, in part or in full, never more than was charged.

What is asked for is the total that shall have been refunded, so asking again moves nothing. The platform gives back
its fee in proportion, the creator the rest: first what a dispute froze, then what else she has.
"""

import uuid
from dataclasses import dataclass

from stagedoor.aftercare import problems, queries
from stagedoor.aftercare.model import RefundWire
from stagedoor.billing import wallet_changed
from stagedoor.calls import CallNotFound, Facts, lock_call
from stagedoor.events import Journal, Tell, Transaction


@dataclass(frozen=True, slots=True)
class Charge:
    """What a call cost: `fee` of `charged` went to the platform, `refunded` has gone back, `frozen` is held."""

    charged: int
    fee: int
    refunded: int
    frozen: int
    fan_account: int
    creator_account: int | None

    def creators_part(self, tokens: int) -> int:
        """What the creator gives of a refund of `tokens` in all. Rounded so that a full refund returns exactly
        what each side got, and so that it never falls as `tokens` grow."""
        return tokens - self.fee * tokens // self.charged

    def creator_owes(self, total: int) -> int:
        return self.creators_part(total) - self.creators_part(self.refunded)


class Refunds:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def refund(
        self, call_id: uuid.UUID, tokens: int | None, *, platform_pays: bool = False, operator: uuid.UUID | None = None
    ) -> RefundWire:
        """See `refund_to`. Raises CallNotFound besides."""
        async with self._journal.transaction() as tx:
            facts = await lock_call(tx.db, call_id)
            if facts is None:
                raise CallNotFound
            return await refund_to(tx, facts, tokens, platform_pays=platform_pays, operator=operator)


async def refund_to(
    tx: Transaction, facts: Facts, total: int | None, *, platform_pays: bool, operator: uuid.UUID | None
) -> RefundWire:
    """Let `total` tokens of a locked call (None: all that it cost) have been refunded. Less than has been: no change.

    Raises CallNotOver, RefundExceedsCharge, NobodyToRefund, CreatorCannotPay.
    """
    if facts.ended_at is None:
        raise problems.CallNotOver
    charge = await charge_of(tx, facts.id)
    charged = 0 if charge is None else charge.charged
    total = charged if total is None else total
    if total > charged:
        raise problems.RefundExceedsCharge(details={"tokensCharged": charged})
    if charge is None or total <= charge.refunded:
        return RefundWire(facts.id, charged, 0 if charge is None else charge.refunded, 0)
    if facts.fan_id is None:
        raise problems.NobodyToRefund
    moved = await _move(tx, facts, charge, total, platform_pays)
    await tx.record(
        "call.refunded",
        *await wallets(tx, facts),
        call_id=facts.id,
        creator_id=facts.creator_id,
        fan_id=facts.fan_id,
        actor_id=operator,
        version=facts.version,
        data={"tokens": moved, "refundedTokens": total, "tokensCharged": charged},
    )
    return RefundWire(facts.id, charged, total, moved)


async def charge_of(tx: Transaction, call_id: uuid.UUID) -> Charge | None:
    row = await queries.charge(tx.db, call_id)
    return None if row is None else Charge(**dict(row))


async def wallets(tx: Transaction, facts: Facts) -> list[Tell]:
    """What both, as far as they are still there, hear of their tokens."""
    people = [person for person in (facts.fan_id, facts.creator_id) if person is not None]
    return [await wallet_changed(tx.db, person) for person in people]


async def _move(tx: Transaction, facts: Facts, charge: Charge, total: int, platform_pays: bool) -> int:
    op_key = f"refund:{facts.id}:{total}"
    house = await queries.house_account(tx.db, op_key)
    spare = await queries.available(
        tx.db, [charge.fan_account, charge.creator_account, house], of=charge.creator_account
    )
    owes = charge.creator_owes(total)
    missing = owes - charge.frozen - max(0, spare)
    if missing > 0 and not platform_pays:
        raise problems.CreatorCannotPay(details={"missingTokens": missing})
    pays = owes - max(0, missing)
    if charge.frozen and pays:
        await queries.thaw(tx.db, facts.id, min(charge.frozen, pays))
    moved = total - charge.refunded
    accounts, amounts = [charge.fan_account, house], [moved, pays - moved]
    if charge.creator_account is not None:
        accounts, amounts = [*accounts, charge.creator_account], [*amounts, -pays]
    await queries.post_refund(tx.db, op_key, facts.id, accounts, amounts)
    return moved
