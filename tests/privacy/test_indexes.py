"""Every question that is asked often finds its rows by an index, whatever the planner guesses about the numbers."""

import json
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from stagedoor.cards import queries as cards
from stagedoor.messages import queries as messages
from stagedoor.privacy import queries as privacy
from stagedoor.privacy import trail
from stagedoor.relationships import queries as relationships
from tests.conftest import fresh_database

A, B = uuid.UUID(int=1), uuid.UUID(int=2)
# One row each, or the few that one account has: nothing that grows with the platform.
HOT: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "profile": lambda db: privacy.profile(db, A, B),
    "shared_history": lambda db: privacy.shared_history(db, A, B, None),
    "reach": lambda db: privacy.reach(db, A),
    "verdicts": lambda db: privacy.verdicts(db, A),
    "search": lambda db: privacy.search(db, A, "'sam':*"),
    "related_fans": lambda db: privacy.related_fans(db, A, None, 30),
    "trail": lambda db: db.fetch(trail._PAGE, A, None, 30, [], []),
    "public_card": lambda db: cards.public(db, b""),
    "own_card": lambda db: cards.alive(db, A),
    "send": lambda db: messages.send(db, A, B, "Hello"),
    "can_write": lambda db: messages.can_write(db, A, B),
    "threads": lambda db: messages.threads(db, A),
    "thread": lambda db: messages.thread(db, A, B, None, 30),
    "mark_read": lambda db: messages.mark_read(db, A, B),
    "creator_named": lambda db: relationships.creator_named(db, "mia"),
    "blocked_by_fan": lambda db: relationships.blocked_by_fan(db, A),
    "blocked_by_creator": lambda db: relationships.blocked_by_creator(db, A),
}


class Stop(Exception):
    """The statement was caught; nothing needs to run."""


class Catcher:
    """Stands in for a connection and keeps the statement."""

    def __init__(self) -> None:
        self.statement = ""

    async def _catch(self, statement: str, *_args: Any) -> Any:
        self.statement = statement
        raise Stop

    fetch = fetchrow = fetchval = execute = _catch


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]


@pytest.fixture(scope="module")
async def planner(server: str) -> AsyncIterator[Any]:
    """A connection whose plans know no values and scan a table only where there is no other way."""
    async with fresh_database(server) as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off")
        yield connection
        await connection.close()


@pytest.mark.parametrize("name", HOT)
async def test_it_uses_an_index(planner: Any, name: str) -> None:
    catcher = Catcher()
    with pytest.raises(Stop):
        await HOT[name](catcher)
    await planner.execute(f"PREPARE {name} AS {catcher.statement}")
    given = len({int(number) for number in re.findall(r"\$(\d+)", catcher.statement)})
    explained = await planner.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE {name}({', '.join(['NULL'] * given)})")
    plan = json.loads(explained)[0]["Plan"]
    scans = [node for node in nodes(plan) if "Relation Name" in node and node["Node Type"] != "ModifyTable"]
    assert scans
    for node in scans:
        assert "Seq Scan" not in node["Node Type"], (name, node)
        bitmap = [inner for inner in nodes(node) if inner["Node Type"] == "Bitmap Index Scan"]
        assert node.get("Index Cond") or any(inner.get("Index Cond") for inner in bitmap), (name, node)
