"""Every statement that a call's life runs, in Python, in functions and in triggers, finds its rows by an index.

The server itself says how it ran each one (auto_explain, nested statements too), while plans may know no values and
a table is scanned only where there is no other way.
"""

import inspect
import json
import uuid
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import asyncpg
import pytest

from stagedoor.calls import media_queries, queries, sheets
from stagedoor.core.identity import Person
from stagedoor.events.sockets import Client
from stagedoor.settings import Settings
from tests.conftest import staged
from tests.laws.stopped_clock import Theatre, nothing_by_itself, stopped_database

EXPLAIN_ALL = """
DO $$
DECLARE setting text;
BEGIN
    FOREACH setting IN ARRAY ARRAY['session_preload_libraries = auto_explain', 'auto_explain.log_min_duration = 0',
        'auto_explain.log_nested_statements = on', 'auto_explain.log_format = json', 'auto_explain.log_level = notice',
        'plan_cache_mode = force_generic_plan', 'enable_seqscan = off']
    LOOP
        EXECUTE format('ALTER DATABASE %I SET %s', current_database(), setting);
    END LOOP;
END $$
"""
# A thousand pairs with three old calls each; half of them talk and half ring: the planner has a choice to make.
HISTORY = """
SET session_replication_role = replica;
CREATE TEMP TABLE past AS SELECT gen_random_uuid() AS id, gen_random_uuid() AS creator, gen_random_uuid() AS fan, n,
    n % 4 = 0 AS live, CASE n % 8 WHEN 0 THEN 'active' WHEN 4 THEN 'ringing' ELSE 'ended' END AS state,
    CASE n % 8 WHEN 4 THEN 'pending' ELSE 'accepted' END AS invitation FROM generate_series(4, 4003) n;
UPDATE past SET creator = p.creator, fan = p.fan FROM past p WHERE p.live AND past.n / 4 = p.n / 4 AND NOT past.live;
INSERT INTO users (id, username, display_name, is_creator)
    SELECT creator, 'c' || n, 'C', true FROM past WHERE live UNION ALL
    SELECT fan, 'f' || n, 'F', false FROM past WHERE live;
INSERT INTO calls (id, creator_id, fan_id, call_type, state, end_reason, tokens_per_minute, ended_at, due_at)
    SELECT id, creator, fan, 'voice', state, CASE WHEN NOT live THEN 'operator' END, 6,
        CASE WHEN NOT live THEN now() END, CASE WHEN live THEN now() + interval '1 day' END FROM past;
INSERT INTO call_invitations (call_id, state, expires_at) SELECT id, invitation, now() FROM past;
INSERT INTO call_participants (call_id, role) SELECT id, unnest(ARRAY['creator', 'fan']) FROM past;
INSERT INTO call_segments SELECT id, 1, now(), CASE WHEN NOT live THEN now() END FROM past;
INSERT INTO call_cooldowns SELECT creator, fan, now() FROM past WHERE live;
INSERT INTO creator_fan_relationships (creator_id, fan_id, calls) SELECT creator, fan, 4 FROM past WHERE live;
INSERT INTO creator_blocked_users SELECT creator, fan FROM past WHERE live AND n % 7 = 0;
INSERT INTO fan_blocked_creators SELECT fan, creator FROM past WHERE live AND n % 7 = 1;
INSERT INTO creator_call_prices SELECT creator FROM past WHERE live;
INSERT INTO media_identities SELECT id, row_number() OVER () FROM users;
INSERT INTO ledger_accounts (kind, owner_id) SELECT 'user', id FROM users;
INSERT INTO ledger_holds (call_id, account_id, amount, closed_at)
    SELECT past.id, a.id, 1, CASE WHEN NOT live THEN now() END FROM past JOIN ledger_accounts a ON a.owner_id = fan;
INSERT INTO ledger_transactions (op_key, kind, ref) SELECT 'call:' || id, 'call', id FROM past;
INSERT INTO ledger_entries (transaction_id, account_id, amount) SELECT t.id, a.id, 1
    FROM past JOIN ledger_transactions t ON t.ref = past.id JOIN ledger_accounts a ON a.owner_id IN (creator, fan);
INSERT INTO events (type, call_id, creator_id, fan_id, version, published_at)
    SELECT 'call.ended', id, creator, fan, v, now() FROM past, generate_series(1, 3) AS v;
ANALYZE;
"""
OF_THIS_ROOM = (queries, sheets, media_queries)
# Partial indexes that hold nothing but what is asked for, and never much: no condition needed.
WHOLE = {"idx_events_unpublished", "idx_ledger_holds_open"}
# An index of a month, and the one of all months that it is part of.
_PARTS = "SELECT indexrelid::regclass::text, pg_partition_root(indexrelid)::text FROM pg_index"
# The stage's own, and the audit, which looks at everything for what is wrong.
NOT_HOT = ("DELETE FROM call_cooldowns", "DELETE FROM fan_blocked_creators", "ledger_audit")
# The tables that grow with the platform and that a call touches.
GROWING = {
    "calls",
    "call_invitations",
    "call_participants",
    "call_segments",
    "call_cooldowns",
    "creator_call_prices",
    "creator_fan_relationships",
    "creator_blocked_users",
    "fan_blocked_creators",
    "media_identities",
    "ledger_accounts",
    "ledger_holds",
    "ledger_entries",
    "ledger_transactions",
    "events",
    "users",
}


