"""Mends that decide nothing: tokens held for nothing are released, and what nothing would end becomes due.

Each takes the call's lock, looks again, and records what it did in the same transaction.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping

from stagedoor.billing.wallet import wallet_changed
from stagedoor.calls import Facts, lock_call
from stagedoor.events import Journal, Tell, Transaction

Repair = Callable[[Transaction, uuid.UUID, Facts | None], Awaitable[list[Tell] | None]]


async def repair(journal: Journal, check: str, call_id: uuid.UUID) -> bool:
    """Mend what `check` found about the call. False when there was nothing any more."""
    async with journal.transaction() as tx:
        facts = await lock_call(tx.db, call_id)
        told = await REPAIRS[check](tx, call_id, facts)
        if told is None:
            return False
        await tx.record(
            "call.repaired",
            *told,
            call_id=call_id,
            creator_id=None if facts is None else facts.creator_id,
            fan_id=None if facts is None else facts.fan_id,
            version=0 if facts is None else facts.version,
            data={"check": check},
        )
        return True


async def _release_hold(tx: Transaction, call_id: uuid.UUID, facts: Facts | None) -> list[Tell] | None:
    if facts is not None and (facts.ended_at is None or facts.tokens_charged > 0):
        return None
    return await _release(tx, call_id, "call")


async def _release_frozen(tx: Transaction, call_id: uuid.UUID, _facts: Facts | None) -> list[Tell] | None:
    pending = await tx.db.fetchval("SELECT true FROM call_disputes WHERE call_id = $1 AND resolved_at IS NULL", call_id)
    return None if pending else await _release(tx, call_id, "dispute")


async def _release(tx: Transaction, call_id: uuid.UUID, purpose: str) -> list[Tell] | None:
    row = await tx.db.fetchrow(
        "UPDATE ledger_holds h SET closed_at = clock_timestamp() FROM ledger_accounts a WHERE a.id = h.account_id"
        " AND h.call_id = $1 AND h.purpose = $2 AND h.closed_at IS NULL RETURNING a.owner_id",
        call_id,
        purpose,
    )
    return None if row is None else [await wallet_changed(tx.db, row["owner_id"])]


async def _make_due(tx: Transaction, call_id: uuid.UUID, facts: Facts | None) -> list[Tell] | None:
    """A ring is due when it expires, anything else at once: the sweeper then does what time owes it."""
    if facts is None or facts.ended_at is not None:
        return None
    due_at = facts.expires_at if facts.state == "ringing" else facts.now
    await tx.db.execute("UPDATE calls SET due_at = $2 WHERE id = $1", call_id, due_at)
    return []


REPAIRS: Mapping[str, Repair] = {
    "hold_open_after_end": _release_hold,
    "frozen_after_decision": _release_frozen,
    "never_due": _make_due,
    "nobody_there": _make_due,
}
