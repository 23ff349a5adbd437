"""Every refusal has one shape, one class, and a sentence that is safe to show.

The body serves two conventions at once: RFC 9457 `application/problem+json` (type, title, status, detail)
beside `ok`, `code`, `error`, `timestamp`, `requestId`, `retryAfter`, `details`.
"""

import math
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

import msgspec
from litestar.openapi.datastructures import ResponseSpec

from stagedoor.core.wire import Wire


class Refusal(Exception):
    """A request that was understood and refused. Subclasses fix status, code and sentence."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "BAD_REQUEST"
    sentence: ClassVar[str] = "The request could not be understood."

    def __init__(
        self,
        *,
        retry_after: float | None = None,
        details: Any = None,
        headers: dict[str, str] | None = None,
        because: str | None = None,
    ) -> None:
        """`retry_after` in seconds, rounded up; `because` is the true reason, for operators only, never sent."""
        super().__init__(self.code)
        self.retry_after = None if retry_after is None else max(1, math.ceil(retry_after))
        self.details = details
        self.headers = headers or {}
        self.because = because


class NotAuthenticated(Refusal):
    status, code, sentence = 401, "NOT_AUTHENTICATED", "Please sign in."


class SessionInvalid(Refusal):
    status, code, sentence = 401, "SESSION_INVALID", "This session is not valid any more. Please sign in again."


class Forbidden(Refusal):
    status, code, sentence = 403, "FORBIDDEN", "You may not do this."


class CreatorOnly(Refusal):
    status, code, sentence = 403, "CREATOR_ONLY", "Only creators can do this."


class FeatureDisabled(Refusal):
    status, code, sentence = 403, "FEATURE_DISABLED", "This is switched off at the moment."


class NotFound(Refusal):
    status, code, sentence = 404, "NOT_FOUND", "There is nothing here."


class MethodNotAllowed(Refusal):
    status, code, sentence = 405, "METHOD_NOT_ALLOWED", "This address does not take that kind of request."


class Conflict(Refusal):
    status, code, sentence = 409, "CONFLICT", "This collides with another change. Please try again."


class IdempotencyKeyReused(Refusal):
    status, code = 409, "IDEMPOTENCY_KEY_REUSED"
    sentence = "This Idempotency-Key was used for a different request."


class TooLarge(Refusal):
    status, code, sentence = 413, "REQUEST_TOO_LARGE", "The request is too large."


class UnsupportedMediaType(Refusal):
    status, code, sentence = 415, "UNSUPPORTED_MEDIA_TYPE", "Please send JSON."


class ValidationFailed(Refusal):
    status, code, sentence = 422, "VALIDATION_FAILED", "Something in the request is missing or not valid."


class RateLimited(Refusal):
    status, code, sentence = 429, "RATE_LIMITED", "Too many requests. Please wait a moment."


class InternalError(Refusal):
    status, code, sentence = 500, "INTERNAL_ERROR", "Something went wrong on our side. Nothing was changed."


class Unavailable(Refusal):
    status, code = 503, "SERVICE_UNAVAILABLE"
    sentence = "The service is not available right now. Please try again shortly."


class Problem(Wire, frozen=True, kw_only=True):
    """The body of every error."""

    ok: Literal[False] = False
    code: str
    error: str
    timestamp: datetime
    request_id: str
    type: str
    title: str
    status: int
    detail: str
    retry_after: int | msgspec.UnsetType = msgspec.UNSET
    details: Any = msgspec.UNSET


def body_of(refusal: Refusal, request_id: str) -> Problem:
    """What a client is told of `refusal`."""
    return Problem(
        code=refusal.code,
        error=refusal.sentence,
        timestamp=datetime.now(UTC),
        request_id=request_id,
        type=f"urn:stagedoor:problem:{refusal.code.lower().replace('_', '-')}",
        title=refusal.code.replace("_", " ").capitalize(),
        status=refusal.status,
        detail=refusal.sentence,
        retry_after=msgspec.UNSET if refusal.retry_after is None else refusal.retry_after,
        details=msgspec.UNSET if refusal.details is None else refusal.details,
    )


def refusals(*kinds: type[Refusal]) -> dict[int, ResponseSpec]:
    """OpenAPI responses for a route that may answer with `kinds`, grouped by status; codes are in the text."""
    by_status: dict[int, list[type[Refusal]]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    return {
        status: ResponseSpec(
            data_container=Problem,
            generate_examples=False,
            description="; ".join(f"`{kind.code}`: {kind.sentence}" for kind in group),
            media_type="application/problem+json",
        )
        for status, group in sorted(by_status.items())
    }
