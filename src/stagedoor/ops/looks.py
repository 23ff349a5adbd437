"""The guard's eyes: what all processes counted, and what became of the calls, since a step began or lately."""

import uuid
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from stagedoor.core.db import Connection
from stagedoor.ops.guard import P95_SECONDS, Seen, Verdict, Word
from stagedoor.ops.metrics import BUCKETS
from stagedoor.ops.rates import quantile
from stagedoor.ops.tally import BUCKET, ERRORS, REQUESTS

# Since the step began, and of that the last minutes; without a step the last minutes alone.
_COUNTED = """
SELECT name, sum(counted)::bigint AS whole,
    coalesce(sum(counted) FILTER (WHERE minute >= w.from_minute), 0)::bigint AS recent
FROM minute_counts,
    (SELECT date_trunc('minute', clock_timestamp() - make_interval(secs => $1)) AS from_minute) AS w
WHERE minute >= coalesce(date_trunc('minute', $2::timestamptz), w.from_minute) AND name LIKE 'http.%'
GROUP BY name
"""
# What the step's first minute had counted before the step, and whether that minute is among the last ones.
_BASE = """
SELECT counted, date_trunc('minute', started_at) >= date_trunc('minute', clock_timestamp() - make_interval(secs => $3))
    AS is_recent
FROM rollout_steps WHERE rollout_id = $1 AND position = $2
"""
_CALLS = """
SELECT count(*) AS rung,
    count(*) FILTER (WHERE accepted_at IS NOT NULL AND state <> 'connecting') AS tried,
    count(connected_at) AS connected
FROM calls WHERE created_at >= (SELECT coalesce($1, clock_timestamp() - interval '1 hour'))
"""
_WRITE = """
INSERT INTO guard_looks (id, at, process, armed, verdict, seen) VALUES (true, clock_timestamp(), $1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET at = EXCLUDED.at, process = EXCLUDED.process, armed = EXCLUDED.armed,
    verdict = EXCLUDED.verdict, seen = EXCLUDED.seen
"""
_READ = """
SELECT at, process, armed, verdict, seen, extract(epoch FROM clock_timestamp() - at)::float8 AS age_seconds
FROM guard_looks
"""


@dataclass(frozen=True, slots=True)
class Look:
    """What the leader saw and said last. `step` is (roll-out, position), where it watches one."""

    at: datetime
    age_seconds: float
    armed: bool
    verdict: Word
    reasons: list[str]
    seen: Seen
    step: tuple[int, int] | None


async def see(
    db: Connection, window_seconds: float, step: tuple[int, int] | None, since: datetime | None, violations: int
) -> Seen:
    """Read the counts since the step began (`since`) and of the window, and the calls since then."""
    rows = await db.fetch(_COUNTED, window_seconds, since)
    whole = Counter({row["name"]: row["whole"] for row in rows})
    recent = Counter({row["name"]: row["recent"] for row in rows})
    if step is not None:
        base = await db.fetchrow(_BASE, *step, window_seconds)
        assert base is not None
        whole.subtract(base["counted"])
        recent.subtract(base["counted"] if base["is_recent"] else {})
    calls = await db.fetchrow(_CALLS, since)
    assert calls is not None
    slow = sum(recent[f"{BUCKET}{bound}"] for bound in (*BUCKETS, "inf") if float(bound) > P95_SECONDS)
    return Seen(
        requests=whole[REQUESTS],
        errors=whole[ERRORS],
        recent_requests=recent[REQUESTS],
        recent_errors=recent[ERRORS],
        recent_slow=slow,
        p95_seconds=quantile(recent, 0.95),
        violations=violations,
        **dict(calls),
    )


async def write(db: Connection, process: uuid.UUID, seen: Seen, verdict: Verdict, step: tuple[int, int] | None) -> None:
    told: dict[str, Any] = {**asdict(seen), "reasons": verdict.reasons, "step": step}
    await db.execute(_WRITE, process, step is not None, verdict.word, told)


async def read(db: Connection) -> Look | None:
    """The last look; None where no server has led yet."""
    row = await db.fetchrow(_READ)
    if row is None:
        return None
    told = dict(row["seen"])
    reasons, step = told.pop("reasons"), told.pop("step")
    return Look(
        at=row["at"],
        age_seconds=row["age_seconds"],
        armed=row["armed"],
        verdict=row["verdict"],
        reasons=reasons,
        seen=Seen(**told),
        step=None if step is None else (step[0], step[1]),
    )
