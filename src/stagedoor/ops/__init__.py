"""Operations: health, metrics, flags, roll-outs and the guard that watches them."""

from stagedoor.ops import announcement_routes, flag_routes, rollout_routes, routes, sentry
from stagedoor.ops.exposition import SHARED_DIR, Exposition
from stagedoor.ops.metrics import count_denial, observe
from stagedoor.ops.overview import Overview
from stagedoor.ops.product import ProductFigures
from stagedoor.ops.rollout import Rollouts, TeamMessages
from stagedoor.ops.tally import Tally
from stagedoor.ops.watch import Guard

handlers = [
    *routes.handlers,
    *flag_routes.handlers,
    *rollout_routes.handlers,
    *announcement_routes.handlers,
    *sentry.handlers,
]

__all__ = [
    "SHARED_DIR", "Exposition", "Guard", "Overview", "ProductFigures", "Rollouts", "Tally", "TeamMessages",
    "count_denial", "handlers", "observe",
]  # fmt: skip
