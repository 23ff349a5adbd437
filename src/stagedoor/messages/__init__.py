"""Direct messages: to a fan behind `fan_allow_dm`, to a creator unless one of the two blocked the other."""

from stagedoor.messages.routes import handlers
from stagedoor.messages.service import Messages

__all__ = ["Messages", "handlers"]
