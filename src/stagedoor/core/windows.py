"""Moving windows in this process's memory: of any `seconds`, at most `amount` hits pass; exact at the boundary.

A hit costs the same however many clients there are. (The library's own memory store hands every key that it knows to a
thread, over and over as long as there are hits: measured, half of all that a read cost.)
"""

import time
from collections import OrderedDict, deque

Key = tuple[str, ...]


class MovingWindows:
    """Hits by key, the key that was hit last at the end; keys whose hits are all past go as others come."""

    def __init__(self) -> None:
        self._hits: OrderedDict[Key, deque[float]] = OrderedDict()  # when each hit stops to count

    def hit(self, key: Key, amount: int, seconds: float) -> float | None:
        """None when the hit passes, and counts; else the seconds until one does."""
        now = time.time()
        self._forget(now)
        ends = self._hits.get(key)
        if ends is None:
            ends = self._hits[key] = deque()
        while ends and ends[0] <= now:
            ends.popleft()
        if len(ends) >= amount:
            return ends[0] - now
        ends.append(now + seconds)
        self._hits.move_to_end(key)
        return None

    def __len__(self) -> int:
        return len(self._hits)

    def _forget(self, now: float) -> None:
        """Two keys at most, so that they go faster than they can come."""
        for _ in range(2):
            if not self._hits:
                return
            key = next(iter(self._hits))
            ends = self._hits[key]
            if ends and ends[-1] > now:
                return
            del self._hits[key]
