"""The composition root: the only file that knows every room."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import socketio
from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from stagedoor import (
    __version__,
    aftercare,
    billing,
    calls,
    cards,
    demo,
    media,
    messages,
    ops,
    platform,
    privacy,
    push,
    relationships,
)
from stagedoor.core import sentry
from stagedoor.core.db import Database
from stagedoor.core.edge import Edge
from stagedoor.core.faults import problem_response
from stagedoor.core.http import Gatekeeper
from stagedoor.core.identity import Authenticator
from stagedoor.core.lane import Lane
from stagedoor.core.limits import Limiter
from stagedoor.core.pages import Pages, find_dist
from stagedoor.core.secret_key import local_key
from stagedoor.core.tracing import Tracer
from stagedoor.events import Journal, Relay, Sink, ably_tokens
from stagedoor.events.ably import AblySink
from stagedoor.events.months import Months
from stagedoor.events.sinks import LogSink, MetricsSink
from stagedoor.events.sockets import Sockets
from stagedoor.flags import FeatureFlags
from stagedoor.media import Agora, AgoraEvidence, AgoraKicks, Providers, Signalling, WebRtc
from stagedoor.settings import Settings

MAX_BODY_BYTES = 64 * 1024


class House:
    """Every part of one running process, built from the settings, and its background tasks."""

    def __init__(self, settings: Settings, dsn: str) -> None:
        self.settings = settings
        self.tracer = None
        if settings.tracing.endpoint is not None:
            self.tracer = Tracer(settings.tracing, release=__version__, environment=settings.environment)
        on_query = self.tracer.query if self.tracer is not None else None
        self.database = Database(dsn, size=settings.pool_size, pooler=settings.pooler_url, on_query=on_query)
        key = local_key(settings)
        self.authenticator = Authenticator(settings.identity, key, platform.AccountDirectory(self.database))
        self.limiter = Limiter(settings.limits, redis_url=settings.redis_url)
        self.sockets = Sockets(
            self.authenticator, origins=list(settings.frontend_urls) or None, redis_url=settings.redis_url
        )
        self.ably = AblySink(settings.ably, self.database) if settings.realtime_provider == "ably" else None
        self.kicks = AgoraKicks(self.database, settings.media) if settings.media.agora_customer_key else None
        self.tally = ops.Tally(self.database)
        webhook = settings.operations.team_webhook_url
        self.team = ops.TeamMessages(self.database, webhook) if webhook else None
        self.vapid = push.vapid_keys(settings)
        browsers = push.Browsers(self.database, settings.push.hosts)
        self.passes = push.Passes(key)
        self.pushes = push.PushSink(browsers, self.vapid, self.passes, settings.calls.ring_seconds)
        self.relay = Relay(self.database, self._sinks())
        self.journal = Journal(self.database, self.relay)
        self.months = Months(self.database)
        self.flags = FeatureFlags(self.database, settings.flags)
        self.sweeper = calls.Sweeper(self.journal, settings.calls)
        self.presence = calls.Presence(self.database, self.sockets)
        self.signalling = Signalling(self.database, self.sockets)
        self.reconciler = billing.Reconciler(self.journal, self.database)
        self.rollouts = ops.Rollouts(self.journal, self.database, settings)
        self.guard = ops.Guard(self.database, self.rollouts, settings.operations, self.tally.process)
        self.services: dict[type, Any] = {type(part): part for part in self._rooms(key)}
        self._tasks: list[asyncio.Task[None]] = []

    def _sinks(self) -> list[Sink]:
        outward: Sink = self.ably or self.sockets  # signals and signs of life stay with the sockets
        return [outward, *self._tellers(), LogSink(), MetricsSink(), self.tally, self.pushes]

    def _tellers(self) -> list[ops.TeamMessages | AgoraKicks]:
        """Those who tell others outside, each with a worker of its own; only what is configured."""
        return [part for part in (self.kicks, self.team) if part is not None]

    def _rooms(self, key: bytes) -> list[Any]:
        settings, journal, database = self.settings, self.journal, self.database
        rules = settings.calls
        agora = Agora(settings.media, database, max(rules.connect_seconds, rules.gap_seconds))
        provider = Providers({"webrtc": WebRtc(settings.media), "agora": agora})
        reader = calls.CallReader(database)
        receipts = billing.Receipts(database, reader)
        trail = privacy.Trail(database)
        product = ops.ProductFigures(database)
        return [
            settings,
            database,
            journal,
            self.flags,
            self.authenticator,
            self.sockets,
            platform.Accounts(journal, database, key, settings.identity.session_hours),
            platform.Creators(journal, database),
            reader,
            calls.Calls(journal, settings.calls, settings.media.provider, self.sweeper.wake),
            calls.CallMedia(journal, settings.calls, provider, self.sweeper.wake),
            *self._aftercare(),
            billing.Wallets(journal, database),
            self.reconciler,
            receipts,
            relationships.Follows(journal),
            relationships.Tips(journal, settings.calls.fee_basis_points),
            relationships.Blocks(journal, database),
            privacy.Policy(journal, database),
            privacy.Reach(journal, database),
            privacy.Profiles(database),
            trail,
            privacy.Exporter(journal, database, reader, receipts, trail),
            privacy.Erasure(journal, self.authenticator, self.sockets),
            privacy.Explainer(database),
            cards.Cards(journal, database, key, settings.share_card_days),
            messages.Messages(journal, database),
            self.rollouts,
            ops.Overview(database, self.flags, product, settings),
            ops.Exposition(database, self.flags, product),
            agora,
            AgoraEvidence(database, settings.media.agora_webhook_secret),
        ]

    def _aftercare(self) -> list[Any]:
        settings, journal, database = self.settings, self.journal, self.database
        return [
            aftercare.Ratings(journal),
            aftercare.Reports(journal, database),
            aftercare.Disputes(journal, database, settings.dispute_days),
            aftercare.Refunds(journal),
            self.vapid,
            self.passes,
            push.Subscriptions(journal, self.passes, settings.push.hosts),
        ]

    async def start(self) -> None:
        sentry.start(self.settings.sentry, release=f"stagedoor@{__version__}", environment=self.settings.environment)
        await self.database.open()
        await self.flags.load()
        work: list[Coroutine[Any, Any, None]] = [
            self.flags.run(),
            self.relay.run(),
            self.months.run(),
            self.sweeper.run(),
            self.presence.run(),
            self.tally.run(),
            self.reconciler.run(),
            self.guard.run(),
            *(part.run() for part in self._tellers()),
        ]
        self._tasks = [asyncio.create_task(part) for part in work]
        gc.collect()
        gc.freeze()  # what lives as long as the process is not worth looking at again
        gc.set_threshold(20_000, 20, 50)

    def observe(self, method: str, route: str, status: int, seconds: float, refusal: str | None) -> None:
        """One finished HTTP request, for this process's metrics and for what all processes count together."""
        ops.observe(method, route, status, seconds, refusal)
        self.tally.observe(method, route, status, seconds, refusal)

    async def stop(self) -> None:
        await self.relay.drain()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.pushes.close()
        await self.limiter.close()
        await self.sockets.close()
        if self.ably is not None:
            await self.ably.close()
        await self.database.close()
        await asyncio.to_thread(sentry.stop)
        if self.tracer is not None:
            await asyncio.to_thread(self.tracer.stop)


