"""After the storm: the database, the books, what was heard and the logs, against what the clients were told."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from tests.chaos import laws_of_calls, laws_of_money, laws_of_telling
from tests.chaos.world import World

CALLS = """
SELECT c.id::text, c.state, c.end_reason, c.accepted_at, c.connected_at, c.billable_seconds AS seconds,
    c.tokens_per_minute AS rate, c.tokens_charged AS tokens, c.max_tokens, c.version,
    (SELECT presence_seconds FROM call_participants p WHERE p.call_id = c.id AND role = 'creator') AS creator_presence,
    (SELECT presence_seconds FROM call_participants p WHERE p.call_id = c.id AND role = 'fan') AS fan_presence,
    extract(epoch FROM c.ended_at - i.expires_at)::float8 AS late,
    (SELECT username FROM users WHERE id = c.creator_id) AS creator,
    (SELECT username FROM users WHERE id = c.fan_id) AS fan,
    (SELECT array_agg(version ORDER BY version) FROM events e WHERE e.call_id = c.id
        AND e.type NOT IN ('call.funds_low', 'call.taken_over', 'call.repaired')) AS told
FROM calls c JOIN call_invitations i ON i.call_id = c.id
"""
REPAIRED = "SELECT count(*) FROM events WHERE type = 'call.repaired'"


@dataclass
class Verdict:
    cases: dict[str, int] = field(default_factory=dict)  # by law: how often it could have been broken
    broken: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    figures: dict[str, str] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        return not any(self.broken.values())

    def hold(self, law: str, cases: int, broken: Iterable[str]) -> None:
        self.cases[law] = cases
        self.broken[law] = list(broken)


async def judge(stage: World) -> Verdict:
    verdict = Verdict()
    journal = stage.journal
    connection = await asyncpg.connect(stage.dsn)
    try:
        calls = {row["id"]: dict(row) for row in await connection.fetch(CALLS)}
        laws_of_calls.judge(verdict, journal, calls)
        await laws_of_money.judge(verdict, stage, connection, calls)
        await laws_of_telling.judge(verdict, journal, connection)
        repaired = await connection.fetchval(REPAIRED)
        verdict.hold("nothing had to be mended", len(calls), [f"{repaired} repairs"] if repaired else [])
    finally:
        await connection.close()
    verdict.hold("the reconciler finds nothing", 1, await _audit(stage))
    verdict.hold("no deadlock and no damage in the database's log", 1, _database_log(stage))
    lines, tracebacks = _server_logs(stage)
    verdict.hold("no server logged a fault", lines, tracebacks)
    verdict.hold("no client met a fault", len(journal.acknowledged), journal.faults)
    return verdict


async def _audit(stage: World) -> list[str]:
    said = await asyncio.to_thread(stage.servers[0].cli, "audit", "--json")
    found: list[Any] = json.loads(said)["findings"] if said.startswith("{") else [said]
    return [str(one) for one in found]


def _database_log(stage: World) -> list[str]:
    words = ("deadlock detected", "PANIC", "invalid page", "could not read block", "unexpected data beyond EOF")
    logs = [stage.data_dir / name for name in ("pg.log", "pg.log.1")]
    lines = [line for log in logs if log.exists() for line in log.read_text(errors="replace").splitlines()]
    return [line for line in lines if any(word in line for word in words)]


def _server_logs(stage: World) -> tuple[int, list[str]]:
    """What a killed process was just writing may be half a line."""
    found: dict[str, int] = defaultdict(int)
    lines = (stage.data_dir / "logs" / "combined.log").read_text(errors="replace").splitlines()
    for line in lines:
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if "exception" in said and said.get("level") != "warning":  # the driver warns with one of a database away
            found[f"{said.get('event')}: {said['exception'].strip().splitlines()[-1]}"] += 1
    return len(lines), [f"{count} × {what}" for what, count in found.items()]
