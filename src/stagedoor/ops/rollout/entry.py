"""What must be true before a step begins, and before it has passed. Each check answers with sentences; none is yes."""

import asyncio
import urllib.error
import urllib.request

from stagedoor import __version__
from stagedoor.core import migrate
from stagedoor.core.db import Connection, Database
from stagedoor.core.pages import find_dist
from stagedoor.flags import read_overrides
from stagedoor.ops import looks
from stagedoor.ops.rollout.messages import duration
from stagedoor.ops.rollout.phases import RISKY
from stagedoor.ops.rollout.queries import Rollout, Step
from stagedoor.ops.tally import ALIVE_SECONDS
from stagedoor.settings import Settings

LOOK_SECONDS_MAX = 30
OVERDUE_SECONDS = 30

_BACKUP_AGE = """
SELECT extract(epoch FROM clock_timestamp() - created_at)::float8 FROM events
WHERE call_id IS NULL AND creator_id IS NULL AND fan_id IS NULL AND type = 'backup.verified'
ORDER BY id DESC LIMIT 1
"""
_RELEASES = (
    "SELECT DISTINCT release FROM server_processes WHERE seen_at > clock_timestamp() - make_interval(secs => $1)"
)
_OVERDUE = "SELECT count(*) FROM calls WHERE due_at < clock_timestamp() - make_interval(secs => $1)"


async def backup_age_seconds(db: Connection) -> float | None:
    """How long ago a backup was last proven by a restore; None if never."""
    age: float | None = await db.fetchval(_BACKUP_AGE)
    return age


class Entry:
    """The checks before and after a step, against this database and these settings."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    async def why_not_begin(self, step: Step) -> list[str]:
        left = step.wait_seconds - (step.waited_seconds or 0.0)
        if left > 0:
            return [f"{step.title} waits for {duration(left)} more of calm."]
        check = {
            "database": self._database_ready,
            "backend": self._backend,
            "frontend": self._frontend,
            "mini_profiles": self._mini_profiles,
            "calls": self._calls,
            "share_cards": self._calls,
        }[step.phase]
        return await check()

    async def why_not_pass(self, rollout: Rollout, step: Step) -> list[str]:
        """The watch is over, and the guard, looking at this very step, says go."""
        if step.left_seconds > 0:
            return [f"{step.title} is watched for {duration(step.left_seconds)} more."]
        async with self._database.connection() as connection:
            look = await looks.read(connection)
        here = (rollout.id, step.position)
        if look is not None and look.step == here and look.verdict == "abort":
            return [*look.reasons]
        if step.phase == "database":
            return []
        if look is None or look.age_seconds > LOOK_SECONDS_MAX or look.step != here:
            return ["No guard is looking: is a server running? stagedoor doctor says more."]
        return [f"No data, no step: {reason}." for reason in look.reasons] if look.verdict != "go" else []

    async def _database_ready(self) -> list[str]:
        rows = await migrate.status(self._database.dsn)
        reasons = [f"Migration {row.title} is {row.state.replace('_', ' ')}: {row.mend}." for row in rows]
        reasons = [reason for reason, row in zip(reasons, rows, strict=True) if not row.settled]
        hours = self._settings.operations.backup_hours
        async with self._database.connection() as connection:
            age = await backup_age_seconds(connection)
        if age is None or age > hours * 3600:
            reasons.append(f"No backup was proven by a restore in the last {hours} h: stagedoor backup.")
        return reasons

    async def _backend(self) -> list[str]:
        async with self._database.connection() as connection:
            releases = [row["release"] for row in await connection.fetch(_RELEASES, ALIVE_SECONDS)]
            overrides = {override.key: override for override in await read_overrides(connection)}
        if not releases:
            return ["No server of this database is running: start it (stagedoor serve)."]
        reasons = [
            f"A server still runs release {release}, this is {__version__}: replace it."
            for release in releases
            if release != __version__
        ]
        for key in RISKY:
            override = overrides.get(key)
            if override is None or override.enabled or override.targeted:
                reasons.append(f"{key} is not off: stagedoor flags set {key} off.")
        return reasons

    async def _frontend(self) -> list[str]:
        if not self._settings.frontend_urls:
            missing = "The user interface is not built into this release: make install, or set FRONTEND_URL."
            return [] if find_dist() is not None else [missing]
        found = await asyncio.gather(*(asyncio.to_thread(_page_at, url) for url in self._settings.frontend_urls))
        return [reason for reason in found if reason is not None]

    async def _mini_profiles(self) -> list[str]:
        async with self._database.connection() as connection:
            overrides = {override.key: override for override in await read_overrides(connection)}
        key = "FEATURE_FAN_PRIVACY"
        on = overrides[key].enabled if key in overrides else self._settings.flags.get(key, True)
        return [] if on else [f"{key} is off: nobody could say who may see them. stagedoor flags set {key} on."]

    async def _calls(self) -> list[str]:
        async with self._database.connection() as connection:
            violations = await connection.fetchval("SELECT count(*) FROM ledger_audit()")
            overdue = await connection.fetchval(_OVERDUE, OVERDUE_SECONDS)
        reasons = [f"The ledger has {violations} violations: stagedoor audit."] if violations else []
        if overdue:
            reasons.append(f"{overdue} calls are overdue by more than {OVERDUE_SECONDS} s: stagedoor doctor.")
        return reasons


def _page_at(url: str) -> str | None:
    """None when a page is served at `url`; else what is there instead."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # the operator's own FRONTEND_URL
            kind = answer.headers.get_content_type()
            return None if kind == "text/html" else f"{url} answers {kind}, not a page."
    except (urllib.error.URLError, OSError, ValueError) as error:
        return f"{url} does not answer ({error}): deploy the front end, or mend FRONTEND_URL."