class Explained:
    """What the server said of each statement."""

    def __init__(self) -> None:
        self.plans: dict[str, Any] = {}
        self.not_called: set[str] = set()

    def heard(self, message: str) -> None:
        _, found, text = message.partition("plan:\n")
        if found:
            told = json.loads(text)
            self.plans[told["Query Text"]] = told["Plan"]


@pytest.fixture
def explained(monkeypatch: pytest.MonkeyPatch) -> Explained:
    found = Explained()
    # A pool's listeners end with the first release, so what the server says is taken where it arrives.
    monkeypatch.setattr(
        asyncpg.Connection, "_process_log_message", lambda _connection, fields, _query: found.heard(fields["M"])
    )
    for module in OF_THIS_ROOM:
        for name, function in statements_of(module):
            found.not_called.add(f"{module.__name__}.{name}")
            monkeypatch.setattr(module, name, remembered(found, f"{module.__name__}.{name}", function))
    return found


def statements_of(module: ModuleType) -> Iterator[tuple[str, Any]]:
    for name, function in inspect.getmembers(module, inspect.iscoroutinefunction):
        if function.__module__ == module.__name__:
            yield name, function


def remembered(explained: Explained, name: str, function: Any) -> Any:
    async def call(*args: Any, **kwargs: Any) -> Any:
        explained.not_called.discard(name)
        return await function(*args, **kwargs)

    return call


def scans(plan: dict[str, Any], above: str = "") -> list[dict[str, Any]]:
    """Every node that reads a table, but for those of which only the first row is taken."""
    inner = [scan for child in plan.get("Plans", []) for scan in scans(child, plan["Node Type"])]
    reads = "Relation Name" in plan and plan["Node Type"] != "ModifyTable"
    first_only = above == "Limit" and plan["Node Type"] in ("Index Scan", "Index Only Scan") and "Filter" not in plan
    return [plan, *inner] if reads and not first_only else inner


def by_index(scan: dict[str, Any], parts: dict[str, str | None]) -> bool:
    """Rows come from an index by a condition, or from one that holds nothing else; from a bitmap of such too."""
    if "Seq Scan" in scan["Node Type"] or scan.get("Disabled"):
        return False
    name = scan.get("Index Name", "")
    if "Index Cond" in scan or (parts.get(name) or name) in WHOLE:
        return True
    return any(by_index(below, parts) for below in scan.get("Plans", []))


