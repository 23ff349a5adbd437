"""The plots: HTTP from the minute counts, calls from their rows, over an hour, a day or a week."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from stagedoor.core.db import Connection
from stagedoor.ops.rates import quantile, ratio
from stagedoor.ops.tally import ERRORS, REFUSED, REQUESTS

Range = Literal["hour", "day", "week"]
# (length of the whole, length of one point), in seconds
RANGES: dict[Range, tuple[int, int]] = {"hour": (3600, 60), "day": (86_400, 1800), "week": (604_800, 10_800)}

_HTTP = """
SELECT date_bin(make_interval(secs => $2), minute, '2000-01-01Z') AS at, name, sum(counted)::bigint AS counted
FROM minute_counts WHERE minute >= $1 AND (name LIKE 'http.%' OR name LIKE 'refused.%') GROUP BY 1, 2
"""
_CALLS = """
SELECT date_bin(make_interval(secs => $2), created_at, '2000-01-01Z') AS at, count(*) AS rung,
    count(accepted_at) AS accepted, count(connected_at) AS connected,
    count(*) FILTER (WHERE connected_at IS NOT NULL AND ended_at IS NOT NULL
        AND end_reason NOT IN ('connection_lost', 'gaps_exceeded', 'no_connection')) AS completed,
    coalesce(sum(tokens_charged), 0)::bigint AS tokens,
    coalesce(sum(tokens_charged * fee_basis_points / 10000), 0)::bigint AS fee_tokens
FROM calls WHERE created_at >= $1 GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Point:
    """One bar: what happened in the `step` from `at` on. `p95_seconds` is None without a request."""

    at: datetime
    requests: int
    errors: int
    p95_seconds: float | None
    rung: int
    accepted: int
    connected: int
    completed: int
    tokens: int
    fee_tokens: int


@dataclass(frozen=True, slots=True)
class Series:
    """Every step of the range without gaps, and the figures of the whole."""

    step_seconds: int
    points: list[Point]
    requests: int
    error_rate: float | None
    p95_seconds: float | None
    refusals: dict[str, int]


async def read(db: Connection, range_: Range) -> Series:
    """The range that ends now."""
    length, step = RANGES[range_]
    first: datetime = await db.fetchval(
        "SELECT date_bin(make_interval(secs => $2), clock_timestamp() - make_interval(secs => $1), '2000-01-01Z')",
        length,
        step,
    )
    http: dict[datetime, Counter[str]] = {}
    for row in await db.fetch(_HTTP, first, step):
        http.setdefault(row["at"], Counter())[row["name"]] = row["counted"]
    calls = {row["at"]: dict(row) for row in await db.fetch(_CALLS, first, step)}
    times = [first + timedelta(seconds=step * n) for n in range(length // step + 1)]
    whole = sum(http.values(), Counter())
    refused = {name.removeprefix(REFUSED): n for name, n in whole.most_common() if name.startswith(REFUSED)}
    return Series(
        step_seconds=step,
        points=[_point(at, http.get(at, Counter()), calls.get(at)) for at in times],
        requests=whole[REQUESTS],
        error_rate=ratio(whole[ERRORS], whole[REQUESTS]),
        p95_seconds=quantile(whole, 0.95),
        refusals=refused,
    )


def _point(at: datetime, http: Counter[str], calls: dict[str, int] | None) -> Point:
    names = ("rung", "accepted", "connected", "completed", "tokens", "fee_tokens")
    of_calls = {name: calls[name] if calls else 0 for name in names}
    return Point(at, http[REQUESTS], http[ERRORS], quantile(http, 0.95), **of_calls)
