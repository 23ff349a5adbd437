"""A fault on purpose, to see that reports arrive."""

from litestar import Response

from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.problems import NotFound
from stagedoor.settings import Settings


class DeliberateFault(Exception):
    """Raised on purpose by GET /debug-sentry."""


@route("GET /debug-sentry", access="anyone", budget="tight", refuses=[NotFound])
async def debug_sentry(request: Req) -> Response[bytes]:
    """Fails, where SENTRY_DEBUG is on; elsewhere there is nothing here."""
    if not service(request, Settings).sentry.debug:
        raise NotFound(because="SENTRY_DEBUG is off")
    raise DeliberateFault("This fault was asked for.")


handlers: list[Handler] = [debug_sentry]
