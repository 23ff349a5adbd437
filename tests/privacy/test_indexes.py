"""Every question that is asked often finds its rows by an index, whatever the planner guesses about the numbers."""

import contextlib
import json
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from bench.growth import Catcher, Caught

from stagedoor.aftercare import queries as aftercare
from stagedoor.billing import wallet
from stagedoor.cards import queries as cards
from stagedoor.core.idempotency import Once
from stagedoor.media import signalling
from stagedoor.messages import queries as messages
from stagedoor.platform import accounts, creators
from stagedoor.platform.accounts import AccountDirectory
from stagedoor.privacy import queries as privacy
from stagedoor.privacy import trail
from stagedoor.push import subscriptions
from stagedoor.push.subscriptions import Browsers, Subscription
from stagedoor.relationships import queries as relationships
from tests.conftest import fresh_database

A, B = uuid.UUID(int=1), uuid.UUID(int=2)
# One row each, or the few that one account has: nothing that grows with the platform.
# What a room keeps to itself is asked through a stand-in for the database.
HOT: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "me": lambda db: privacy.settings(db, A),
    "session": lambda db: AccountDirectory(Stand(db)).by_session(A, B, 0.0),
    "issuer": lambda db: accounts._known(db, "issuer", str(A)),
    "creator_page": lambda db: db.fetch(creators._PAGE, "mia", A),
    "creator_today": lambda db: db.fetch(creators._TODAY, A),
    "prices": lambda db: creators.Creators(Stand(db), Stand(db)).prices(A),
    "balance": lambda db: wallet.balance_of(db, A),
    "entries": lambda db: db.fetch(wallet._ENTRIES, A, None, 30),
    "own_browser": lambda db: Browsers(Stand(db), ()).drop(Subscription(1, "", b"", b"")),
    "browsers": lambda db: db.fetch(subscriptions._OF, [A]),
    "same_key_again": lambda db: Once(A, "tip", "key", []).answer(db, None),
    "is_creator": lambda db: relationships.is_creator(db, A),
    "unfollow": lambda db: relationships.unfollow(db, A, B),
    "fan_unblocks": lambda db: relationships.fan_unblocks(db, A, B),
    "creator_unblocks": lambda db: relationships.creator_unblocks(db, A, B),
    "tip_exists": lambda db: relationships.tip_exists(db, A),
    "signals_between": lambda db: db.fetch(signalling._PAIR, A),
    "dispute": lambda db: aftercare.dispute(db, A),
    "report": lambda db: aftercare.report(db, A),
    "thaw": lambda db: aftercare.thaw(db, A, 1),
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


class Stand:
    """Stands in for the database, and lends the catcher."""

    def __init__(self, db: Any) -> None:
        self._db = db

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        yield self._db


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


async def test_a_search_looks_up_its_words_and_walks_through_nobody(server: str) -> None:
    """With values and statistics, as a connection's first searches are planned; with fewer people it cannot err."""
    async with fresh_database(server) as dsn:
        db = await asyncpg.connect(dsn)
        await db.execute(
            "INSERT INTO users (username, display_name, fan_searchable, fan_privacy_visibility)"
            " SELECT 'fan' || n, 'Fan ' || n, true, 'creators' FROM generate_series(1, 200000) AS n"
        )
        await db.execute("ANALYZE")
        catcher = Catcher()
        with pytest.raises(Caught):
            await HOT["search"](catcher)
        explained = await db.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {catcher.statement}", A, "'zoe':*", 200, 20)
        scans = [node for node in nodes(json.loads(explained)[0]["Plan"]) if node.get("Relation Name") == "users"]
        assert scans and not any(node.get("Rows Removed by Filter") for node in scans), scans
        await db.close()


@pytest.mark.parametrize("name", HOT)
async def test_it_uses_an_index(planner: Any, name: str) -> None:
    catcher = Catcher()
    with pytest.raises(Caught):
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
