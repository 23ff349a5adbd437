"""The guard's eyes: what all processes counted, and what became of the calls, since a step began or lately."""

import uuid
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from stagedoor.core.db import Connection
from stagedoor.ops.guard import P95_SECONDS, Seen, Verdict, Word
from stagedoor.ops.metrics import BUCKETS
from stagedoor.ops.rates import quantile
from stagedoor.ops.tally import BUCKET, ERRORS, REQUESTS

# Never older than the window, never before the step began; a minute that the step began in counts less what it had.
_COUNTED = """
SELECT name, sum(counted)::bigint AS counted FROM minute_counts
WHERE minute >= date_trunc('minute', greatest(clock_timestamp() - make_interval(secs => $1), $2::timestamptz))
  AND name LIKE 'http.%'
GROUP BY name
"""
_BASE = """
SELECT counted FROM rollout_steps WHERE rollout_id = $1 AND position = $2
  AND date_trunc('minute', started_at) >= date_trunc('minute', clock_timestamp() - make_interval(secs => $3))
"""
_CALLS = """
SELECT count(*) AS rung,
    count(*) FILTER (WHERE accepted_at IS NOT NULL AND state <> 'connecting') AS tried,
    count(connected_at) AS connected
FROM calls WHERE created_at >= coalesce($1, clock_timestamp() - interval '1 hour')
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
    """Read the counts of the window, or since the step (`since`) began."""
    rows = await db.fetch(_COUNTED, window_seconds, since)
    counts = Counter({row["name"]: row["counted"] for row in rows})
    if step is not None:
        counts.subtract(await db.fetchval(_BASE, *step, window_seconds) or {})
    calls = await db.fetchrow(_CALLS, since)
    assert calls is not None
    slow = sum(counts[f"{BUCKET}{bound}"] for bound in (*BUCKETS, "inf") if float(bound) > P95_SECONDS)
    seen = Seen(**dict(calls), violations=violations, p95_seconds=quantile(counts, 0.95))
    return replace(seen, requests=max(0, counts[REQUESTS]), errors=max(0, counts[ERRORS]), slow=max(0, slow))


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