def handlers(settings: Settings) -> list[Any]:
    """Every route of this configuration."""
    rooms = [
        *platform.handlers,
        *relationships.handlers,
        *privacy.handlers,
        *cards.handlers,
        *messages.handlers,
        *calls.handlers,
        *billing.handlers,
        *aftercare.handlers,
        *push.handlers,
        *media.handlers,
        *ably_tokens.handlers,
        *ops.handlers,
    ]
    return [*rooms, *demo.handlers] if settings.demo else rooms


def api(house: House) -> Litestar:
    """The HTTP application, without the socket server around it."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        await house.start()
        try:
            yield
        finally:
            await house.stop()

    app = Litestar(
        route_handlers=handlers(house.settings),
        lifespan=[lifespan],
        exception_handlers={Exception: problem_response},
        after_exception=[ops.count_denial],
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=openapi(),
        cors_config=_cors(house.settings),
        logging_config=None,
        debug=False,
    )
    furnish(app, house)
    return app


def furnish(app: Litestar, house: House) -> None:
    """Let `app` serve `house`. Routes are built from settings alone, so a test may hand one app from house to house."""
    app.state.services = house.services
    app.state.gatekeeper = Gatekeeper(house.limiter, house.authenticator, house.flags, house.settings.trusted_proxies)


def openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Stagedoor",
        version=__version__,
        use_handler_docstrings=True,
        description="Fans who are private by default, and paid calls that creators place only to fans who allow it.",
        path="/",
        render_plugins=[JsonRenderPlugin(path="/openapi.json"), _docs_page()],
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
    )


def _docs_page() -> SwaggerRenderPlugin:
    """Swagger UI from the built UI's own files: nothing is fetched from anybody else."""
    return SwaggerRenderPlugin(
        path="/docs",
        js_url="/swagger/swagger-ui-bundle.js",
        css_url="/swagger/swagger-ui.css",
        standalone_preset_js_url="/swagger/swagger-ui-standalone-preset.js",
        favicon='<link rel="icon" href="/favicon.svg" type="image/svg+xml">',
    )


def _cors(settings: Settings) -> CORSConfig | None:
    if not settings.frontend_urls:
        return None
    return CORSConfig(
        allow_origins=list(settings.frontend_urls),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id"],
        expose_headers=["Retry-After", "X-Request-Id"],
        max_age=600,
    )


def asgi(settings: Settings, dsn: str) -> Any:
    """The whole server as one ASGI application."""
    return layered(House(settings, dsn))


def layered(house: House) -> Any:
    """Edge → sockets → pages → the short way → API."""
    site = Pages(Lane(api(house), MAX_BODY_BYTES), find_dist(), also_connect=_plain_realtime(house.settings))
    sockets = socketio.ASGIApp(house.sockets.server, other_asgi_app=site, socketio_path="socket.io")
    traced = sentry.Traced(sockets) if house.settings.sentry.traces_sample_rate else sockets
    if house.tracer is not None:
        traced = house.tracer.around(traced)
    return Edge(traced, house.observe)


def _plain_realtime(settings: Settings) -> str:
    """An Ably endpoint without TLS, as a local stand-in has it; pages may reach every TLS one anyway."""
    url = settings.ably.rest_url
    return url if settings.realtime_provider == "ably" and url.startswith("http://") else ""
