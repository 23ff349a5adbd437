"""The demo's two routes; they exist only under `stagedoor demo`."""

from stagedoor.demo.routes import handlers

__all__ = ["handlers"]
