"""The call history as JSON lines, one call a line with its clock and its money: what level 3 would take away."""

from pathlib import Path
from typing import BinaryIO

import asyncpg
import msgspec

_CALLS = """
SELECT c.id, c.creator_id, c.fan_id, c.call_type, c.state, c.end_reason, c.tokens_per_minute, c.fee_basis_points,
    c.increment_seconds, c.created_at, c.accepted_at, c.connected_at, c.ended_at, c.billable_seconds, c.tokens_charged,
    coalesce((SELECT jsonb_agg(jsonb_build_object('startedAt', s.started_at, 'endedAt', s.ended_at) ORDER BY s.number)
        FROM call_segments s WHERE s.call_id = c.id), '[]')::text AS segments
FROM calls c ORDER BY c.created_at, c.id
"""


async def export_calls(dsn: str, target: Path) -> int:
    """Write every call to `target` (mode 0600), in one snapshot. Returns how many."""
    connection = await asyncpg.connect(dsn, timeout=10)
    count = 0
    try:
        with _opened(target) as file:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                async for row in connection.cursor(_CALLS):
                    call = {**dict(row), "segments": msgspec.Raw(row["segments"].encode())}
                    file.write(msgspec.json.encode(call) + b"\n")
                    count += 1
    finally:
        await connection.close(timeout=5)
    return count


def _opened(target: Path) -> BinaryIO:
    target.touch(mode=0o600)
    return target.open("wb")
