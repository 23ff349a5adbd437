"""Every setting, read once from the environment into one frozen object that is passed in.

A wrong or half-set value stops the start with a sentence that names the variable.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast, get_args

from stagedoor.settings.environment import Network, Reader, SettingsError
from stagedoor.settings.parts import (
    WATCH_MINUTES,
    Ably,
    Calls,
    Identity,
    Limits,
    Media,
    MediaProvider,
    Operations,
    Push,
    RealtimeProvider,
    Sentry,
    Tracing,
)

__all__ = [
    "FLAG_DEFAULTS",
    "WATCH_MINUTES",
    "Ably",
    "Calls",
    "Identity",
    "Limits",
    "Media",
    "Network",
    "Operations",
    "Push",
    "Sentry",
    "Settings",
    "SettingsError",
    "Tracing",
]

# The one list of feature flags, with their defaults.
FLAG_DEFAULTS = {
    "FEATURE_CALLS": False,
    "FEATURE_FAN_SHARE_CARD": False,
    "FEATURE_FAN_PRIVACY": True,
    "FEATURE_FAN_MINI_PROFILE": True,
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    database_url: str | None = None
    database_direct_url: str | None = None  # the server itself, where `database_url` is a transaction pooler
    data_dir: Path = Path("data")
    frontend_urls: tuple[str, ...] = ()
    redis_url: str | None = None
    trusted_proxies: tuple[Network, ...] = ()
    realtime_provider: RealtimeProvider = "socketio"
    environment: str = "production"
    demo: bool = False
    top_up: bool = False
    pool_size: int = 10
    share_card_days: int = 30
    dispute_days: int = 30
    flags: Mapping[str, bool] = field(default_factory=dict)
    identity: Identity = field(default_factory=Identity)
    limits: Limits = field(default_factory=Limits)
    calls: Calls = field(default_factory=Calls)
    media: Media = field(default_factory=Media)
    ably: Ably = field(default_factory=Ably)
    sentry: Sentry = field(default_factory=Sentry)
    tracing: Tracing = field(default_factory=Tracing)
    push: Push = field(default_factory=Push)
    operations: Operations = field(default_factory=Operations)

    @property
    def pooler_url(self) -> str | None:
        return self.database_url if self.database_direct_url else None

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read the process's environment (or `env`). Raises SettingsError naming the first wrong variable."""
        e = Reader(os.environ if env is None else env)
        return cls(
            database_url=e.text("DATABASE_URL"),
            database_direct_url=_direct_url(e),
            data_dir=Path(e.text("STAGEDOOR_DATA_DIR") or "data").absolute(),
            frontend_urls=tuple(url.rstrip("/") for url in e.words("FRONTEND_URL")),
            redis_url=e.text("REDIS_URL"),
            trusted_proxies=e.networks("TRUSTED_PROXIES"),
            realtime_provider=cast(RealtimeProvider, e.choice("REALTIME_PROVIDER", get_args(RealtimeProvider))),
            environment=e.text("STAGEDOOR_ENVIRONMENT") or "production",
            demo=e.boolean("STAGEDOOR_DEMO", False),
            top_up=e.boolean("WALLET_TOP_UP", False),
            pool_size=e.integer("DATABASE_POOL_SIZE", 10, least=2),
            share_card_days=e.integer("SHARE_CARD_DAYS", 30, least=1, most=3650),
            dispute_days=e.integer("DISPUTE_DAYS", 30, least=1, most=3650),
            flags={name: e.boolean(name, default) for name, default in FLAG_DEFAULTS.items()},
            identity=_identity(e),
            limits=Limits(
                calls_per_ip=e.integer("RATE_LIMIT_CALLS_PER_IP", 5, least=1),
                calls_per_user=e.integer("RATE_LIMIT_CALLS_PER_USER", 10, least=1),
                general=e.integer("RATE_LIMIT_GENERAL", 600, least=1),
                tight=e.integer("RATE_LIMIT_TIGHT", 30, least=1),
            ),
            calls=_calls(e),
            media=_media(e),
            ably=_ably(e),
            sentry=_sentry(e),
            tracing=Tracing(
                endpoint=e.like("OTEL_EXPORTER_OTLP_ENDPOINT", r"https?://[^\s@?#]+[^\s@?#/]", "http://collector:4318")
            ),
            push=_push(e),
            operations=_operations(e),
        )


def _direct_url(e: Reader) -> str | None:
    direct = e.text("DATABASE_DIRECT_URL")
    if direct and not e.text("DATABASE_URL"):
        raise SettingsError("DATABASE_DIRECT_URL goes with DATABASE_URL, the pooler's address: set both, or neither.")
    return direct


def _identity(e: Reader) -> Identity:
    identity = Identity(
        secret_key=e.text("STAGEDOOR_SECRET_KEY"),
        jwt_secret=e.text("JWT_SECRET"),
        jwt_jwks_url=e.text("JWT_JWKS_URL"),
        jwt_issuer=e.text("JWT_ISSUER"),
        jwt_audience=e.text("JWT_AUDIENCE"),
        session_hours=e.integer("SESSION_HOURS", 24 * 14, least=1),
        registration=e.boolean("REGISTRATION", True),
    )
    if identity.jwt_secret and identity.jwt_jwks_url:
        raise SettingsError("JWT_SECRET and JWT_JWKS_URL are both set: keep the one that your issuer uses.")
    return identity


