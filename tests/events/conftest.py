"""The house at a real address, for what only real sockets show."""

from tests.live import live
from tests.redis_server import redis_server

__all__ = ["live", "redis_server"]
