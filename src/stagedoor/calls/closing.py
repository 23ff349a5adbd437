"""Calls that may not go on, because the pair was blocked or one of the two is erased.

They are settled and told by the same words as any other end, so that the other side cannot tell a block from a
decline or from hanging up. The trigger on the blocks' tables does the same for a block written by hand in SQL.
"""

import uuid
from typing import Literal

from stagedoor.calls import queries, tell
from stagedoor.calls.model import EndReason, Facts, Role
from stagedoor.calls.service import finish
from stagedoor.events import Transaction


async def end_calls_of_pair(
    tx: Transaction, creator: uuid.UUID, fan: uuid.UUID, reason: Literal["blocked_by_fan", "blocked_by_creator"]
) -> bool:
    """End what rings or runs between the two; true when something did. Takes turns with a ring: none can begin before
    the commit.

    The two people's rows come first, as the block's own foreign keys would lock them after the calls: an erasure
    locks people before calls, too.
    """
    await tx.db.execute("SELECT 1 FROM users WHERE id IN ($1, $2) ORDER BY id FOR KEY SHARE", creator, fan)
    await tx.db.execute("SELECT pair_lock($1, $2)", creator, fan)
    by: Role = "fan" if reason == "blocked_by_fan" else "creator"
    running = await queries.lock_running(tx.db, creator=creator, fan=fan)
    for facts in running:
        await _close(tx, facts, reason, by)
    return bool(running)


async def end_calls_of_person(tx: Transaction, person: uuid.UUID) -> None:
    """End what rings or runs for somebody whose account goes."""
    for facts in await queries.lock_running(tx.db, creator=person, fan=None):
        await _close(tx, facts, "erased", "creator")
    for facts in await queries.lock_running(tx.db, creator=None, fan=person):
        await _close(tx, facts, "erased", "fan")


async def _close(tx: Transaction, facts: Facts, reason: EndReason, by: Role) -> None:
    if facts.state == "ringing":
        version = await queries.answer(tx.db, facts.id, "cancelled", reason)
        await tell.transition(tx, facts, version, "cancelled", reason=reason, by=by)
    else:
        await finish(tx, facts, reason, by=by)
