"""What the doctor looks at besides the parts: what is slow, what blocks, why calls end, why requests are refused."""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from stagedoor.core.db import Connection

_SLOW = """
SELECT calls::bigint AS times, mean_exec_time::float8 AS mean_ms, total_exec_time::float8 AS total_ms,
    regexp_replace(left(query, 160), '\\s+', ' ', 'g') AS query
FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
WHERE d.datname = current_database() ORDER BY total_exec_time DESC LIMIT 5
"""
_BLOCKED = """
SELECT a.pid, b.pid AS by_pid, extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS seconds,
    coalesce(b.application_name, '') AS by_application
FROM pg_stat_activity a CROSS JOIN LATERAL unnest(pg_blocking_pids(a.pid)) AS blocker (pid)
JOIN pg_stat_activity b ON b.pid = blocker.pid
WHERE a.datname = current_database() ORDER BY seconds DESC LIMIT 10
"""
_LONGEST = """
SELECT pid, application_name, state, extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds
FROM pg_stat_activity
WHERE datname = current_database() AND xact_start < clock_timestamp() - interval '30 seconds'
  AND pid <> pg_backend_pid()
ORDER BY xact_start LIMIT 5
"""
_ENDINGS = """
SELECT coalesce(end_reason, 'running') AS reason, count(*) AS calls FROM calls
WHERE created_at >= clock_timestamp() - interval '1 hour' GROUP BY 1 ORDER BY 2 DESC
"""
_REFUSED = """
SELECT substr(name, 9) AS code, sum(counted)::bigint AS count FROM minute_counts
WHERE minute >= clock_timestamp() - interval '1 hour' AND name LIKE 'refused.%' GROUP BY 1 ORDER BY 2 DESC LIMIT 10
"""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`slow` is None where pg_stat_statements is not there to tell. Times are of the last hour."""

    slow: list[str] | None
    blocked: list[str]
    longest: list[str]
    endings: Mapping[str, int]
    refusals: Mapping[str, int]


async def diagnose(db: Connection) -> Diagnosis:
    return Diagnosis(
        slow=await _slow(db),
        blocked=[
            f"session {row['pid']} has waited {row['seconds']:.0f} s for {row['by_pid']} ({row['by_application']})"
            for row in await db.fetch(_BLOCKED)
        ],
        longest=[
            f"session {row['pid']} ({row['application_name']}, {row['state']}): {row['seconds']:.0f} s in a transaction"
            for row in await db.fetch(_LONGEST)
        ],
        endings={row["reason"]: row["calls"] for row in await db.fetch(_ENDINGS)},
        refusals={row["code"]: row["count"] for row in await db.fetch(_REFUSED)},
    )


async def _slow(db: Connection) -> list[str] | None:
    try:
        rows = await db.fetch(_SLOW)
    except (
        asyncpg.UndefinedTableError,
        asyncpg.ObjectNotInPrerequisiteStateError,
        asyncpg.InsufficientPrivilegeError,
    ):
        return None
    return [f"{row['mean_ms']:.1f} ms × {row['times']}: {row['query']}" for row in rows]
