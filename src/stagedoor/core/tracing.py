"""Traces for an OpenTelemetry collector, where OTEL_EXPORTER_OTLP_ENDPOINT is set: a span for each request by its
route, in it one for each statement by its verb.

A span carries the method, the route's template, the status and our own request id; of a statement its verb and, when it
failed, the kind of the error. Never a path, a query, an argument, an address or a message. Whatever a client says about
tracing is not believed. Without the setting nothing is wrapped, and the exporter is not imported.
"""

import time
from typing import TYPE_CHECKING, Any

from stagedoor.settings import SettingsError, Tracing

if TYPE_CHECKING:
    from asyncpg.connection import LoggedQuery

_VERBS = frozenset(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "BEGIN", "COMMIT", "ROLLBACK", "LISTEN", "SET"))


class Tracer:
    """The spans of one process, sent in batches from a thread of the SDK's own."""

    def __init__(self, settings: Tracing, *, release: str, environment: str) -> None:
        try:
            from opentelemetry import trace  # noqa: PLC0415  # an extra, imported where it is wanted
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
            from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
            from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
            from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        except ImportError as error:
            raise SettingsError(
                "OTEL_EXPORTER_OTLP_ENDPOINT is set, and OpenTelemetry is not installed: pip install 'stagedoor[otel]'."
            ) from error
        about = {"service.name": "stagedoor", "service.version": release, "deployment.environment.name": environment}
        self._provider = TracerProvider(resource=Resource(about))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{settings.endpoint}/v1/traces")))
        self._tracer: Any = self._provider.get_tracer("stagedoor")
        self._server, self._client = trace.SpanKind.SERVER, trace.SpanKind.CLIENT
        self._failed = trace.StatusCode.ERROR

    def around(self, app: Any) -> "Traced":
        return Traced(app, self)

    def request(self, method: str) -> Any:
        return self._tracer.start_as_current_span(
            method, kind=self._server, record_exception=False, set_status_on_exception=False
        )

    def finish(self, span: Any, scope: Any, status: int) -> None:
        route = scope.get("path_template") or "unmatched"
        span.update_name(f"{scope['method']} {route}")
        span.set_attributes(
            {
                "http.request.method": scope["method"],
                "http.route": route,
                "http.response.status_code": status,
                "stagedoor.request_id": scope.get("request_id", ""),
            }
        )
        if status >= 500:
            span.set_status(self._failed)

    def query(self, record: "LoggedQuery") -> None:
        """One statement that is over, as asyncpg tells of it."""
        first = record.query.split(None, 1)[0].upper().rstrip(";") if record.query.strip() else ""
        verb = first if first in _VERBS else "OTHER"
        ended = time.time_ns()
        span = self._tracer.start_span(verb, kind=self._client, start_time=ended - int(record.elapsed * 1e9))
        span.set_attributes({"db.system.name": "postgresql", "db.operation.name": verb})
        if record.exception is not None:
            span.set_attribute("error.type", type(record.exception).__name__)
            span.set_status(self._failed)
        span.end(ended)

    def stop(self) -> None:
        """Send what is left. Blocks: call it in a thread."""
        self._provider.shutdown()


class Traced:
    """An ASGI layer inside the edge. Only put in where traces are wanted."""

    def __init__(self, app: Any, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def noted(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._tracer.request(scope["method"]) as span:
            try:
                await self._app(scope, receive, noted)
            finally:
                self._tracer.finish(span, scope, status)
