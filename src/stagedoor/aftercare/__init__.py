"""After the call: rating, report, dispute, refund. What a dispute freezes, only an operator releases."""

from stagedoor.aftercare.dispute import Disputes
from stagedoor.aftercare.ops_routes import handlers as ops_handlers
from stagedoor.aftercare.rating import Ratings
from stagedoor.aftercare.refund import Refunds
from stagedoor.aftercare.report import Reports
from stagedoor.aftercare.routes import handlers as own_handlers

handlers = [*own_handlers, *ops_handlers]

__all__ = ["Disputes", "Ratings", "Refunds", "Reports", "handlers"]
