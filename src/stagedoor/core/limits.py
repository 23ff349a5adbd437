"""Rates: moving windows in memory, or in Redis when several processes share them.

Redis away: reads are counted in this process instead; call initiation fails closed with a shaped 503.
Source of the algorithm: the `limits` library's moving window (exact at the boundary, unlike a fixed window).
"""

import math
import time
from dataclasses import dataclass
from typing import Literal

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from stagedoor.core.problems import RateLimited, Unavailable
from stagedoor.settings import Limits as Rates

Budget = Literal["general", "tight", "calls"]


@dataclass(frozen=True)
class _Pair:
    """One budget's two limits: requests a minute by address and by user."""

    by_ip: RateLimitItem
    by_user: RateLimitItem


class Limiter:
    """Counts hits by budget and key. Raises RateLimited with the seconds until the next one passes."""

    def __init__(self, rates: Rates, *, redis_url: str | None = None) -> None:
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        self._shared = self._memory if redis_url is None else MovingWindowRateLimiter(_redis(redis_url))
        self._budgets: dict[Budget, _Pair] = {
            "general": _pair(rates.general, rates.general),
            "tight": _pair(rates.tight, rates.tight),
            "calls": _pair(rates.calls_per_ip, rates.calls_per_user),
        }

    async def by_ip(self, budget: Budget, address: str) -> None:
        await self._hit(budget, self._budgets[budget].by_ip, "ip", address)

    async def by_user(self, budget: Budget, user_id: str) -> None:
        await self._hit(budget, self._budgets[budget].by_user, "user", user_id)

    async def _hit(self, budget: Budget, item: RateLimitItem, kind: str, who: str) -> None:
        limiter = self._shared
        try:
            passed = await limiter.hit(item, budget, kind, who)
        except StorageError as error:
            if budget == "calls":
                raise Unavailable(retry_after=5, because=f"limits: {error}") from error
            limiter = self._memory
            passed = await limiter.hit(item, budget, kind, who)
        if passed:
            return
        reset_at, _ = await limiter.get_window_stats(item, budget, kind, who)
        wait = max(1, math.ceil(reset_at - time.time()))
        raise RateLimited(
            retry_after=wait,
            headers={
                "RateLimit-Policy": f'"{kind}";q={item.amount};w={item.get_expiry()}',
                "RateLimit": f'"{kind}";r=0;t={wait}',
            },
        )


def _pair(by_ip: int, by_user: int) -> _Pair:
    return _Pair(RateLimitItemPerMinute(by_ip), RateLimitItemPerMinute(by_user))


def _redis(url: str) -> Storage:
    return RedisStorage(f"async+{url}", implementation="redispy", wrap_exceptions=True)
