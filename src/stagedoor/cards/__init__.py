"""Share cards: one link a fan, which shows a stranger the name and the picture, until it expires or is revoked."""

from stagedoor.cards.routes import handlers
from stagedoor.cards.service import Cards

__all__ = ["Cards", "handlers"]
