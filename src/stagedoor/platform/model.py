"""People as the platform knows them, and their wire forms."""

import uuid
from datetime import datetime
from typing import Annotated

import msgspec

from stagedoor.core.wire import Reply, Request, Wire

Username = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{1,29}$", description="2 to 30 of a-z 0-9 _ . -")]
Password = Annotated[str, msgspec.Meta(min_length=10, max_length=200)]
Price = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class UserWire(Wire, frozen=True):
    """Who I am."""

    id: uuid.UUID
    username: str
    display_name: str
    avatar_url: str | None
    roles: list[str]


class SessionWire(Wire, frozen=True):
    token: str
    expires_at: datetime


class SignInRequest(Request, frozen=True):
    username: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class SignUpRequest(Request, frozen=True):
    username: Username
    password: Password
    display_name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    creator: bool = False


class SignedIn(Reply, frozen=True, kw_only=True):
    session: SessionWire
    user: UserWire


class ProviderWire(Wire, frozen=True):
    provider: str


class SessionReply(Reply, frozen=True, kw_only=True):
    """Anonymous (`user` is null) or who I am, with what a client needs to know before it draws anything."""

    user: UserWire | None
    flags: dict[str, bool]
    media: ProviderWire
    realtime: ProviderWire
    demo: bool
    top_up: bool
    registration: bool
    server_time: datetime


class SignedOut(Reply, frozen=True, kw_only=True):
    session: None = None


class Prices(Wire, frozen=True):
    voice_tokens_per_minute: int
    video_tokens_per_minute: int


class PricesRequest(Request, frozen=True):
    voice_tokens_per_minute: Price
    video_tokens_per_minute: Price


class PricesReply(Reply, frozen=True, kw_only=True):
    prices: Prices


class CreatorWire(Wire, frozen=True):
    """A creator's public page. `following` and `blocked` are mine, and null for anonymous readers."""

    id: uuid.UUID
    username: str
    display_name: str
    avatar_url: str | None
    bio: str
    followers: int
    following: bool | None
    blocked: bool | None
    prices: Prices


class CreatorReply(Reply, frozen=True, kw_only=True):
    creator: CreatorWire


class Today(Wire, frozen=True):
    """A creator's last 24 hours. What she gave back counts against what she earned, whenever that was."""

    earned_tokens: int
    rung: int
    accepted: int
    connected: int
    connected_seconds: int


class TodayReply(Reply, frozen=True, kw_only=True):
    today: Today
