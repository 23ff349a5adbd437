"""A fan's policy, and what others may see of a fan."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from stagedoor.calls import CallType, PersonWire
from stagedoor.core.wire import Reply, Request, Wire

Visibility = Literal["hidden", "private", "creators"]
Audience = Literal["nobody", "interacted", "everyone"]
WallClock = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5, description="HH:MM")]


class FanWire(PersonWire, frozen=True):
    """Me, and who can reach me. `hidden`: no creator sees me; `private`: creators with a relationship;
    `creators`: any creator. Who may not see me may not message or call me either.

    From `quietFrom` until `quietUntil`, by the clock in `timezone`, my devices do not ring: what rings then is a
    missed call. Both are null for no quiet hours.
    """

    visibility: Visibility
    allow_dm: Audience
    allow_calls: Audience
    searchable: bool
    quiet_from: WallClock | None
    quiet_until: WallClock | None
    timezone: str


class FanReply(Reply, frozen=True, kw_only=True):
    fan: FanWire


class SettingsRequest(Request, frozen=True):
    """What is absent stays as it is."""

    visibility: Visibility | msgspec.UnsetType = msgspec.UNSET
    allow_dm: Audience | msgspec.UnsetType = msgspec.UNSET
    allow_calls: Audience | msgspec.UnsetType = msgspec.UNSET
    searchable: bool | msgspec.UnsetType = msgspec.UNSET
    quiet_from: WallClock | msgspec.UnsetType | None = msgspec.UNSET
    quiet_until: WallClock | msgspec.UnsetType | None = msgspec.UNSET
    timezone: Annotated[str, msgspec.Meta(max_length=64)] | msgspec.UnsetType = msgspec.UNSET


class ReachWire(Wire, frozen=True):
    """A creator with whom I have a relationship: why, and what it allows her."""

    creator: PersonWire
    since: datetime
    follows: bool
    tips: int
    calls: int
    can_see: bool
    can_message: bool
    can_call: bool


class ReachReply(Reply, frozen=True, kw_only=True):
    relationships: list[ReachWire]


class ForgottenWire(Wire, frozen=True):
    forgotten: bool = True


class ForgottenReply(Reply, frozen=True, kw_only=True):
    relationship: ForgottenWire


class SharedWire(Wire, frozen=True, omit_defaults=True):
    """One thing that the creator and the fan did together."""

    kind: Literal["follow", "tip", "call", "message"]
    at: datetime
    call_type: CallType | msgspec.UnsetType = msgspec.UNSET
    tokens: int | msgspec.UnsetType = msgspec.UNSET
    seconds: int | msgspec.UnsetType = msgspec.UNSET


class MiniProfile(PersonWire, frozen=True):
    """A fan as one creator sees her. `since` is null without a relationship; `history` is newest first."""

    since: datetime | None
    can_message: bool
    can_call: bool
    call_again_at: datetime | None
    call_back_at: datetime | None
    history: list[SharedWire]


class ProfileReply(Reply, frozen=True, kw_only=True):
    profile: MiniProfile


class FoundWire(PersonWire, frozen=True):
    can_message: bool
    can_call: bool


class FoundReply(Reply, frozen=True, kw_only=True):
    fans: list[FoundWire]


class RelatedFanWire(Wire, frozen=True):
    """A fan with whom a creator has a relationship, and what it allows. `callBackAt`: when the fan, who
    declined her last call, asked to be called again."""

    fan: PersonWire
    since: datetime
    follows: bool
    tips: int
    calls: int
    can_message: bool
    can_call: bool
    call_again_at: datetime | None
    call_back_at: datetime | None


class RelatedFansReply(Reply, frozen=True, kw_only=True):
    fans: list[RelatedFanWire]
    next_cursor: str | None


class EraseRequest(Request, frozen=True):
    """`confirm` is my own username, typed."""

    confirm: str


class ErasedReply(Reply, frozen=True, kw_only=True):
    erased: bool = True


class OwnEventWire(Wire, frozen=True):
    id: int
    type: str
    at: datetime
    creator_id: uuid.UUID | None
    call_id: uuid.UUID | None
    data: dict[str, Any]


class OwnEventsReply(Reply, frozen=True, kw_only=True):
    events: list[OwnEventWire]
    next_cursor: str | None
