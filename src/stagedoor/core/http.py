"""Routes, and the gate in front of each: IP limiter → authentication → user limiter → feature flag → body.

The gate is one guard, so the order is the same everywhere and runs before the body is read. What follows it,
permission and state, is the room's own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, cast

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


async def gate(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The checks before the body, in the one order. Raises the first refusal."""
    rule = cast(Rule | None, handler.opt.get("rule"))
    if rule is None:
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
    if rule.access == "operator" and person is not None and not person.is_operator:
        raise problems.Forbidden(because="operators only")
    if rule.access == "creator" and person is not None and not person.is_creator:
        raise problems.CreatorOnly


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
) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """A route such as `route("POST /api/calls/accept", refuses=[...])`. The handler's docstring is its API text.

    Refusals that follow from the arguments (401, 403, 422, 429, 500, 503) are declared here; a room declares
    its own.
    """
    method, path = method_and_path.split(" ")
    declared: list[type[problems.Refusal]] = [problems.RateLimited, problems.InternalError, problems.Unavailable]
    declared.append(problems.SessionInvalid)
    if access != "anyone":
        declared.append(problems.NotAuthenticated)
    if access == "operator":
        declared.append(problems.Forbidden)
    if access == "creator":
        declared.append(problems.CreatorOnly)
    if feature is not None:
        declared.append(problems.FeatureDisabled)
    if method in ("POST", "PUT", "PATCH") or "{" in path:
        declared.append(problems.ValidationFailed)
    if method in ("POST", "PUT", "PATCH"):
        declared.extend((problems.TooLarge, problems.UnsupportedMediaType))
    declared.extend(kind for kind in refuses if kind not in declared)
    decorate = _METHODS[method](
        path,
        guards=[gate],
        opt={"rule": Rule(access, budget, feature)},
        status_code=status,
        responses=problems.refusals(*declared),
        security=[] if access == "anyone" else [{"bearer": []}],
        tags=[tag or path.split("/")[2]] if path.count("/") > 1 else ["operations"],
    )
    return cast(Callable[[Callable[..., Any]], HTTPRouteHandler], decorate)
