"""Every event was told, and whoever had a socket heard it."""

from typing import TYPE_CHECKING, Any

from tests.chaos.journal import Journal

if TYPE_CHECKING:
    import asyncpg

    from tests.chaos.verdict import Verdict

AROUND_SECONDS = 3.0  # a socket that was up so long before an event was written and after it was told has carried it
UNTOLD = "SELECT id, type FROM events WHERE published_at IS NULL"
DELIVERIES = """
SELECT e.id, e.type, u.username, extract(epoch FROM e.created_at)::float8 AS written,
    extract(epoch FROM e.published_at)::float8 AS told
FROM events e CROSS JOIN LATERAL jsonb_array_elements(e.deliveries) AS d (delivery)
JOIN users u ON u.id = split_part(d.delivery ->> 'channel', ':', 2)::uuid
"""


async def judge(verdict: "Verdict", journal: Journal, db: "asyncpg.Connection[Any]") -> None:
    untold = [f"{row['id']} {row['type']}" for row in await db.fetch(UNTOLD)]
    events = await db.fetchval("SELECT count(*) FROM events")
    verdict.hold("every event was told", events, untold)
    deaf, could = [], 0
    waits: list[float] = []
    for row in await db.fetch(DELIVERIES):
        name, told = row["username"], row["told"] or row["written"]
        waits.append(told - row["written"])
        up = any(
            since <= row["written"] - AROUND_SECONDS and until >= told + AROUND_SECONDS
            for since, until in journal.lines[name]
        )
        could += up
        if up and row["id"] not in journal.heard[name]:
            deaf.append(f"{row['type']} {row['id']}, written {row['written']:.1f}, told {told:.1f}, by {name}")
    verdict.hold("who had a socket all the while heard the event", could, deaf)
    waits.sort()
    verdict.figures["events"] = (
        f"{events}; told after {waits[len(waits) // 2] * 1000:.0f} ms (median), {waits[-1]:.1f} s (last)"
    )
