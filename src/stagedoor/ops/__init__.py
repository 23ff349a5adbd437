"""Operations: health, readiness, metrics."""

from stagedoor.ops.metrics import observe
from stagedoor.ops.routes import handlers

__all__ = ["handlers", "observe"]
