"""A call as one participant may see it."""

from datetime import datetime
from typing import Any

import asyncpg

from stagedoor.calls.clock import seconds_covered
from stagedoor.calls.model import LIVE, CallWire, PersonWire, Ring, Role, SegmentWire, as_seen_by, other


def present(row: asyncpg.Record, role: Role) -> CallWire:
    """The wire form of a sheet (sheets.sheet) for `role`."""
    state, reason = as_seen_by(role, row["state"], row["end_reason"], quiet=row["quiet"])
    running = state in LIVE
    segments = [SegmentWire(_time(start), _time(end)) for start, end in row["segments"]]
    return CallWire(
        id=row["id"],
        call_type=row["call_type"],
        state=state,
        end_reason=reason,
        role=role,
        creator=_person(row, "creator"),
        fan=_person(row, "fan"),
        tokens_per_minute=row["tokens_per_minute"],
        increment_seconds=row["increment_seconds"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        accepted_at=row["accepted_at"],
        connected_at=row["connected_at"],
        ended_at=row["ended_at"],
        version=row["version"],
        segments=segments,
        billable_seconds=row["running_seconds"] if running else row["billable_seconds"],
        tokens_charged=row["running_tokens"] if running else row["tokens_charged"],
        held_tokens=row["held_tokens"] if role == "fan" else 0,
        seconds_left=_seconds_left(row, role),
        max_tokens=row["max_tokens"] if role == "fan" else None,
        media_lost=state == "reconnecting" or (running and not row[f"{other(role)}_has_media"]),
        device_id=row[f"{role}_device_id"],
        call_back_at=row["call_back_at"],
        server_time=row["now"],
    )


def ringing(rang: asyncpg.Record, ring: Ring, increment_seconds: int) -> CallWire:
    """A call that call_ring has just begun, for the creator: what its sheet would say, without reading one."""
    creator = ring.creator
    return CallWire(
        id=rang["call_id"],
        call_type=ring.call_type,
        state="ringing",
        end_reason=None,
        role="creator",
        creator=PersonWire(creator.id, creator.username, creator.display_name, creator.avatar_url),
        fan=PersonWire(ring.fan_id, rang["fan_username"], rang["fan_display_name"], rang["fan_avatar_url"]),
        tokens_per_minute=rang["tokens_per_minute"],
        increment_seconds=increment_seconds,
        created_at=rang["created_at"],
        expires_at=rang["expires_at"],
        accepted_at=None,
        connected_at=None,
        ended_at=None,
        version=1,
        segments=[],
        billable_seconds=0,
        tokens_charged=0,
        held_tokens=0,
        seconds_left=None,
        max_tokens=None,
        media_lost=False,
        device_id=None,
        call_back_at=None,
        server_time=rang["recorded_at"],
    )


def _seconds_left(row: Any, role: Role) -> int | None:
    if row["ended_at"] is not None or (role == "creator" and not row["funds_low"]):
        return None
    tokens = row["held_tokens"] + row["fan_available_tokens"]
    if row["max_tokens"] is not None:
        tokens = min(tokens, row["max_tokens"])
    covered = seconds_covered(tokens, row["tokens_per_minute"], row["increment_seconds"])
    return max(0, int(covered - row["connected"].total_seconds()))


def _person(row: Any, side: str) -> PersonWire | None:
    if row[f"{side}_username"] is None:
        return None  # erased
    return PersonWire(
        row[f"{side}_id"], row[f"{side}_username"], row[f"{side}_display_name"], row[f"{side}_avatar_url"]
    )


def _time(value: str | None) -> Any:
    return None if value is None else datetime.fromisoformat(value)
