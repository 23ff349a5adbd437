"""What each room is told: its own settings, with the defaults that hold where nothing is set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

MediaProvider = Literal["webrtc", "agora"]
RealtimeProvider = Literal["socketio", "ably"]


@dataclass(frozen=True, kw_only=True)
class Identity:
    secret_key: str | None = None  # signs local sessions; None: a key file in the data directory
    jwt_secret: str | None = None
    jwt_jwks_url: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    session_hours: int = 24 * 14
    registration: bool = True


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Requests a minute. Call initiation has its own two; `auth`, `share` and `search` are tighter than the rest."""

    calls_per_ip: int = 5
    calls_per_user: int = 10
    general: int = 600
    tight: int = 30


@dataclass(frozen=True, kw_only=True)
class Calls:
    ring_seconds: int = 120
    cooldown_seconds: int = 60
    connect_seconds: int = 30
    gap_seconds: int = 30
    gaps_total_seconds: int = 90
    hold_minutes: int = 2
    funds_low_seconds: int = 60
    increment_seconds: int = 1
    fee_basis_points: int = 0


@dataclass(frozen=True, kw_only=True)
class Media:
    provider: MediaProvider = "webrtc"
    stun_urls: tuple[str, ...] = ()
    turn_urls: tuple[str, ...] = ()
    turn_secret: str | None = None
    turn_ttl_seconds: int = 600
    agora_app_id: str | None = None
    agora_app_certificate: str | None = None
    agora_token_ttl_seconds: int = 600
    agora_customer_key: str | None = None  # with the secret: people are removed from a channel when its call ends
    agora_customer_secret: str | None = None
    agora_webhook_secret: str | None = None
    agora_rest_url: str = "https://api.agora.io"


@dataclass(frozen=True, kw_only=True)
class Ably:
    api_key: str | None = None
    rest_url: str = "https://main.realtime.ably.net"
    token_ttl_seconds: int = 1800


@dataclass(frozen=True, kw_only=True)
class Sentry:
    """Error reports. `debug` opens GET /debug-sentry, which raises on purpose."""

    dsn: str | None = None
    release: str | None = None
    traces_sample_rate: float = 0.0
    debug: bool = False


@dataclass(frozen=True, kw_only=True)
class Tracing:
    """OpenTelemetry. The SDK reads its other variables (OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER, …) itself."""

    endpoint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Push:
    """Web Push. `hosts` are the push services that may be sent to, or whole origins (push/hosts.py)."""

    vapid_private_key: str | None = None  # None: a key file in the data directory
    contact: str | None = None  # mailto: or https:, for the push services; None: the first https FRONTEND_URL
    hosts: tuple[str, ...] = (
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "*.push.apple.com",
        "*.notify.windows.com",
    )


# The phases of a roll-out in their order, and how many minutes each is watched.
WATCH_MINUTES = {"database": 5, "backend": 10, "frontend": 10, "mini_profiles": 30, "calls": 60, "share_cards": 60}


@dataclass(frozen=True, kw_only=True)
class Operations:
    """Roll-outs, the guard that watches them, and backups."""

    watch_minutes: Mapping[str, int] = field(default_factory=lambda: dict(WATCH_MINUTES))
    stable_hours: int = 24  # between calls for everybody and share cards
    guard_seconds: float = 5
    guard_window_seconds: int = 300
    audit_seconds: int = 60
    backup_dir: Path | None = None  # None: `backups` in the data directory
    backup_hours: int = 24  # how old the newest proven backup may be
    team_webhook_url: str | None = None  # a secret: whoever has it can post there
