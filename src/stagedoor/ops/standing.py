"""How each part stands right now, in one query: what waits, what is overdue, who serves, what runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from stagedoor import __version__
from stagedoor.core.db import Connection
from stagedoor.ops.looks import Look
from stagedoor.ops.rollout import backup_age_seconds
from stagedoor.ops.tally import ALIVE_SECONDS

State = Literal["ok", "degraded", "down", "off"]

_STANDING = """
SELECT
    clock_timestamp() AS at,
    coalesce((SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM events
        WHERE published_at IS NULL), 0)::float8 AS unpublished_seconds,
    coalesce((SELECT greatest(0, extract(epoch FROM clock_timestamp() - min(due_at))) FROM calls
        WHERE due_at IS NOT NULL), 0)::float8 AS overdue_seconds,
    (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
        AND pid <> pg_backend_pid()) AS active_sessions,
    (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS sessions,
    current_setting('max_connections')::int AS sessions_most
"""
_IN_PROGRESS = """
SELECT state, count(*) AS calls FROM calls WHERE state IN ('ringing', 'connecting', 'active', 'reconnecting')
GROUP BY state
"""
_PROCESSES = """
SELECT release, count(*) AS processes FROM server_processes
WHERE seen_at > clock_timestamp() - make_interval(secs => $1) GROUP BY release ORDER BY release
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Seconds that the oldest unpublished event and the most overdue call wait; processes by release."""

    at: datetime
    unpublished_seconds: float
    overdue_seconds: float
    active_sessions: int
    sessions: int
    sessions_most: int
    in_progress: Mapping[str, int] = field(default_factory=dict)
    releases: Mapping[str, int] = field(default_factory=dict)
    backup_age_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part's health, in a word and a sentence."""

    name: str
    state: State
    says: str


async def read(db: Connection) -> Standing:
    row = await db.fetchrow(_STANDING)
    assert row is not None
    return Standing(
        **dict(row),
        in_progress={row["state"]: row["calls"] for row in await db.fetch(_IN_PROGRESS)},
        releases={row["release"]: row["processes"] for row in await db.fetch(_PROCESSES, ALIVE_SECONDS)},
        backup_age_seconds=await backup_age_seconds(db),
    )


def parts(standing: Standing, look: Look | None, *, ping_seconds: float, backup_hours: int) -> list[Part]:
    """The parts that the database tells of, most important first."""
    return [
        _part("database", ping_seconds, 0.25, 2, f"answers in {ping_seconds * 1000:.0f} ms"),
        _sessions(standing),
        _processes(standing),
        _part("deliveries", standing.unpublished_seconds, 5, 60, _waits(standing.unpublished_seconds, "event")),
        _part("timers", standing.overdue_seconds, 5, 30, _waits(standing.overdue_seconds, "call")),
        _guard(look),
        _ledger(look),
        _backup(standing.backup_age_seconds, backup_hours),
    ]


def _part(name: str, value: float, degraded: float, down: float, says: str) -> Part:
    state: State = "down" if value > down else "degraded" if value > degraded else "ok"
    return Part(name, state, says)


def _waits(seconds: float, what: str) -> str:
    return f"the oldest {what} has waited {seconds:.0f} s" if seconds >= 1 else "nothing waits"


def _sessions(standing: Standing) -> Part:
    used = standing.sessions / standing.sessions_most
    return _part("connections", used, 0.8, 0.95, f"{standing.sessions} of {standing.sessions_most} are open")


def _processes(standing: Standing) -> Part:
    count = sum(standing.releases.values())
    if not count:
        return Part("servers", "down", "no server process is alive")
    if list(standing.releases) != [__version__]:
        return Part("servers", "degraded", "releases differ: " + ", ".join(standing.releases))
    return Part("servers", "ok", f"{count} running release {__version__}")


def _guard(look: Look | None) -> Part:
    if look is None:
        return Part("guard", "down", "it has not looked yet")
    state: State = "down" if look.age_seconds > 60 else "degraded" if look.age_seconds > 20 else "ok"
    return Part("guard", state, f"looked {look.age_seconds:.0f} s ago and said {look.verdict}")


def _ledger(look: Look | None) -> Part:
    violations = look.seen.violations if look is not None else 0
    return Part("ledger", "down" if violations else "ok", f"{violations} violations" if violations else "clean")


def _backup(age: float | None, hours: int) -> Part:
    if age is None:
        return Part("backup", "off", "none was ever proven by a restore")
    state: State = "ok" if age <= hours * 3600 else "degraded"
    return Part("backup", state, f"the last one proven by a restore is {age / 3600:.0f} h old")
