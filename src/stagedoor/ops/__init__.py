"""Operations: health, metrics, flags, roll-outs and the guard that watches them."""

from stagedoor.ops import flag_routes, routes, sentry
from stagedoor.ops.metrics import observe

handlers = [*routes.handlers, *flag_routes.handlers, *sentry.handlers]

__all__ = ["handlers", "observe"]
