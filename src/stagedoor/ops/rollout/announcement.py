"""What people are told of a roll-out, in the UI: at most one thing, the newest, for a week.

It is read from the roll-out's own events; a client remembers what it was shown (by the id), so nothing is stored.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from stagedoor.core.db import Connection

Kind = Literal["mini_profiles", "calls", "share_cards", "paused"]
SHOWN_DAYS = 7

# The newest that was for people to hear; one that was resumed is paused no more.
_NEWEST = """
SELECT id, type, data, created_at FROM events
WHERE call_id IS NULL AND creator_id IS NULL AND fan_id IS NULL
  AND type IN ('rollout.step_started', 'rollout.aborted', 'rollout.resumed')
  AND (type = 'rollout.resumed' OR data -> 'message' ? 'users') AND NOT (data ->> 'dryRun')::boolean
  AND created_at > clock_timestamp() - make_interval(days => $1)
ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Announcement:
    """`kind` is what a client has its own words for; `text` is the same in English."""

    id: int
    kind: Kind
    text: str
    at: datetime


async def announcement(db: Connection) -> Announcement | None:
    row = await db.fetchrow(_NEWEST, SHOWN_DAYS)
    if row is None or row["type"] == "rollout.resumed":
        return None
    kind: Kind = "paused" if row["type"] == "rollout.aborted" else row["data"]["phase"]
    return Announcement(row["id"], kind, row["data"]["message"]["users"], row["created_at"])
