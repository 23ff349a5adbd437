"""A call as it is stored, as it is decided on, and as each side may see it."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from stagedoor.core.identity import Person
from stagedoor.core.wire import Wire

CallType = Literal["voice", "video"]
Role = Literal["creator", "fan"]
CallState = Literal[
    "ringing", "connecting", "active", "reconnecting", "ended", "declined", "cancelled", "missed", "failed"
]
EndReason = Literal[
    "declined",
    "cancelled",
    "expired",
    "quiet_hours",
    "no_connection",
    "creator_hung_up",
    "fan_hung_up",
    "connection_lost",
    "gaps_exceeded",
    "funds_exhausted",
    "limit_reached",
    "blocked_by_fan",
    "blocked_by_creator",
    "erased",
    "operator",
]
InvitationState = Literal["pending", "accepted", "declined", "cancelled", "expired"]

LIVE: frozenset[str] = frozenset(("connecting", "active", "reconnecting"))
ALIVE_SECONDS = 3  # the presence of a side that says `call:alive`; what it does not say so is not billed
TRANSITIONS: dict[CallState, tuple[CallState, ...]] = {
    "ringing": ("connecting", "declined", "cancelled", "missed"),
    "connecting": ("active", "ended", "failed"),
    "active": ("reconnecting", "ended"),
    "reconnecting": ("active", "ended"),
}


@dataclass(frozen=True, slots=True)
class Ring:
    """What a creator asks for when she rings; `request_id` is the request in which she does."""

    creator: Person
    fan_id: uuid.UUID
    call_type: CallType
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """One row of the view call_facts: everything a decision rests on, read under the call's lock.

    Times are the database's; `connected` is the time that counts so far; token amounts are whole tokens.
    """

    id: uuid.UUID
    creator_id: uuid.UUID
    fan_id: uuid.UUID
    call_type: CallType
    state: CallState
    end_reason: EndReason | None
    tokens_per_minute: int
    fee_basis_points: int
    increment_seconds: int
    max_tokens: int | None
    media_provider: Literal["webrtc", "agora"]
    channel: str
    version: int
    created_at: datetime
    accepted_at: datetime | None
    connected_at: datetime | None
    gap_since: datetime | None
    ended_at: datetime | None
    due_at: datetime | None
    call_back_at: datetime | None
    funds_low: bool
    quiet: bool
    billable_seconds: int
    tokens_charged: int
    invitation_state: InvitationState
    expires_at: datetime
    now: datetime
    creator_has_media: bool
    creator_seen_at: datetime
    creator_presence_seconds: int
    creator_device_id: str | None
    creator_epoch: int
    fan_has_media: bool
    fan_seen_at: datetime
    fan_presence_seconds: int
    fan_device_id: str | None
    fan_epoch: int
    connected: timedelta
    held_tokens: int
    fan_available_tokens: int

    def role_of(self, user_id: uuid.UUID) -> Role | None:
        """The part that `user_id` has in this call; None for anybody else."""
        if user_id == self.creator_id:
            return "creator"
        return "fan" if user_id == self.fan_id else None

    def is_there(self, role: Role) -> bool:
        """Heard of within its presence."""
        return self.now <= self._seen_at(role) + timedelta(seconds=self._presence_seconds(role))

    def had_until(self, role: Role) -> datetime:
        """Until when `role` is known to have had media: its last word, if it says `call:alive`; else now, while it
        is there. `call_media_until` knows the same."""
        coarse = self._presence_seconds(role) > ALIVE_SECONDS
        return self.now if coarse and self.is_there(role) else self._seen_at(role)

    def _seen_at(self, role: Role) -> datetime:
        return self.creator_seen_at if role == "creator" else self.fan_seen_at

    def _presence_seconds(self, role: Role) -> int:
        return self.creator_presence_seconds if role == "creator" else self.fan_presence_seconds

    def device_of(self, role: Role) -> str | None:
        return self.creator_device_id if role == "creator" else self.fan_device_id


def other(role: Role) -> Role:
    return "fan" if role == "creator" else "creator"


class PersonWire(Wire, frozen=True):
    """Somebody, as others may see them."""

    id: uuid.UUID
    username: str
    display_name: str
    avatar_url: str | None


class SegmentWire(Wire, frozen=True):
    """An interval in which both sides had media; still running when `endedAt` is null."""

    started_at: datetime
    ended_at: datetime | None


class CallWire(Wire, frozen=True):
    """A call, as the participant with `role` sees it.

    `billableSeconds` and `tokensCharged` are so far, while it runs. The fan's funds (`heldTokens`, `secondsLeft`,
    `maxTokens`) are the fan's: the creator sees `secondsLeft` only once it is low, and the others never.
    `callBackAt` is when a fan who declined asked to be called again.
    """

    id: uuid.UUID
    call_type: CallType
    state: CallState
    end_reason: EndReason | None
    role: Role
    creator: PersonWire | None
    fan: PersonWire | None
    tokens_per_minute: int
    increment_seconds: int
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    version: int
    segments: list[SegmentWire]
    billable_seconds: int
    tokens_charged: int
    held_tokens: int
    seconds_left: int | None
    max_tokens: int | None
    media_lost: bool
    device_id: str | None
    call_back_at: datetime | None
    server_time: datetime


def as_seen_by(
    role: Role, state: CallState, reason: EndReason | None, *, quiet: bool = False
) -> tuple[CallState, EndReason | None]:
    """Nobody can tell a block from an ordinary end: a fan's block of a ring looks like a decline, one during a
    call like hanging up; a creator's looks like a cancelled ring, or like hanging up.

    A ring in quiet hours (`quiet`) ends as any other for the creator. The fan never heard it: she has missed it,
    however it ended.
    """
    if role == "creator" and reason == "quiet_hours":
        return state, "expired"
    if role == "fan" and quiet and state in ("missed", "cancelled", "declined"):
        return "missed", "quiet_hours"
    if reason == "blocked_by_fan" and role == "creator":
        return ("declined", "declined") if state == "cancelled" else (state, "fan_hung_up")
    if reason == "blocked_by_creator" and role == "fan":
        return (state, "cancelled") if state == "cancelled" else (state, "creator_hung_up")
    return state, reason
