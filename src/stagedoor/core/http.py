"""Routes, and the checks of each in one order: IP limiter → authentication → user limiter → feature flag → body → role.

The gate is one guard, so the order is the same everywhere and runs before the body is read. The role is asked for
once the body is understood; what follows it, permission and state, is the room's own.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, cast

import msgspec
from litestar import Request, delete, get, patch, post, put
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from stagedoor.core import problems
from stagedoor.core.address import client_address
from stagedoor.core.identity import Authenticator, Person, bearer
from stagedoor.core.limits import Budget, Limiter
from stagedoor.settings import Network

Access = Literal["anyone", "signed_in", "creator", "operator"]
Req = Request[Person, Any, State]  # request.user is the signed-in person; None on an `anyone` route
Handler = HTTPRouteHandler
T = TypeVar("T")


class Flags(Protocol):
    """Is a feature on, for this person?"""

    def is_on(self, key: str, person: Person | None) -> bool: ...


class Gatekeeper(NamedTuple):
    """What the gate asks."""

    limiter: Limiter
    authenticator: Authenticator
    flags: Flags
    trusted_proxies: Sequence[Network]


class Rule(NamedTuple):
    """What one route demands."""

    access: Access = "signed_in"
    budget: Budget = "general"
    feature: str | None = None
    takes_body: bool = False


# In the scope of a request of which that is done already: it has passed the gate; its body was read by its own types.
GATED, TYPED = "gated", "typed"


async def gate(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The checks before the body, in the one order. Raises the first refusal."""
    rule = cast(Rule | None, handler.opt.get("rule"))
    if rule is None or GATED in connection.scope:
        return
    keeper = cast(Gatekeeper, connection.app.state.gatekeeper)
    scope = connection.scope
    await keeper.limiter.by_ip(rule.budget, client_address(scope, keeper.trusted_proxies))
    token = bearer(scope["headers"])
    person = None if token is None else await keeper.authenticator.authenticate(token)
    scope["user"] = person
    if person is None:
        if rule.access != "anyone":
            raise problems.NotAuthenticated
    else:
        await keeper.limiter.by_user(rule.budget, str(person.id))
    if rule.feature is not None and not keeper.flags.is_on(rule.feature, person):
        raise problems.FeatureDisabled(because=rule.feature)
    if rule.takes_body and not _may_be_json(scope["headers"]):
        raise problems.UnsupportedMediaType


def _may_be_json(headers: Any) -> bool:
    """A body that says it is something else is not guessed at. No type at all is read as JSON."""
    for name, value in headers:
        if name == b"content-type":
            kind = value.split(b";")[0].strip().lower()
            return kind in (b"", b"application/json") or (kind.startswith(b"application/") and kind.endswith(b"+json"))
    return True


def _checked(rule: Rule, handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler, behind what is asked between reading its arguments and doing anything: that the body has the types
    that it should have (the framework takes "6" for 6), and the role."""
    strict = msgspec.json.Decoder(handler.__annotations__["data"]) if rule.takes_body else None
    if strict is None and rule.access in ("anyone", "signed_in"):
        return handler

    @functools.wraps(handler)
    async def checked(request: Req, **arguments: Any) -> Any:
        if strict is not None and TYPED not in request.scope:
            _hold_to_types(strict, await request.body())
        if rule.access == "operator" and not request.user.is_operator:
            raise problems.Forbidden(because="operators only")
        if rule.access == "creator" and not request.user.is_creator:
            raise problems.CreatorOnly
        return await handler(request, **arguments)

    return checked


def _hold_to_types(strict: "msgspec.json.Decoder[Any]", body: bytes) -> None:
    if not body:
        return
    try:
        strict.decode(body)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        raise problems.ValidationFailed(details=[{"field": path.rstrip("`"), "message": message}]) from error


def service(request: Request[Any, Any, Any], kind: type[T]) -> T:
    """The room's service of type `kind`, as app.py composed it."""
    return cast(T, request.app.state.services[kind])


_METHODS: Mapping[str, Callable[..., Any]] = {"GET": get, "POST": post, "PUT": put, "PATCH": patch, "DELETE": delete}


def route(
    method_and_path: str,
    *,
    access: Access = "signed_in",
    budget: Budget = "general",
    feature: str | None = None,
    refuses: Sequence[type[problems.Refusal]] = (),
    status: int = 200,
    tag: str | None = None,
    produces: str = "application/json",
) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """A route such as `route("POST /api/calls/accept", refuses=[...])`. The handler's docstring is its API text.

    Refusals that follow from the arguments (401, 403, 413, 415, 422, 429, 500, 503) are declared here; a room
    declares its own.
    """
    method, path = method_and_path.split(" ")

    def decorate(handler: Callable[..., Any]) -> HTTPRouteHandler:
        arguments = handler.__annotations__.keys() - {"request", "return"}
        rule = Rule(access, budget, feature, takes_body="data" in arguments)
        declared = [*_declared(rule, path, bool(arguments)), *refuses]
        built: HTTPRouteHandler = _METHODS[method](
            path,
            guards=[gate],
            opt={"rule": rule},
            status_code=status,
            media_type=produces,
            responses=problems.refusals(*dict.fromkeys(declared)),
            security=[] if access == "anyone" else [{"bearer": []}],
            tags=[tag or path.split("/")[2]] if path.count("/") > 1 else ["operations"],
        )(_checked(rule, handler))
        return built

    return decorate


def _declared(rule: Rule, path: str, has_arguments: bool) -> Iterator[type[problems.Refusal]]:
    """The refusals that the gate and the reading of arguments can answer with."""
    yield from (problems.RateLimited, problems.InternalError, problems.Unavailable)
    yield from (problems.SessionInvalid, problems.NotAuthenticated)
    if rule.access == "operator":
        yield problems.Forbidden
    if rule.access == "creator":
        yield problems.CreatorOnly
    if rule.feature is not None:
        yield problems.FeatureDisabled
    if has_arguments:
        yield problems.ValidationFailed
    if "{" in path:
        yield problems.NotFound  # a part of the path that is not what it should be
    if rule.takes_body:
        yield from (problems.TooLarge, problems.UnsupportedMediaType)
