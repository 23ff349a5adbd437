"""Follow, tip, block: the facts that permissions rest on. Triggers keep the relationship that follows from them."""

from stagedoor.relationships.blocks import Blocks
from stagedoor.relationships.follows import Follows
from stagedoor.relationships.routes import handlers
from stagedoor.relationships.tips import Tips

__all__ = ["Blocks", "Follows", "Tips", "handlers"]