async def a_life_with_everything(theatre: Theatre) -> None:
    """Rings, refusals, an answer, media, gaps, devices, funds, blocks, pages: each statement at least once."""
    for name in ("mia", "sam"):
        assert (await theatre.people[name].ask("GET", "/api/wallet")).status_code == 200
    call_id = await theatre.ring()
    assert (await theatre.mia.ask("POST", "/api/calls/initiate", ring(theatre))).status_code == 429
    await theatre.sam.post("/api/calls/decline", {"callId": call_id, "callBackMinutes": 15})
    await theatre.sam.post("/api/calls/end", {"callId": await theatre.ring()})
    await theatre.mia.post("/api/calls/cancel", {"callId": await theatre.ring()})
    await theatre.ring()
    await theatre.tick(120)
    call_id = await theatre.connect()
    for who, device in (("mia", "studio"), ("sam", "phone"), ("sam", "laptop")):
        await theatre.people[who].post(f"/api/calls/{call_id}/join", {"deviceId": device})
        await theatre.attest(call_id, who)
    await theatre.attest(call_id, "mia", "lost")
    await theatre.attest(call_id, "mia")
    await signs_of_life(theatre, uuid.UUID(call_id))
    await theatre.mia.post(f"/api/calls/{call_id}/quality", {"quality": 2})
    await theatre.stay(call_id, 130)
    await theatre.sam.post("/api/calls/end", {"callId": call_id})
    for path in (f"/api/calls/{call_id}/receipt", "/api/calls/current", "/api/wallet/entries?limit=1"):
        cursor = (await theatre.sam.get(path)).get("nextCursor")
        if cursor:
            await theatre.sam.get(f"{path}&cursor={cursor}")
    page = await theatre.sam.get("/api/calls/history?limit=1")
    await theatre.sam.get(f"/api/calls/history?limit=1&cursor={page['nextCursor']}")
    await theatre.ring()
    assert (await theatre.sam.ask("PUT", f"/api/fans/blocks/{theatre.mia.id}")).status_code == 200
    await theatre.sql("DELETE FROM fan_blocked_creators")
    await theatre.connect()
    await theatre.sql("INSERT INTO creator_blocked_users VALUES ($1, $2)", theatre.mia.id, theatre.sam.id)
    async with theatre.house.journal.transaction() as tx:
        await queries.put_off(tx.db, uuid.UUID(call_id), 30)
    await theatre.later(2)  # so that what was just recorded is old enough for the backstop
    await theatre.house.relay.republish()


async def signs_of_life(theatre: Theatre, call_id: uuid.UUID) -> None:
    client = Client("sid", Person(theatre.sam.id, "sam", "Sam", None, False, False, None, float("inf")))
    await theatre.house.presence._heard(client, {"callId": str(call_id)})
    theatre.house.sockets._people[theatre.sam.id] = {"sid"}
    await theatre.house.presence._write(sockets_too=True)
    await theatre.house.signalling._relay(client, {"callId": str(call_id), "hello": True})


def ring(theatre: Theatre) -> dict[str, str]:
    return {"fanId": str(theatre.sam.id), "callType": "video"}


async def test_every_statement_of_a_calls_life_finds_its_rows_by_an_index(
    server: str, settings: Settings, explained: Explained
) -> None:
    async with stopped_database(server) as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute(HISTORY)
        await connection.execute(EXPLAIN_ALL)
        parts = {row[0]: row[1] for row in await connection.fetch(_PARTS)}
        await connection.close()
        with nothing_by_itself():
            async with staged(settings, dsn) as stage:
                explained.plans.clear()  # of the seed, which is not hot
                await a_life_with_everything(Theatre(stage.house, stage.http, stage.people))
    assert not explained.not_called, "this life runs every statement of the room"
    seen = set()
    for text, plan in explained.plans.items():
        if any(name in text for name in NOT_HOT):
            continue
        for scan in scans(plan):
            table = "events" if scan["Relation Name"].startswith("events_") else scan["Relation Name"]  # a month
            if table not in GROWING:
                continue
            seen.add(table)
            assert "Seq Scan" not in scan["Node Type"], f"{text}\n{json.dumps(scan, indent=1)}"
            assert not scan.get("Disabled"), (text, scan)
            assert by_index(scan, parts), f"{text}\n{json.dumps(scan, indent=1)}"
    assert seen == GROWING
