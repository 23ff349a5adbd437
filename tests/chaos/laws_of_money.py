"""Every balance, entry by entry, from what its owner was told."""

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from tests.chaos.client import Client
from tests.chaos.journal import Journal
from tests.chaos.world import FEE_BASIS_POINTS, FIRST_TOKENS, World

if TYPE_CHECKING:
    import asyncpg

    from tests.chaos.verdict import Verdict

Entry = tuple[str, str, int]  # kind, what it refers to, tokens
ENTRIES = """
SELECT u.username, t.kind, coalesce(t.ref::text, '') AS ref, e.amount::int AS tokens
FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
JOIN ledger_accounts a ON a.id = e.account_id JOIN users u ON u.id = a.owner_id
"""
NOT_ONE = "SELECT count(*) FROM tips t WHERE NOT EXISTS (SELECT 1 FROM ledger_transactions WHERE ref = t.id)"


async def judge(
    verdict: "Verdict", stage: World, db: "asyncpg.Connection[Any]", calls: dict[str, dict[str, Any]]
) -> None:
    journal = stage.journal
    found: dict[str, Counter[Entry]] = defaultdict(Counter)
    for row in await db.fetch(ENTRIES):
        found[row["username"]][row["kind"], row["ref"], row["tokens"]] += 1
    expected = _expected(journal, calls, [fan.name for fan in stage.fans])
    unlike = [f"{person.name}: {_difference(expected[person.name], found[person.name])}" for person in stage.people
              if expected[person.name] != found[person.name]]  # fmt: skip
    entries = sum(counted.total() for counted in found.values())
    verdict.hold("every entry of every balance is a call, a tip or a top-up that was told, and none is missing",
                 entries, unlike)  # fmt: skip
    wallets = [words for fan in stage.fans for words in await _wallet(fan, expected[fan.name])]
    verdict.hold("every fan's wallet says the same over HTTP, and holds nothing", len(stage.fans), wallets)
    audit = [f"{row['violation']} {row['subject']}" for row in await db.fetch("SELECT * FROM ledger_audit()")]
    total = await db.fetchval("SELECT coalesce(sum(amount), 0)::bigint FROM ledger_entries")
    held = await db.fetchval("SELECT count(*) FROM ledger_holds WHERE closed_at IS NULL")
    without = await db.fetchval(NOT_ONE)
    verdict.hold("ledger_audit() finds nothing", entries, audit + ([f"entries sum to {total}"] if total else []))
    verdict.hold("no hold is open, no tip is without its money", len(calls),
                 [f"{held} holds, {without} tips"] if held or without else [])  # fmt: skip
    tips, top_ups = len(journal.of("tip")), len(journal.of("top-up"))
    verdict.figures["money"] = f"{entries} entries; {tips} tips and {top_ups} top-ups acknowledged"


def _expected(journal: Journal, calls: dict[str, dict[str, Any]], fans: list[str]) -> dict[str, Counter[Entry]]:
    owed: dict[str, Counter[Entry]] = defaultdict(Counter)
    for fan in fans:
        owed[fan]["credit", "", FIRST_TOKENS] += 1
    for asked in journal.of("top-up"):
        owed[asked.who]["top_up", "", int(asked.subject)] += 1
    for asked in journal.of("tip"):
        tip, tokens = asked.body["tip"]["id"], asked.body["tip"]["tokens"]
        owed[asked.who]["tip", tip, -tokens] += 1
        owed[asked.subject]["tip", tip, tokens - _fee(tokens)] += 1
    for key, row in calls.items():
        if row["tokens"]:
            owed[row["fan"]]["call", key, -row["tokens"]] += 1
            owed[row["creator"]]["call", key, row["tokens"] - _fee(row["tokens"])] += 1
    for counted in owed.values():
        for entry in [entry for entry in counted if entry[2] == 0]:
            del counted[entry]
    return owed


def _fee(tokens: int) -> int:
    return int(tokens * FEE_BASIS_POINTS // 10_000)


def _difference(expected: Counter[Entry], found: Counter[Entry]) -> str:
    return f"lost {list((expected - found).elements())}, unexplained {list((found - expected).elements())}"


async def _wallet(fan: Client, expected: Counter[Entry]) -> list[str]:
    wallet = (await fan.ask("wallet", "GET", "/api/wallet")).body["wallet"]
    told: Counter[tuple[str, int]] = Counter()
    cursor = ""
    while True:
        page = (await fan.ask("entries", "GET", f"/api/wallet/entries?limit=100{cursor}")).body
        told.update((entry["kind"], entry["tokens"]) for entry in page["entries"])
        if not page["nextCursor"]:
            break
        cursor = f"&cursor={page['nextCursor']}"
    wanted = Counter({(kind, tokens): 0 for kind, _, tokens in expected})
    for kind, _, tokens in expected.elements():
        wanted[kind, tokens] += 1
    balance = sum(tokens for _, _, tokens in expected.elements())
    problems = [] if told == wanted else [f"{fan.name}: entries {told - wanted} and {wanted - told}"]
    if (wallet["balance"], wallet["held"]) != (balance, 0):
        problems.append(f"{fan.name}: {wallet}, and the entries make {balance}")
    return problems
