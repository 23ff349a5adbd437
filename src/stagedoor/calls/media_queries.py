"""The SQL of media and presence: who has it, the segments that count, and the heartbeat."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from stagedoor.calls.model import ALIVE_SECONDS, Facts, Role
from stagedoor.core.db import Connection


async def have_media(db: Connection, call_id: uuid.UUID, role: Role, presence_seconds: int | None) -> None:
    """`presence_seconds`, where given, is what `role` is held to from now on."""
    await db.execute(
        "UPDATE call_participants SET has_media = true, seen_at = clock_timestamp(),"
        " presence_seconds = coalesce($3, presence_seconds) WHERE call_id = $1 AND role = $2",
        call_id,
        role,
        presence_seconds,
    )


async def lose_media(db: Connection, call_id: uuid.UUID, role: Role) -> None:
    await db.execute(
        "UPDATE call_participants SET has_media = false, seen_at = clock_timestamp() WHERE call_id = $1 AND role = $2",
        call_id,
        role,
    )


async def open_segment(db: Connection, facts: Facts, due_at: datetime) -> int:
    """Both have media: the clock runs from now. Returns the call's new version."""
    await db.execute(
        "INSERT INTO call_segments (call_id, number, started_at)"
        " SELECT $1, coalesce(max(number), 0) + 1, $2 FROM call_segments WHERE call_id = $1",
        facts.id,
        facts.now,
    )
    version: int = await db.fetchval(
        "UPDATE calls SET state = 'active', gap_since = NULL, due_at = $2 WHERE id = $1 RETURNING version",
        facts.id,
        due_at,
    )
    return version


async def close_segment(db: Connection, call_id: uuid.UUID, until: datetime) -> datetime:
    """Media was lost: the clock stops at `until` (or when the hold was used up). Returns that moment."""
    await db.execute("SELECT segment_close($1, $2)", call_id, until)
    stopped: datetime = await db.fetchval(
        "SELECT max(ended_at) FROM call_segments WHERE call_id = $1",
        call_id,
    )
    return stopped


async def begin_gap(db: Connection, call_id: uuid.UUID, since: datetime, due_at: datetime) -> int:
    version: int = await db.fetchval(
        "UPDATE calls SET state = 'reconnecting', gap_since = $2, due_at = $3 WHERE id = $1 RETURNING version",
        call_id,
        since,
        due_at,
    )
    return version


async def take_over(db: Connection, call_id: uuid.UUID, role: Role, device_id: str) -> int:
    """Name the device that carries `role`'s media from now on. Returns the new media epoch."""
    epoch: int = await db.fetchval(
        "UPDATE call_participants SET device_id = $3, has_media = false, epoch = epoch + 1,"
        " presence_seconds = 30, seen_at = clock_timestamp()"
        " WHERE call_id = $1 AND role = $2 RETURNING epoch",
        call_id,
        role,
        device_id,
    )
    return epoch


async def media_uid(db: Connection, person: uuid.UUID) -> int:
    uid: int = await db.fetchval("SELECT media_uid_of($1)", person)
    return uid


class Word(NamedTuple):
    """`person` had the other side's media in `call_id`, so many seconds ago."""

    call_id: uuid.UUID
    person: uuid.UUID
    seconds_ago: float = 0.0


async def beat(db: Connection, words: Sequence[Word]) -> None:
    """The batched heartbeat of clients that carry media: one statement for all of this process's. Each word counts
    for the moment that it speaks of, however long it waited to be written.

    It waits for nobody: a row that is locked is being written by somebody who says the same or knows better, and
    two processes' heartbeats cannot deadlock.
    """
    await db.execute(
        """
        UPDATE call_participants p SET presence_seconds = $4,
            seen_at = greatest(p.seen_at, clock_timestamp() - make_interval(secs => there.seconds_ago)) FROM (
            SELECT q.call_id, q.role, b.seconds_ago
            FROM unnest($1::uuid[], $2::uuid[], $3::float8[]) AS b (call_id, person_id, seconds_ago)
            JOIN calls c ON c.id = b.call_id JOIN call_participants q ON q.call_id = c.id
            WHERE q.has_media AND c.state IN ('active', 'reconnecting')
              AND b.person_id = CASE q.role WHEN 'fan' THEN c.fan_id ELSE c.creator_id END
            FOR NO KEY UPDATE OF q SKIP LOCKED) AS there
        WHERE p.call_id = there.call_id AND p.role = there.role
        """,
        [word.call_id for word in words],
        [word.person for word in words],
        [word.seconds_ago for word in words],
        ALIVE_SECONDS,
    )


async def beat_people(db: Connection, people: Sequence[uuid.UUID], presence_seconds: int) -> None:
    """The slower heartbeat of clients that only hold a socket. It waits for nobody either."""
    await db.execute(
        """
        UPDATE call_participants p SET seen_at = clock_timestamp(), presence_seconds = $2 FROM (
            SELECT q.call_id, q.role FROM (
                SELECT id, 'creator' AS role FROM calls
                WHERE creator_id = ANY ($1::uuid[]) AND state IN ('active', 'reconnecting') UNION ALL
                SELECT id, 'fan' FROM calls
                WHERE fan_id = ANY ($1::uuid[]) AND state IN ('active', 'reconnecting')) AS c
            JOIN call_participants q ON q.call_id = c.id AND q.role = c.role
            WHERE q.has_media AND q.presence_seconds >= $2
            FOR NO KEY UPDATE OF q SKIP LOCKED) AS there
        WHERE p.call_id = there.call_id AND p.role = there.role
        """,
        people,
        presence_seconds,
    )


async def quality_so_far(db: Connection, call_id: uuid.UUID, role: Role) -> tuple[int | None, int]:
    """What `role` said of the connection last, and how often it said something."""
    row = await db.fetchrow(
        "SELECT (array_agg(data ->> 'quality' ORDER BY id DESC))[1]::integer AS last, count(*)::integer AS count"
        " FROM events WHERE call_id = $1 AND type = 'call.quality' AND data ->> 'by' = $2",
        call_id,
        role,
    )
    assert row is not None
    return row["last"], row["count"]
