"""What a media provider gives a participant: credentials of their own, for this call, for a short time."""

import uuid
from datetime import datetime
from typing import Any, Literal, Protocol

from stagedoor.core.wire import Wire


class IceServer(Wire, frozen=True, omit_defaults=True):
    """A STUN or TURN server, as RTCIceServer takes it."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class Credentials(Wire, frozen=True):
    """What one participant needs to join one call. Fields that the provider does not use are null."""

    provider: Literal["webrtc", "agora"]
    polite: bool
    epoch: int
    expires_at: datetime | None = None
    ice_servers: tuple[IceServer, ...] = ()
    ice_transport_policy: Literal["all", "relay"] = "all"
    app_id: str | None = None
    channel: str | None = None
    uid: int | None = None
    token: str | None = None


class Call(Protocol):
    """What a provider may know of a call."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def channel(self) -> str: ...


class MediaProvider(Protocol):
    """Makes credentials that live for at most `seconds`. Never asked before the call is answered, and never for
    somebody else."""

    def credentials(
        self, call: Any, role: Literal["creator", "fan"], uid: int, epoch: int, seconds: int
    ) -> Credentials: ...
