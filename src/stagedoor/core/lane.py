"""The short way: a request that needs nothing of the framework but the route's own function gets nothing more.

The same gate, the same handler behind the same checks, the same bytes in the answer (tests/core/test_lane.py holds
the two ways against each other); without the framework's own steps between them, which cost as much as all of these.
A route qualifies when its path is fixed, its reply is JSON and only a body is required of its arguments. Whatever is
out of the ordinary (a query, an Idempotency-Key, another origin, a body that does not read) goes the long way.
"""

from collections.abc import Awaitable, Callable, Iterator
from inspect import Parameter, signature
from typing import Any, NamedTuple

import msgspec
from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from stagedoor.core.faults import problem_response
from stagedoor.core.http import GATED, TYPED, Rule, gate
from stagedoor.core.wire import Reply

_STEP_ASIDE = (b"origin", b"idempotency-key", b"transfer-encoding", b"expect")
_JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder().encode
Receive = Callable[[], Awaitable[Any]]


class _Way(NamedTuple):
    """One route, ready to be answered."""

    path: str
    route: HTTPRouteHandler
    handler: Callable[..., Awaitable[Reply]]
    body: "msgspec.json.Decoder[Any] | None"
    status: int


class Lane:
    """An ASGI layer around the framework's application."""

    def __init__(self, app: Litestar, longest_body: int) -> None:
        self._app = app
        self._longest_body = longest_body
        self._ways = {(method, way.path): way for method, way in _short_ways(app)}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        way = self._ways.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if way is None or scope["query_string"] or not self._ordinary(scope["headers"], way):
            await self._app(scope, receive, send)
            return
        scope.update(
            app=self._app, litestar_app=self._app, route_handler=way.route, path_params={}, path_template=way.path
        )
        scope.setdefault("state", {})
        if way.body is not None:
            receive = _Kept(receive)
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        try:
            await gate(request, way.route)
            scope[GATED] = True
            arguments = {}
            if way.body is not None:
                try:
                    arguments["data"] = way.body.decode(await receive.all())
                    scope[TYPED] = True
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    await self._app(scope, receive, send)
                    return
            reply = await way.handler(request, **arguments)
            body = _encode(reply)
        except Exception as error:
            await self._refuse(request, error, scope, receive, send)
            return
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": way.status, "headers": [_JSON, length]})
        await send({"type": "http.response.body", "body": body})

    def _ordinary(self, headers: list[tuple[bytes, bytes]], way: _Way) -> bool:
        length = None
        for name, value in headers:
            if name in _STEP_ASIDE:
                return False
            if name == b"content-length":
                length = value
        if way.body is None:
            return True
        return length is not None and length.isdigit() and 0 < int(length) <= self._longest_body

    async def _refuse(self, request: Any, error: Exception, scope: Any, receive: Any, send: Any) -> None:
        for hook in self._app.after_exception:
            await hook(error, scope)
        response = problem_response(request, error).to_asgi_response(app=None, request=request)
        await response(scope, receive, send)


class _Kept:
    """A request's body, read once, and there again for whoever reads after."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: list[Any] | None = None
        self._told = 0

    async def all(self) -> bytes:
        self._messages = []
        while True:
            message = await self._receive()
            self._messages.append(message)
            if not message.get("more_body"):
                return b"".join(part.get("body", b"") for part in self._messages)

    async def __call__(self) -> Any:
        if self._messages is not None and self._told < len(self._messages):
            self._told += 1
            return self._messages[self._told - 1]
        return await self._receive()


def _short_ways(app: Litestar) -> Iterator[tuple[str, _Way]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute) and "{" not in route.path:
            for handler in route.route_handlers:
                if _qualifies(handler):
                    kind = handler.fn.__annotations__.get("data")
                    body = None if kind is None else msgspec.json.Decoder(kind)
                    for method in handler.http_methods:
                        yield method, _Way(route.path, handler, handler.fn, body, handler.status_code)


def _qualifies(handler: HTTPRouteHandler) -> bool:
    replies = handler.fn.__annotations__.get("return")
    if not isinstance(handler.opt.get("rule"), Rule) or not (isinstance(replies, type) and issubclass(replies, Reply)):
        return False
    required = {name for name, one in signature(handler.fn).parameters.items() if one.default is Parameter.empty}
    return required <= {"request", "data"}
