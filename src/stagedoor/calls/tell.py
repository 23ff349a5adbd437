"""What each transition says: the event's record, and what each side's clients hear of it."""

import uuid
from typing import Any

import asyncpg

from stagedoor.calls.model import Facts, Ring, Role, as_seen_by
from stagedoor.core.identity import Person
from stagedoor.events import Event, Tell, Transaction, to_creator, to_fan

_HEARD = {
    "connecting": "call:accepted",
    "active": "call:connected",
    "reconnecting": "call:reconnecting",
    "ended": "call:ended",
    "failed": "call:ended",
    "declined": "call:declined",
    "cancelled": "call:cancelled",
    "missed": "call:missed",
}


def both(facts: Facts, name: str, **data: Any) -> list[Tell]:
    return [
        to_fan(facts.fan_id, name, callId=facts.id, **data),
        to_creator(facts.creator_id, name, callId=facts.id, **data),
    ]


def caller(creator: Person) -> dict[str, Any]:
    """Who rings, as every device of the fan's hears it; call_ring adds what it alone knows: the call, its price and
    its deadline."""
    return {"creatorId": creator.id, "creatorName": creator.display_name, "creatorAvatar": creator.avatar_url}


def rang(tx: Transaction, row: asyncpg.Record, ring: Ring) -> None:
    """What call_ring answered of `ring`: if it rang, the event that it recorded is told after the commit."""
    if row["outcome"] != "rang":
        return
    event = Event(
        row["event_id"],
        "call.ringing",
        call_id=row["call_id"],
        creator_id=ring.creator.id,
        fan_id=ring.fan_id,
        actor_id=ring.creator.id,
        version=1,
        request_id=ring.request_id,
        data=row["data"],
        deliveries=row["deliveries"],
        created_at=row["recorded_at"],
    )
    tx.recorded_already(event)


async def transition(
    tx: Transaction,
    facts: Facts,
    version: int,
    state: Any,
    *,
    reason: Any = None,
    by: Role | None = None,
    data: dict[str, Any] | None = None,
    tells: list[Tell] | None = None,
) -> None:
    """Record the move to `state`. Both sides hear of it as they may see it, or exactly `tells` when given."""
    if tells is None:
        tells = []
        for role, tell in (("fan", to_fan), ("creator", to_creator)):
            seen, why = as_seen_by("fan" if role == "fan" else "creator", state, reason, quiet=facts.quiet)
            someone = facts.fan_id if role == "fan" else facts.creator_id
            tells.append(tell(someone, _HEARD[seen], callId=facts.id, state=seen, endReason=why, **(data or {})))
    await tx.record(
        f"call.{state}",
        *tells,
        call_id=facts.id,
        creator_id=facts.creator_id,
        fan_id=facts.fan_id,
        actor_id=None if by is None else actor(facts, by),
        version=version,
        data={"callType": facts.call_type, "by": by, "endReason": reason, **(data or {})},
    )


def actor(facts: Facts, role: Role) -> uuid.UUID:
    return facts.creator_id if role == "creator" else facts.fan_id
