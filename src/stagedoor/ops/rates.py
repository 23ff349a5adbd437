"""The few formulas: a rate with nothing under it is unknown, a quantile read from a histogram, the Wilson bound."""

import math
from collections.abc import Mapping

from stagedoor.ops.metrics import BUCKETS
from stagedoor.ops.tally import BUCKET


def ratio(part: float, whole: float) -> float | None:
    """`part / whole`; None when there is nothing to judge by."""
    return part / whole if whole else None


def quantile(counts: Mapping[str, int], q: float) -> float | None:
    """The q-quantile in seconds of the `http.bucket.*` counts, linear within its bucket as Prometheus'
    histogram_quantile has it; above the last bound, that bound. None without a request."""
    bounds = [0.0, *BUCKETS]
    numbers = [counts.get(f"{BUCKET}{bound}", 0) for bound in BUCKETS]
    total = sum(numbers) + counts.get(f"{BUCKET}inf", 0)
    if not total:
        return None
    wanted, below = q * total, 0
    for index, number in enumerate(numbers):
        if number and below + number >= wanted:
            return bounds[index] + (bounds[index + 1] - bounds[index]) * (wanted - below) / number
        below += number
    return bounds[-1]


def wilson_lower(part: int, whole: int, z: float) -> float:
    """Lower end of the Wilson score interval for `part` in `whole`; 0 without any.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927).
    """
    if not whole:
        return 0.0
    p = part / whole
    spread = z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    return max(0.0, (p + z * z / (2 * whole) - spread) / (1 + z * z / whole))
