"""Rates: moving windows in memory, or in Redis when several processes share them.

Redis away: reads are counted in this process instead; call initiation fails closed with a shaped 503. It is asked
again a second later, so that a dead or silent Redis costs one request a short wait, not every request.
In Redis by the `limits` library's moving window (exact at the boundary, unlike a fixed window); in memory by our own.
"""

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from stagedoor.core.problems import RateLimited, Unavailable
from stagedoor.core.windows import MovingWindows
from stagedoor.settings import Limits as Rates

if TYPE_CHECKING:
    from redis.asyncio import ConnectionPool

log = structlog.get_logger("limits")
Budget = Literal["general", "tight", "calls"]
REDIS_SECONDS = 0.3
ASK_AGAIN_SECONDS = 1.0


@dataclass(frozen=True)
class _Pair:
    """One budget's two limits: requests a minute by address and by user."""

    by_ip: RateLimitItem
    by_user: RateLimitItem


class Limiter:
    """Counts hits by budget and key. Raises RateLimited with the seconds until the next one passes."""

    def __init__(self, rates: Rates, *, redis_url: str | None = None) -> None:
        self._memory = MovingWindows()
        self._pool = None if redis_url is None else _pool(redis_url)
        self._shared = None if self._pool is None else _shared(str(redis_url), self._pool)
        self._away_until = 0.0
        self._budgets: dict[Budget, _Pair] = {
            "general": _pair(rates.general, rates.general),
            "tight": _pair(rates.tight, rates.tight),
            "calls": _pair(rates.calls_per_ip, rates.calls_per_user),
        }

    async def by_ip(self, budget: Budget, address: str) -> None:
        await self._hit(budget, self._budgets[budget].by_ip, "ip", address)

    async def by_user(self, budget: Budget, user_id: str) -> None:
        await self._hit(budget, self._budgets[budget].by_user, "user", user_id)

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()

    async def _hit(self, budget: Budget, item: RateLimitItem, kind: str, who: str) -> None:
        wait = await self._wait(budget, item, kind, who)
        if wait is not None:
            raise RateLimited(
                retry_after=wait,
                headers={
                    "RateLimit-Policy": f'"{kind}";q={item.amount};w={item.get_expiry()}',
                    "RateLimit": f'"{kind}";r=0;t={wait}',
                },
            )

    async def _wait(self, budget: Budget, item: RateLimitItem, kind: str, who: str) -> int | None:
        """None when the hit passes; else the seconds until one does."""
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                return await _count(self._shared, item, budget, kind, who)
            except StorageError as error:
                self._away_until = time.monotonic() + ASK_AGAIN_SECONDS
                log.warning("limits without Redis", because=str(error))
        if self._shared is not None and budget == "calls":
            raise Unavailable(retry_after=5, because="limits: Redis is away")
        left = self._memory.hit((budget, kind, who), item.amount, item.get_expiry())
        return None if left is None else max(1, math.ceil(left))


async def _count(limiter: MovingWindowRateLimiter, item: RateLimitItem, *key: str) -> int | None:
    if await limiter.hit(item, *key):
        return None
    reset_at, _ = await limiter.get_window_stats(item, *key)
    return max(1, math.ceil(reset_at - time.time()))


def _pair(by_ip: int, by_user: int) -> _Pair:
    return _Pair(RateLimitItemPerMinute(by_ip), RateLimitItemPerMinute(by_user))


def _pool(url: str) -> "ConnectionPool":
    from redis.asyncio import ConnectionPool  # noqa: PLC0415 - a third of a second, for those alone who have a Redis
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    retry = Retry(NoBackoff(), 1)  # a connection that Redis had closed; not for a Redis that is away
    return ConnectionPool.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS, retry=retry)


def _shared(url: str, pool: "ConnectionPool") -> MovingWindowRateLimiter:
    options: Any = {"connection_pool": pool}
    return MovingWindowRateLimiter(
        RedisStorage(f"async+{url}", implementation="redispy", wrap_exceptions=True, **options)
    )
