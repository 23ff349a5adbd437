"""Error reports to Sentry, made by hand: what failed, where and in which release; never who, nor with what.

The SDK's own integrations stay off: they cost most of the throughput, and put tokens, cookies and local variables
into what they send. A report is rebuilt from a list of what may leave, and each text in it is scrubbed.
"""

import time
from typing import Any

import sentry_sdk
from sentry_sdk.types import Event, Hint
from sentry_sdk.utils import event_from_exception

from stagedoor.core.scrub import scrub, scrub_label
from stagedoor.settings import Sentry

REPORTS_A_MINUTE = 60
_KEPT = ("event_id", "timestamp", "start_timestamp", "level", "platform", "release", "environment", "sdk", "type")
_KEPT_OF_FRAME = ("function", "module", "filename", "lineno", "in_app")
_KEPT_OF_TRACE = ("trace_id", "span_id", "parent_span_id", "op", "status", "origin")


def start(settings: Sentry, *, release: str, environment: str) -> None:
    """From now on `capture` reports to `settings.dsn`; without one nothing is ever sent."""
    if settings.dsn is None:
        return
    sentry_sdk.init(
        dsn=settings.dsn,
        release=settings.release or release,
        environment=environment,
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        send_default_pii=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        attach_stacktrace=False,
        auto_session_tracking=False,
        send_client_reports=False,
        propagate_traces=False,
        server_name="stagedoor",
        traces_sample_rate=settings.traces_sample_rate or None,
        before_send=_before_send,
        before_send_transaction=_before_send,
    )


def stop() -> None:
    """Send what waits to be sent, for at most two seconds."""
    client = sentry_sdk.get_client()
    if client.is_active():
        client.close(timeout=2.0)
        sentry_sdk.get_global_scope().set_client(None)


class _Allowance:
    """So many reports a minute: an outage is one story, however many requests it meets."""

    def __init__(self) -> None:
        self._minute = 0.0
        self._sent = 0

    def take(self) -> bool:
        minute = time.monotonic() // 60
        if minute != self._minute:
            self._minute, self._sent = minute, 0
        self._sent += 1
        return self._sent <= REPORTS_A_MINUTE


_allowance = _Allowance()


def capture(error: BaseException, **labels: str | None) -> None:
    """Report `error`. `labels` are short facts of ours, such as the refusal's code and the route's template."""
    client = sentry_sdk.get_client()
    if not client.is_active() or not _allowance.take():
        return
    event, hint = event_from_exception(error, client_options=client.options)
    event["tags"] = {name: value for name, value in labels.items() if value is not None}
    sentry_sdk.capture_event(event, hint)


def _before_send(event: Event, _hint: Hint) -> Event:
    """The report as it may leave: a list of what is kept, so that nothing new in the SDK leaves by itself."""
    found: dict[str, Any] = dict(event)
    kept: dict[str, Any] = {name: found[name] for name in _KEPT if name in found}
    if "transaction" in found:
        kept["transaction"] = scrub_label(str(found["transaction"]))
    kept["tags"] = {name: scrub_label(str(value)) for name, value in (found.get("tags") or {}).items()}
    trace = (found.get("contexts") or {}).get("trace") or {}
    kept["contexts"] = {"trace": {name: trace[name] for name in _KEPT_OF_TRACE if trace.get(name) is not None}}
    errors = (found.get("exception") or {}).get("values") or []
    if errors:
        kept["exception"] = {"values": [_exception(error) for error in errors]}
    if kept.get("type") == "transaction":
        kept["spans"] = []
    return kept  # type: ignore[return-value]  # an Event is a TypedDict with every key optional


def _exception(error: dict[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames") or []
    return {
        "type": error.get("type"),
        "module": error.get("module"),
        "value": scrub(str(error.get("value") or "")),
        "stacktrace": {"frames": [{name: frame[name] for name in _KEPT_OF_FRAME if name in frame} for frame in frames]},
    }


class Traced:
    """An ASGI layer that times requests, as `METHOD /route/{template}`. Only put in where traces are wanted."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with sentry_sdk.start_transaction(op="http.server", name=scope["method"], source="route") as transaction:

            async def noted(message: Any) -> None:
                if message["type"] == "http.response.start":
                    transaction.set_http_status(message["status"])
                await send(message)

            try:
                await self._app(scope, receive, noted)
            finally:
                name = f"{scope['method']} {scope.get('path_template') or 'unmatched'}"
                sentry_sdk.get_current_scope().set_transaction_name(name, source="route")
