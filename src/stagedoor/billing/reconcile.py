"""The reconciler: compares everything that must agree, mends what is safe, and says what is not.

One process at a time looks, every minute; it rests twenty times as long as a look took, so that on books of any size
it costs a twentieth of one connection. Whoever looks holds an advisory lock on a connection of its own: a process
that dies is followed by another within a minute.
"""

import asyncio
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from prometheus_client import Gauge

from stagedoor.billing.checks import CHECKS, WAITING, Check
from stagedoor.billing.repairs import repair
from stagedoor.core.db import GONE, Connection, Database
from stagedoor.core.problems import Unavailable
from stagedoor.core.wire import Wire
from stagedoor.events import Journal

log = structlog.get_logger("reconciler")
FIRST_SECONDS = 15.0  # after the start, which is busy enough
REST_SECONDS = 60.0
REST_SHARE = 20
LOOK_SECONDS_MAX = 600.0
EACH_MAX = 500  # findings of one check; more of the same say nothing new
LEADER_LOCK = 8_241_131

violations_gauge = Gauge(
    "stagedoor_audit_violations",
    "What the last look of the reconciler left to be mended, by check.",
    ["check"],
    multiprocess_mode="livemax",
)


class Finding(Wire, frozen=True):
    """One disagreement. `waiting` is work not done yet rather than a contradiction; `mendable` can be repaired."""

    check: str
    subject: str
    says: str
    detail: str
    mendable: bool
    waiting: bool


class Audit(Wire, frozen=True):
    """One look: what was found, and of that, what was mended at once."""

    at: datetime
    seconds: float
    clean: bool
    findings: list[Finding]
    repaired: list[Finding]


class Reconciler:
    """`look` when asked; `run` until cancelled."""

    def __init__(self, journal: Journal, database: Database) -> None:
        self._journal = journal
        self._database = database

    async def look(self, *, mend: bool) -> Audit:
        """Compare everything. With `mend`, what is safe is mended, and `findings` is what is left."""
        started = time.monotonic()
        async with self._database.connection() as connection:
            found = [
                finding for check in (*CHECKS, WAITING) for finding in await _ask(connection, check, check is WAITING)
            ]
        repaired = [one for one in found if mend and one.mendable and await self._mend(one)]
        left = [one for one in found if one not in repaired]
        clean = all(one.waiting for one in left)
        return Audit(datetime.now(UTC), round(time.monotonic() - started, 3), clean, left, repaired)

    async def _mend(self, finding: Finding) -> bool:
        return await repair(self._journal, finding.check, uuid.UUID(finding.subject))

    async def run(self) -> None:
        pause = FIRST_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = REST_SECONDS
            try:
                await self._lead()
            except (Unavailable, *GONE) as error:
                log.warning("reconciler waits for the database", because=f"{type(error).__name__}: {error}")
            except Exception:
                log.exception("reconciler failed")
            finally:
                tell([])

    async def _lead(self) -> None:
        """Look again and again for as long as this process holds the lock; at once over when another does."""
        lock = await self._database.listen()
        try:
            while await lock.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK):
                audit = await self.look(mend=True)
                tell(audit.findings)
                for finding in audit.findings:
                    log.error(finding.says, check=finding.check, subject=finding.subject, detail=finding.detail)
                await asyncio.sleep(max(REST_SECONDS, REST_SHARE * audit.seconds))
        finally:
            await lock.close(timeout=2)


async def _ask(db: Connection, check: Check, waiting: bool) -> list[Finding]:
    rows = await db.fetch(f"SELECT * FROM ({check.sql}) AS found LIMIT {EACH_MAX}", timeout=LOOK_SECONDS_MAX)
    return [Finding(check.name, subject, check.says, detail, mendable, waiting) for subject, detail, mendable in rows]


def tell(findings: Sequence[Finding]) -> None:
    """The metric, a figure for every check."""
    for check in (*CHECKS, WAITING):
        violations_gauge.labels(check.name).set(sum(one.check == check.name for one in findings))
