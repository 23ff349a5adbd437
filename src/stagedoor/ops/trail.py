"""One call from end to end: what was recorded of it, what the log says of it and of the requests that caused it, and
which metrics counted it. Metrics are sums and carry no ids, so they are named here, event by event."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stagedoor.core.db import Connection
from stagedoor.events.sinks import samples

_EVENTS = "SELECT id, type, created_at, request_id, version, data FROM events WHERE call_id = $1 ORDER BY id"


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of the call; `counted` are the samples of /metrics that it was counted in."""

    id: int
    at: datetime
    type: str
    request_id: str | None
    counted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the log."""

    at: str
    level: str
    event: str
    request_id: str | None


async def happened(db: Connection, call_id: uuid.UUID) -> list[Happened]:
    return [
        Happened(
            row["id"],
            row["created_at"],
            row["type"],
            row["request_id"],
            samples(row["type"], row["version"], row["data"]),
        )
        for row in await db.fetch(_EVENTS, call_id)
    ]


def said(log: Path, call_id: uuid.UUID, request_ids: set[str]) -> Iterator[Said]:
    """The lines that name the call, or a request that caused one of its events. Lines that are not ours are skipped."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if str(call_id) not in line and not any(request_id in line for request_id in request_ids):
                continue
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if found.get("callId") == str(call_id) or found.get("requestId") in request_ids:
                level, event = str(found.get("level", "")), str(found.get("event", ""))
                yield Said(str(found.get("timestamp", "")), level, event, found.get("requestId"))
