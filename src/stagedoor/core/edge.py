"""The outermost ASGI layer: request ids, security headers, timing. Costs about a microsecond; no framework."""

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog

_SAFE_ID = re.compile(rb"^[A-Za-z0-9._-]{8,64}$")
Observe = Callable[[str, str, int, float, str | None], None]  # method, route, status, seconds, refusal code

_HEADERS: list[tuple[bytes, bytes]] = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(self), display-capture=()"),
]
_REFERRER = (b"referrer-policy", b"strict-origin-when-cross-origin")


class Edge:
    """Wraps the application. `observe` receives one call for each finished HTTP request."""

    def __init__(self, app: Any, observe: Observe) -> None:
        self._app = app
        self._observe = observe

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope["headers"])
        scope["request_id"] = request_id
        status = 500
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(requestId=request_id)

        async def send_with_headers(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                names = {name.lower() for name, _ in message["headers"]}
                extra = [(name, value) for name, value in _HEADERS if name not in names]
                if b"referrer-policy" not in names:
                    extra.append(_REFERRER)
                extra.append((b"x-request-id", request_id.encode()))
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            route = scope.get("path_template") or "unmatched"
            self._observe(scope["method"], route, status, time.perf_counter() - started, scope.get("refusal"))


def _request_id(headers: Any) -> str:
    for name, value in headers:
        if name == b"x-request-id" and _SAFE_ID.match(value):
            return str(value.decode())
    return uuid.uuid4().hex
