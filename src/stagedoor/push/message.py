"""What is pushed: the ring, and that it is over. It says what the ring says to an open tab, and no more. The sink adds
to a ring the pass that declines it."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from stagedoor.events import Event

RING = ("callId", "creatorId", "creatorName", "creatorAvatar", "callType", "expiresAt", "tokensPerMinute")
AVATAR_MAX = 1000  # a push holds 4 KB in all; a longer address of a picture is left out
_OVER = {
    "call:answered_elsewhere": "answered",
    "call:declined": "declined",
    "call:cancelled": "cancelled",
    "call:missed": "missed",
}


@dataclass(frozen=True, slots=True)
class Push:
    """One message to every browser of one fan, worthless after `until`."""

    fan_id: uuid.UUID
    call_id: uuid.UUID
    payload: dict[str, Any]
    until: datetime

    def seconds_left(self) -> int:
        return int((self.until - datetime.now(UTC)).total_seconds())


def pushes_of(event: Event, ring_seconds: int) -> Iterator[Push]:
    """The pushes that `event` is worth. A ring in quiet hours was told to nobody, so neither is its end."""
    if event.call_id is None or event.fan_id is None:
        return
    for delivery in event.deliveries:
        name, data = delivery["name"], delivery["data"]
        if delivery["channel"] != f"fan:{event.fan_id}":
            continue
        if name == "call:incoming" and all(field in data for field in RING):
            until = datetime.fromisoformat(str(data["expiresAt"]))
            yield Push(event.fan_id, event.call_id, {"type": "call:incoming", **_ring(data)}, until)
        elif name in _OVER and data.get("endReason") != "quiet_hours":
            payload = {"type": "call:over", "callId": str(event.call_id), "outcome": _OVER[name]}
            until = datetime.now(UTC) + timedelta(seconds=ring_seconds)
            yield Push(event.fan_id, event.call_id, payload, until)


def _ring(data: dict[str, Any]) -> dict[str, Any]:
    ring = {field: data[field] for field in RING}
    if len(ring["creatorAvatar"] or "") > AVATAR_MAX:
        ring["creatorAvatar"] = None
    return ring
