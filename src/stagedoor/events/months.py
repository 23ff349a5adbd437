"""Events are kept by month, and the next months' tables are there before anybody needs them.

Every process looks at its start and once an hour; who is first makes what is missing, and a lock that is held by
others is not waited for. Should all of this fail for months, nothing is refused: such events go to `events_default`,
from where they are moved once their month is made.
"""

import asyncio

import asyncpg
import structlog

from stagedoor.core.db import GONE, Connection, Database
from stagedoor.core.problems import Unavailable

log = structlog.get_logger("months")
AHEAD = 3
LOOK_SECONDS = 3600.0
MAKING_LOCK = 7_305_809


class Months:
    """Makes the coming months. `run` until cancelled."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        while True:
            try:
                async with self._database.transaction() as connection:
                    if await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", MAKING_LOCK):
                        await make(connection)
            except asyncpg.LockNotAvailableError:
                log.info("the coming months are made later: the table is busy")
            except (Unavailable, *GONE) as error:
                log.warning("the coming months wait for the database", because=f"{type(error).__name__}: {error}")
            except Exception:
                log.exception("the coming months are not made")
            await asyncio.sleep(LOOK_SECONDS)


async def make(db: Connection, ahead: int = AHEAD) -> int:
    """This month's table and `ahead` more, where they are missing; how many. Raises LockNotAvailableError."""
    made: int = await db.fetchval("SELECT make_event_months($1)", ahead)
    if made:
        log.info("months of events made", count=made)
    return made
