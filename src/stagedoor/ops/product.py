"""How the product does: the funnel of calls, who calls, who answers, who comes back, and who looks after privacy.

Every figure is read from the rows themselves, except reports and blocks, which are counted as they happen.

* answer rate: accepted of those that rang to an end; connect rate: connected of those accepted and decided;
  completion: of the connected and ended calls, those that somebody ended or that the funds ended, not a fault.
* adoption: of the people who came (or had the feature come to them) in the last 30 days, those who set, forgot,
  blocked or shared anything within their first 7 days.
* abuse: reports a rung call, over 7 days.
* callers who return: of the creators who called in the window, those who did on two days or more.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from stagedoor.core.db import Connection, Database
from stagedoor.ops.rates import ratio
from stagedoor.ops.tally import EVENT

WINDOWS: Mapping[str, int] = {"hour": 3600, "day": 86_400, "week": 604_800}
REMEMBER_SECONDS = 60.0
ADOPTION_SECONDS = 600.0
_PRIVATE_ACTS = ["fan.settings_changed", "fan.forgot_creator", "fan.blocked_creator", "card.enabled"]

_FUNNEL = """
SELECT w.name AS window, count(c.id) AS rung,
    count(c.id) FILTER (WHERE c.state <> 'ringing') AS decided,
    count(c.accepted_at) AS accepted,
    count(c.id) FILTER (WHERE c.accepted_at IS NOT NULL AND c.state <> 'connecting') AS tried,
    count(c.connected_at) AS connected,
    count(c.id) FILTER (WHERE c.connected_at IS NOT NULL AND c.ended_at IS NOT NULL) AS finished,
    count(c.id) FILTER (WHERE c.connected_at IS NOT NULL AND c.ended_at IS NOT NULL
        AND c.end_reason NOT IN ('connection_lost', 'gaps_exceeded', 'no_connection')) AS completed,
    count(c.id) FILTER (WHERE c.state = 'declined') AS declined,
    count(c.id) FILTER (WHERE c.state = 'missed') AS missed,
    count(c.id) FILTER (WHERE c.state = 'cancelled') AS cancelled,
    count(c.id) FILTER (WHERE c.state = 'failed') AS failed,
    coalesce(sum(c.billable_seconds), 0)::bigint AS billable_seconds,
    coalesce(sum(c.tokens_charged), 0)::bigint AS call_tokens,
    coalesce(sum(c.tokens_charged * c.fee_basis_points / 10000), 0)::bigint AS fee_tokens,
    count(DISTINCT c.creator_id) AS creators_calling,
    count(DISTINCT c.fan_id) FILTER (WHERE c.accepted_at IS NOT NULL) AS fans_accepting
FROM unnest($1::text[], $2::int[]) AS w (name, seconds)
LEFT JOIN calls c ON c.created_at >= now() - make_interval(secs => w.seconds)
GROUP BY w.name
"""
_RETURNING = """
SELECT count(*) FILTER (WHERE days > 1) AS returning, count(*) AS callers FROM (
    SELECT count(DISTINCT date_trunc('day', created_at)) AS days FROM calls
    WHERE created_at >= now() - interval '7 days' AND creator_id IS NOT NULL GROUP BY creator_id
) AS callers
"""
_COUNTED = """
SELECT name, sum(counted)::bigint AS counted FROM minute_counts
WHERE minute >= now() - interval '7 days' AND name = ANY ($1::text[]) GROUP BY name
"""
_ADOPTION = """
WITH arrivals AS (
    SELECT id, greatest(created_at, $1::timestamptz) AS at FROM users WHERE NOT is_operator
)
SELECT count(*) AS arrived, count(*) FILTER (WHERE EXISTS (
    SELECT 1 FROM events e WHERE e.fan_id = a.id AND e.type = ANY ($2::text[])
      AND e.created_at BETWEEN a.at AND a.at + interval '7 days')) AS adopted
FROM arrivals a WHERE a.at > now() - interval '30 days'
"""


@dataclass(frozen=True, slots=True)
class Funnel:
    """The calls that rang in one window; `tried` and `finished` are the decided ones that rates are taken of."""

    rung: int
    decided: int
    accepted: int
    tried: int
    connected: int
    finished: int
    completed: int
    declined: int
    missed: int
    cancelled: int
    failed: int
    billable_seconds: int
    call_tokens: int
    fee_tokens: int
    creators_calling: int
    fans_accepting: int

    @property
    def answer_rate(self) -> float | None:
        return ratio(self.accepted, self.decided)

    @property
    def connect_rate(self) -> float | None:
        return ratio(self.connected, self.tried)

    @property
    def completion_rate(self) -> float | None:
        return ratio(self.completed, self.finished)

    @property
    def tokens_per_call(self) -> float | None:
        return ratio(self.call_tokens, self.finished)


@dataclass(frozen=True, slots=True)
class Product:
    """The figures by window, and those that are taken over a week or a month."""

    funnels: Mapping[str, Funnel]
    returning_rate: float | None
    reports: int
    disputes: int
    blocks: int
    abuse_rate: float | None
    adopted: int
    adoption_rate: float | None


class ProductFigures:
    """Reads them at most once a minute a process (adoption: every ten), however often it is asked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read_at = self._adoption_at = float("-inf")
        self._product: Product | None = None
        self._adoption = (0, 0)

    async def read(self, *, fresh: bool = False) -> Product:
        """Raises Unavailable."""
        now = time.monotonic()
        if self._product is not None and now - self._read_at < REMEMBER_SECONDS and not fresh:
            return self._product
        async with self._database.connection() as connection:
            if now - self._adoption_at >= ADOPTION_SECONDS or fresh:
                self._adoption, self._adoption_at = await _adoption(connection), now
            self._product, self._read_at = await _product(connection, *self._adoption), now
        return self._product


async def _product(db: Connection, arrived: int, adopted: int) -> Product:
    rows = await db.fetch(_FUNNEL, list(WINDOWS), list(WINDOWS.values()))
    funnels = {row["window"]: Funnel(**{k: v for k, v in row.items() if k != "window"}) for row in rows}
    returning = await db.fetchrow(_RETURNING)
    assert returning is not None
    names = ["call.reported", "call.disputed", "fan.blocked_creator", "creator.blocked_fan"]
    counted = {row["name"]: row["counted"] for row in await db.fetch(_COUNTED, [EVENT + name for name in names])}
    reports, disputes, by_fans, by_creators = (counted.get(EVENT + name, 0) for name in names)
    return Product(
        funnels=funnels,
        returning_rate=ratio(returning["returning"], returning["callers"]),
        reports=reports,
        disputes=disputes,
        blocks=by_fans + by_creators,
        abuse_rate=ratio(reports, funnels["week"].rung),
        adopted=adopted,
        adoption_rate=ratio(adopted, arrived),
    )


async def _adoption(db: Connection) -> tuple[int, int]:
    recorded = await db.fetchval("SELECT to_regclass('schema_migrations') IS NOT NULL")
    since = await db.fetchval("SELECT min(applied_at) FROM schema_migrations WHERE number = 132") if recorded else None
    row = await db.fetchrow(_ADOPTION, since, _PRIVATE_ACTS)
    assert row is not None
    return row["arrived"], row["adopted"]