def _push(e: Reader) -> Push:
    contact = e.text("VAPID_CONTACT")
    if contact is not None and not contact.startswith(("mailto:", "https://")):
        raise SettingsError(f"VAPID_CONTACT is {contact!r}: use mailto:somebody@example.org or an https address.")
    return Push(
        vapid_private_key=e.text("VAPID_PRIVATE_KEY"),
        contact=contact,
        hosts=e.words("PUSH_HOSTS") or Push().hosts,
    )


def _calls(e: Reader) -> Calls:
    return Calls(
        ring_seconds=e.integer("CALL_RING_SECONDS", 120, least=1),
        cooldown_seconds=e.integer("CALL_COOLDOWN_SECONDS", 60, least=0),
        connect_seconds=e.integer("CALL_CONNECT_SECONDS", 30, least=1),
        gap_seconds=e.integer("CALL_GAP_SECONDS", 30, least=1),
        gaps_total_seconds=e.integer("CALL_GAPS_TOTAL_SECONDS", 90, least=1),
        hold_minutes=e.integer("CALL_HOLD_MINUTES", 2, least=1),
        funds_low_seconds=e.integer("CALL_FUNDS_LOW_SECONDS", 60, least=1),
        increment_seconds=e.integer("CALL_INCREMENT_SECONDS", 1, least=1),
        fee_basis_points=e.integer("PLATFORM_FEE_BASIS_POINTS", 0, least=0, most=10000),
    )


def _media(e: Reader) -> Media:
    media = Media(
        provider=cast(MediaProvider, e.choice("MEDIA_PROVIDER", get_args(MediaProvider))),
        stun_urls=e.words("STUN_URLS"),
        turn_urls=e.words("TURN_URLS"),
        turn_secret=e.text("TURN_SECRET"),
        turn_ttl_seconds=e.integer("TURN_TTL_SECONDS", 600, least=60),
        agora_app_id=e.like("AGORA_APP_ID", r"[0-9a-fA-F]{32}", "32 hexadecimal digits, from Agora's console"),
        agora_app_certificate=e.like("AGORA_APP_CERTIFICATE", r"[0-9a-fA-F]{32}", "32 hexadecimal digits"),
        agora_token_ttl_seconds=e.integer("AGORA_TOKEN_TTL_SECONDS", 600, least=60, most=86_400),
        agora_customer_key=e.text("AGORA_CUSTOMER_KEY"),
        agora_customer_secret=e.text("AGORA_CUSTOMER_SECRET"),
        agora_webhook_secret=e.text("AGORA_WEBHOOK_SECRET"),
        agora_rest_url=e.url("AGORA_REST_URL", Media.agora_rest_url),
    )
    e.together("TURN_URLS", "TURN_SECRET")
    e.together("AGORA_APP_ID", "AGORA_APP_CERTIFICATE")
    e.together("AGORA_CUSTOMER_KEY", "AGORA_CUSTOMER_SECRET")
    if media.provider == "agora" and not media.agora_app_id:
        raise SettingsError("MEDIA_PROVIDER=agora needs AGORA_APP_ID and AGORA_APP_CERTIFICATE: set both.")
    return media


def _ably(e: Reader) -> Ably:
    ably = Ably(
        api_key=e.like("ABLY_API_KEY", r"[\w-]+\.[\w-]+:[\w-]+", "appId.keyId:secret, from Ably's dashboard"),
        rest_url=e.url("ABLY_REST_URL", Ably.rest_url),
        token_ttl_seconds=e.integer("ABLY_TOKEN_TTL_SECONDS", 1800, least=60, most=86_400),
    )
    if e.text("REALTIME_PROVIDER") == "ably" and not ably.api_key:
        raise SettingsError("REALTIME_PROVIDER=ably needs ABLY_API_KEY: set it, or use REALTIME_PROVIDER=socketio.")
    return ably


def _sentry(e: Reader) -> Sentry:
    return Sentry(
        dsn=e.like("SENTRY_DSN", r"https?://\w+(:\w+)?@[^/@\s]+(/[^@\s]*)?/\d+", "https://key@host/project"),
        release=e.text("SENTRY_RELEASE"),
        traces_sample_rate=e.share("SENTRY_TRACES_SAMPLE_RATE"),
        debug=e.boolean("SENTRY_DEBUG", False),
    )


def _operations(e: Reader) -> Operations:
    watch = dict(WATCH_MINUTES)
    for word in e.words("ROLLOUT_WATCH_MINUTES"):
        phase, _, minutes = word.partition("=")
        if phase not in watch or not (minutes.isascii() and minutes.isdigit()):
            raise SettingsError(f"ROLLOUT_WATCH_MINUTES has {word!r}: use, for example, calls=60 database=5.")
        watch[phase] = int(minutes)
    folder = e.text("BACKUP_DIR")
    return Operations(
        watch_minutes=watch,
        stable_hours=e.integer("ROLLOUT_STABLE_HOURS", 24, least=0),
        guard_seconds=e.integer("GUARD_SECONDS", 5, least=1, most=60),
        guard_window_seconds=e.integer("GUARD_WINDOW_SECONDS", 300, least=60, most=3600),
        audit_seconds=e.integer("GUARD_AUDIT_SECONDS", 60, least=1),
        backup_dir=Path(folder).absolute() if folder else None,
        backup_hours=e.integer("BACKUP_HOURS", 24, least=1),
        team_webhook_url=e.like(
            "ROLLOUT_TEAM_WEBHOOK_URL", r"https?://[^\s@/]+/\S*", "https://host/path, without a user"
        ),
    )
