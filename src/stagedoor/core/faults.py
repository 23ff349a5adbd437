"""Whatever goes wrong in a request leaves as one shape: ours, the framework's, the database's, a bug's."""

import json
import re
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from stagedoor.core import problems, sentry
from stagedoor.core.db import GAVE_WAY, GONE

log = structlog.get_logger("http")

_BY_STATUS: dict[int, type[problems.Refusal]] = {
    400: problems.ValidationFailed,  # Litestar's name for a body that does not parse
    401: problems.NotAuthenticated,
    403: problems.Forbidden,
    404: problems.NotFound,
    405: problems.MethodNotAllowed,
    413: problems.TooLarge,
    415: problems.UnsupportedMediaType,
    422: problems.ValidationFailed,
    429: problems.RateLimited,
    503: problems.Unavailable,
}
# Input that no parser or text column takes: bytes that are not UTF-8, the NUL character, JSON nested without end.
_UNREADABLE = (
    UnicodeDecodeError,
    RecursionError,
    asyncpg.CharacterNotInRepertoireError,
    asyncpg.UntranslatableCharacterError,
)
_VALUE = re.compile(r"^Invalid (enum )?value .*", re.DOTALL)  # where msgspec's message quotes what was sent
_encoder = msgspec.json.Encoder()


def refusal_of(error: Exception) -> problems.Refusal:
    """The refusal that a client is told for `error`; InternalError for anything unforeseen."""
    if isinstance(error, problems.Refusal):
        return error
    if isinstance(error, ValidationException):
        return problems.ValidationFailed(details=_fields(error))
    if isinstance(error, HTTPException):
        kind = _BY_STATUS.get(error.status_code, problems.InternalError)
        allow = {"Allow": (error.headers or {}).get("allow", "")} if kind is problems.MethodNotAllowed else None
        return kind(headers=allow, because=str(error.detail))
    if isinstance(error, _UNREADABLE):
        return problems.ValidationFailed(because=type(error).__name__)
    if isinstance(error, (*GONE, *GAVE_WAY)):
        wait = 1 if isinstance(error, GAVE_WAY) else 2
        return problems.Unavailable(retry_after=wait, because=f"{type(error).__name__}: {error}")
    return problems.InternalError(because=type(error).__name__)


def _fields(error: ValidationException) -> list[dict[str, str]]:
    """Field and fault of each invalid input; never the value that was sent."""
    extra = error.extra if isinstance(error.extra, list) else []
    return [
        {"field": str(item.get("key", "")), "message": _VALUE.sub("Not one of the allowed values", item["message"])}
        for item in extra
        if isinstance(item, dict) and "message" in item
    ]


def problem_response(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The response for `error`; logs the true reason beside the code, which only operators see."""
    refusal = refusal_of(error)
    request.scope["refusal"] = refusal.code  # type: ignore[typeddict-unknown-key]  # read by the request log
    if refusal.status == 503:  # its cause is elsewhere, and every request says the same
        log.error("request failed", event_code=refusal.code, because=refusal.because)
    elif refusal.status >= 500:
        log.error("request failed", event_code=refusal.code, because=refusal.because, exc_info=error)
        report(error, refusal.code, request.scope)
    elif refusal.because is not None:
        log.info("request refused", event_code=refusal.code, because=refusal.because)
    headers = dict(refusal.headers)
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = _encoder.encode(problems.body_of(refusal, str(request.scope.get("request_id", ""))))
    return Response(content=body, status_code=refusal.status, headers=headers, media_type="application/problem+json")


def report(error: BaseException, code: str, scope: Any) -> None:
    """Tell Sentry of a fault: the code, the route's template, and the id under which the log has the rest."""
    sentry.capture(error, code=code, route=scope.get("path_template"), request_id=scope.get("request_id"))


def refusal_for(status: int) -> problems.Refusal:
    """The refusal that says no more than `status` does, for an error that another layer answered with."""
    kind = _BY_STATUS.get(status)
    if kind is None or kind.status != status:
        kind = problems.Refusal if status < 500 else problems.InternalError
    return kind()


def raw_problem(refusal: problems.Refusal, request_id: str) -> bytes:
    """The same body outside Litestar, for the socket server's and the ASGI edge's own refusals."""
    return json.dumps(msgspec.to_builtins(problems.body_of(refusal, request_id))).encode()
