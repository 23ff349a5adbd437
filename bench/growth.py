"""What the hot statements cost as the tables grow: buffers and time, as the server itself counts them."""

import contextlib
import json
import statistics
import uuid
from datetime import UTC, datetime
from typing import Any

import asyncpg

from bench import people
from stagedoor.billing import wallet
from stagedoor.calls import queries, sheets
from stagedoor.cards import queries as cards
from stagedoor.messages import queries as messages
from stagedoor.platform import creators
from stagedoor.privacy import queries as privacy
from stagedoor.privacy import trail
from stagedoor.push import subscriptions
from stagedoor.relationships import queries as relationships

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
PEOPLE = 16  # the pairs that made the calls just before
_LAST_CALL = "SELECT id FROM calls WHERE creator_id = $1 ORDER BY created_at DESC LIMIT 1"


class Caught(Exception):
    """The statement is kept; nothing needs to run."""


class Catcher:
    """Stands in for a connection, and keeps the statement and its arguments."""

    def __init__(self) -> None:
        self.statement, self.args = "", ()

    async def _catch(self, statement: str, *args: Any) -> Any:
        self.statement, self.args = statement, args
        raise Caught

    fetch = fetchrow = fetchval = execute = _catch


def _hot(number: int, call: uuid.UUID) -> dict[str, Any]:
    """What is asked often, of pair `number` and one call of theirs. (What a room keeps to itself is asked of its
    statement.)"""
    creator, fan = people.identity("c", number), people.identity("f", number)
    return {
        "me": lambda db: privacy.settings(db, fan),
        "permission to call": lambda db: queries.obstacles(db, creator, fan),
        "a fan's profile": lambda db: privacy.profile(db, creator, fan),
        "what both shared": lambda db: privacy.shared_history(db, creator, fan, LONG_AGO),
        "a creator's fans": lambda db: privacy.related_fans(db, creator, None, 30),
        "a search for a fan": lambda db: privacy.search(db, creator, "'f1001':*"),
        "who can reach me": lambda db: privacy.reach(db, fan),
        "who may do what": lambda db: privacy.verdicts(db, fan),
        "whom a fan blocks": lambda db: relationships.blocked_by_fan(db, fan),
        "what rings or runs": lambda db: sheets.current(db, fan),
        "one call": lambda db: sheets.sheet(db, call),
        "history of calls": lambda db: sheets.history(db, fan, None, 30),
        "lock a call": lambda db: queries.lock(db, call),
        "what is due": queries.next_due,
        "message threads": lambda db: messages.threads(db, fan),
        "one thread": lambda db: messages.thread(db, fan, people.identity("c", number + 1), None, 30),
        "a fan's trail": lambda db: db.fetch(trail._PAGE, fan, None, 30, trail._CALLS + trail._MONEY, trail._CALLS),
        "a balance": lambda db: wallet.balance_of(db, fan),
        "a wallet's entries": lambda db: db.fetch(wallet._ENTRIES, fan, None, 30),
        "a creator's day": lambda db: db.fetch(creators._TODAY, creator),
        "a creator's page": lambda db: db.fetch(creators._PAGE, f"c{number}", fan),
        "a public card": lambda db: cards.public(db, people.card(number)),
        "browsers to ring": lambda db: db.fetch(subscriptions._OF, [fan]),
    }


NAMES = tuple(_hot(1, uuid.uuid4()))


async def costs(db: asyncpg.Connection) -> dict[str, dict[str, float]]:
    """Median buffers and milliseconds of each hot statement, over several people, once warm."""
    found: dict[str, dict[str, float]] = {}
    for name in NAMES:
        buffers, times = [], []
        for number in range(1, PEOPLE + 1):
            call = await db.fetchval(_LAST_CALL, people.identity("c", number))
            for warm in (True, False):
                plan = await _explained(db, *await _statement(name, number, call))
                if not warm:
                    buffers.append(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])
                    times.append(plan["Execution Time"])
        found[name] = {"buffers": statistics.median(buffers), "ms": statistics.median(times)}
    return found


async def _statement(name: str, number: int, call: uuid.UUID) -> tuple[str, tuple[Any, ...]]:
    catcher = Catcher()
    with contextlib.suppress(Caught):
        await _hot(number, call)[name](catcher)
    return catcher.statement, catcher.args


async def _explained(db: asyncpg.Connection, statement: str, args: tuple[Any, ...]) -> Any:
    told = await db.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *args)
    return json.loads(told)[0] if isinstance(told, str) else told[0]
