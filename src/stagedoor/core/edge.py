"""The outermost ASGI layer: request ids, security headers, timing, and no error that has not the one shape.

HEAD is answered as GET without the body. Costs about a microsecond; no framework.
"""

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog

from stagedoor.core.faults import raw_problem, refusal_for, report

_SAFE_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
log = structlog.get_logger("http")
Observe = Callable[[str, str, int, float, str | None], None]  # method, route, status, seconds, refusal code

_HEADERS: list[tuple[bytes, bytes]] = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(self), display-capture=()"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
]
_PROBLEM = b"application/problem+json"


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
        method = scope["method"]
        answer = _Answer(send, _request_id(scope["headers"]), without_body=method == "HEAD")
        scope = {**scope, "request_id": answer.request_id, "method": "GET" if method == "HEAD" else method}
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(requestId=answer.request_id)
        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            if answer.status is not None:
                raise
            log.error("request failed", event_code="INTERNAL_ERROR", exc_info=error)
            report(error, "INTERNAL_ERROR", scope)
            await answer.refuse(500, [])
        finally:
            route = scope.get("path_template") or "unmatched"
            seconds = time.perf_counter() - started
            self._observe(method, route, answer.status or 500, seconds, scope.get("refusal"))


class _Answer:
    """One response on its way out: gets its headers, and the one shape if it is an error of a layer below."""

    def __init__(self, send: Any, request_id: str, *, without_body: bool) -> None:
        self.request_id = request_id
        self.status: int | None = None
        self._send = send
        self._without_body = without_body
        self._replaced = False

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = message["headers"]
            if message["status"] >= 400 and not any(value == _PROBLEM for _, value in headers):
                await self.refuse(message["status"], headers)
            else:
                await self._open(message["status"], headers)
        elif not self._replaced:
            await self._send({**message, "body": b""} if self._without_body else message)

    async def refuse(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self._replaced = True
        body = raw_problem(refusal_for(status), self.request_id)
        kept = [(name, value) for name, value in headers if name.lower() not in (b"content-type", b"content-length")]
        length = (b"content-length", str(len(body)).encode())
        await self._open(status, [*kept, (b"content-type", _PROBLEM), length])
        await self._send({"type": "http.response.body", "body": b"" if self._without_body else body})

    async def _open(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.status = status
        names = {name.lower() for name, _ in headers}
        extra = [(name, value) for name, value in _HEADERS if name not in names]
        extra.append((b"x-request-id", self.request_id.encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": [*headers, *extra]})


def _request_id(headers: Any) -> str:
    for name, value in headers:
        if name == b"x-request-id" and _SAFE_ID.fullmatch(value):
            return str(value.decode())
    return uuid.uuid4().hex
