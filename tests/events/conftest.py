"""The house at a real address, for what only real sockets show."""

from tests.live import live

__all__ = ["live"]
