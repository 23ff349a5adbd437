"""Preflight against a real environment: all green; and each fault turns exactly its own line red, with the mend."""

import asyncio
import json
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stagedoor.core import migrate
from stagedoor.ops.backup import make
from stagedoor.ops.preflight import CHECKS, Finding, Place, run
from tests.ops.command_line import stagedoor
from tests.ops.preflight_environment import Environment, environment, plain

LINES = ["database.answers", *(check.name for check in CHECKS)]

__all__ = ["environment", "plain"]


async def findings(place: Place) -> dict[str, Finding]:
    return {finding.name: finding async for finding in run(place)}


def red(found: dict[str, Finding]) -> list[str]:
    return [name for name, finding in found.items() if finding.state == "fail"]


async def test_a_sound_environment_is_green_to_the_last_line(environment: Environment) -> None:
    found = await findings(environment.place(rehearsed=True))
    assert list(found) == LINES
    assert red(found) == [], {name: found[name] for name in red(found)}
    unsure = {name for name, finding in found.items() if finding.state != "pass"}
    assert unsure == {"media", "redis"}, "no TURN is a warning, and one process needs no Redis"
    assert b"preflight" in environment.heard[-1]


async def test_the_command_prints_the_table_and_the_same_as_json(environment: Environment, tmp_path: Path) -> None:
    async def preflight(*words: str, **variables: str) -> Any:
        words = ("preflight", "--quick", "--url", environment.url, *words)
        changed = environment.variables | variables
        return await stagedoor(*words, dsn=environment.dsn, data_dir=environment.data_dir, **changed)

    told = await preflight("--json")
    assert told.exit_code == 0, told.output
    rows = json.loads(told.output)
    assert [row["name"] for row in rows] == LINES
    wrong = await preflight(FRONTEND_URL="*")
    assert wrong.exit_code == 1
    line = next(line for line in wrong.output.splitlines() if line.startswith("cors"))
    assert "FAIL" in line and "name whole origins in FRONTEND_URL" in line
    assert "1 failed: not ready" in wrong.output


Undo = Callable[[], Awaitable[None] | None]
Seeded = Callable[[Environment, Path], Awaitable[tuple[dict[str, Any], list[str]]]]


def sql(breaks: str, mends: str) -> Seeded:
    async def seeded(environment: Environment, _folder: Path) -> tuple[dict[str, Any], list[str]]:
        await environment.sql(breaks)
        return {}, [mends]

    return seeded


def system(name: str) -> Seeded:
    async def seeded(environment: Environment, _folder: Path) -> tuple[dict[str, Any], list[str]]:
        await environment.sql(f"ALTER SYSTEM SET {name} = off")
        await environment.sql("SELECT pg_reload_conf()")
        await asyncio.sleep(0.3)
        return {}, [f"ALTER SYSTEM RESET {name}", "SELECT pg_reload_conf()"]

    return seeded


def variable(**changes: str) -> Seeded:
    async def seeded(_environment: Environment, _folder: Path) -> tuple[dict[str, Any], list[str]]:
        return {"variables": changes}, []

    return seeded


def proxied(path: str, status: int, body: bytes) -> Seeded:
    async def seeded(environment: Environment, _folder: Path) -> tuple[dict[str, Any], list[str]]:
        environment.tamper[path] = (status, body)
        return {}, []

    return seeded


def bent(**changes: Any) -> Seeded:
    async def seeded(_environment: Environment, _folder: Path) -> tuple[dict[str, Any], list[str]]:
        return changes, []

    return seeded


async def pending_migration(_environment: Environment, folder: Path) -> tuple[dict[str, Any], list[str]]:
    shutil.copytree(migrate.MIGRATIONS, folder, dirs_exist_ok=True)
    head = "SET lock_timeout = '2s';\n\n"
    (folder / "999_later.sql").write_text(head + "CREATE TABLE later (id bigint PRIMARY KEY);\n")
    (folder / "999_later_DOWN.sql").write_text(head + "DROP TABLE later;\n")
    return {"directory": folder}, []


async def hurtful_migration(environment: Environment, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Applied already, and not as the lint wants it."""
    shutil.copytree(migrate.MIGRATIONS, folder, dirs_exist_ok=True)
    (folder / "999_later.sql").write_text("CREATE TABLE later (id bigint PRIMARY KEY);\n")
    (folder / "999_later_DOWN.sql").write_text("SET lock_timeout = '2s';\n\nDROP TABLE later;\n")
    await migrate.up(environment.dsn, directory=folder)
    return {"directory": folder}, ["DROP TABLE later", "DELETE FROM schema_migrations WHERE number = 999"]


async def broken_backup(environment: Environment, _folder: Path) -> tuple[dict[str, Any], list[str]]:
    (dump,) = (environment.data_dir / "backups").glob("*.dump")
    dump.write_bytes(dump.read_bytes()[:-1] + b"?")
    return {}, []


async def unproven_backup(environment: Environment, folder: Path) -> tuple[dict[str, Any], list[str]]:
    await make(environment.dsn, folder)
    return {"variables": {"BACKUP_DIR": str(folder)}}, []


async def garbled_log(_environment: Environment, folder: Path) -> tuple[dict[str, Any], list[str]]:
    (folder / "logs").mkdir()
    (folder / "logs" / "combined.log").write_text('{"timestamp": "now", "event": "x"}\nTraceback (most recent call)\n')
    shutil.copytree(_environment.data_dir / "backups", folder / "backups")
    return {"variables": {"STAGEDOOR_DATA_DIR": str(folder)}}, []


async def deaf_sentry(environment: Environment, _folder: Path) -> tuple[dict[str, Any], list[str]]:
    environment.sentry_status = 403
    return {}, []


async def open_cors(environment: Environment, _folder: Path) -> tuple[dict[str, Any], list[str]]:
    environment.headers["access-control-allow-origin"] = "*"
    return {}, []


HUGE_POOL = {"DATABASE_POOL_SIZE": "500"}
FAULTS: dict[str, tuple[str, Seeded]] = {
    "fsync off": ("database.fsync", system("fsync")),
    "torn pages": ("database.full_page_writes", system("full_page_writes")),
    "commits not waited for": (
        "database.synchronous_commit",
        sql(
            "ALTER DATABASE stage_live SET synchronous_commit = off",
            "ALTER DATABASE stage_live RESET synchronous_commit",
        ),
    ),
    "more connections than there are": ("database.connections", variable(**HUGE_POOL)),
    "a skewed clock": ("clock", bent(now=lambda: time.time() + 30)),
    "a missing index": (
        "schema.indexes",
        sql("DROP INDEX idx_calls_state", "CREATE INDEX idx_calls_state ON calls (state)"),
    ),
    "an invalid index": (
        "schema.indexes",
        sql(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_calls_due'::regclass",
            "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'idx_calls_due'::regclass",
        ),
    ),
    "a lost default": (
        "schema.columns",
        sql(
            "ALTER TABLE users ALTER fan_privacy_visibility DROP DEFAULT",
            "ALTER TABLE users ALTER fan_privacy_visibility SET DEFAULT 'private'",
        ),
    ),
    "a column made by hand": (
        "schema.columns",
        sql("ALTER TABLE calls ADD COLUMN note text", "ALTER TABLE calls DROP COLUMN note"),
    ),
    "a lost constraint": (
        "schema.constraints",
        sql(
            "ALTER TABLE calls DROP CONSTRAINT call_price",
            "ALTER TABLE calls ADD CONSTRAINT call_price CHECK (tokens_per_minute > 0)",
        ),
    ),
    "a disabled trigger": (
        "schema.triggers",
        sql(
            "ALTER TABLE events DISABLE TRIGGER events_are_append_only",
            "ALTER TABLE events ENABLE TRIGGER events_are_append_only",
        ),
    ),
    "a permission that says yes to all": (
        "schema.functions",
        sql(
            "CREATE OR REPLACE FUNCTION why_not_call(creator uuid, fan uuid) RETURNS text LANGUAGE sql STABLE"
            " RETURN NULL::text",
            "CREATE OR REPLACE FUNCTION why_not_call(creator uuid, fan uuid) RETURNS text LANGUAGE sql STABLE\n"
            "    RETURN why_not('call', creator, fan)",
        ),
    ),
    "a pending migration": ("migrations.pending", pending_migration),
    "a migration that would hurt": ("migrations.lint", hurtful_migration),
    "a wrong ledger": (
        "ledger",
        sql(
            "UPDATE ledger_accounts SET posted = posted + 1 WHERE kind = 'issuance' AND slot = 0",
            "UPDATE ledger_accounts SET posted = posted - 1 WHERE kind = 'issuance' AND slot = 0",
        ),
    ),
    "calls already on": (
        "flags",
        sql("INSERT INTO flag_overrides (key, enabled) VALUES ('FEATURE_CALLS', true)", "DELETE FROM flag_overrides"),
    ),
    "a broken backup": ("backup", broken_backup),
    "a backup nobody restored": ("backup", unproven_backup),
    "anybody's page": ("cors", variable(FRONTEND_URL="*")),
    "anybody's proxy": ("proxies", variable(TRUSTED_PROXIES="0.0.0.0/0")),
    "no certificate": ("certificate", variable(FRONTEND_URL="http://stage.example")),
    "no Agora certificate": (
        "media",
        variable(MEDIA_PROVIDER="agora", AGORA_APP_ID="0123456789abcdef0123456789abcdef"),
    ),
    "a TURN server that is not there": (
        "media",
        variable(TURN_URLS="turn:127.0.0.1:1?transport=tcp", TURN_SECRET="a secret of the tests"),
    ),
    "no session key": ("secrets", variable(STAGEDOOR_SECRET_KEY="")),
    "any issuer": ("secrets", variable(JWT_SECRET="0123456789abcdef0123456789abcdef")),
    "free tokens": ("settings", variable(WALLET_TOP_UP="true")),
    "a variable nobody can read": ("settings", variable(CALL_RING_SECONDS="two minutes")),
    "no Redis": ("redis", variable(REDIS_URL="redis://127.0.0.1:1/0")),
    "a Sentry that refuses": ("sentry", deaf_sentry),
    "a log that is none": ("logs", garbled_log),
    "a full disk": ("disk", bent(free_bytes=lambda _folder: 1 << 20)),
    "a server that is not ready": ("server.ready", proxied("/ready", 503, b"{}")),
    "no limit": ("server.rate_limit", proxied("/api/calls/initiate", 401, b"{}")),
    "errors of somebody else's shape": ("server.errors", proxied("/api/there-is-nothing-here", 404, b"<html>")),
    "strangers let in by the proxy": ("server.cors", open_cors),
    "metrics that do not parse": ("server.metrics", proxied("/metrics", 200, b"<html>{{{")),
    "a server in another time": (
        "server.clock",
        proxied("/api/session", 200, b'{"ok": true, "serverTime": "2020-01-01T00:00:00Z"}'),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_turns_exactly_its_line_red_and_says_the_mend(
    environment: Environment, fault: str, tmp_path: Path
) -> None:
    line, seeded = FAULTS[fault]
    (dump,) = (environment.data_dir / "backups").glob("*.dump")
    content = dump.read_bytes()
    changes, mends = await seeded(environment, tmp_path)
    if "directory" in changes:
        changes["references"] = {}
    try:
        found = await findings(environment.place(**changes))
    finally:
        for statement in mends:
            await environment.sql(statement)
        environment.tamper.clear()
        environment.headers.clear()
        environment.sentry_status = 200
        dump.write_bytes(content)
    assert red(found) == [line], {name: found[name] for name in red(found)}
    assert found[line].mend, "a red line says what to do"


async def test_a_way_back_that_does_not_lead_back_is_found(environment: Environment, tmp_path: Path) -> None:
    """The DOWN file takes away an index of the migration before it, so up after down is not what it was."""
    shutil.copytree(migrate.MIGRATIONS, tmp_path, dirs_exist_ok=True)
    head = "SET lock_timeout = '2s';\n\n"
    (tmp_path / "999_later.sql").write_text(head + "CREATE TABLE later (id bigint PRIMARY KEY);\n")
    (tmp_path / "999_later_DOWN.sql").write_text(head + "DROP TABLE later;\nDROP INDEX idx_tips_creator;\n")
    await migrate.up(environment.dsn, directory=tmp_path)
    try:
        place = environment.place(directory=tmp_path, references={}, rehearsed=True, lint=lambda _folder: [])
        found = await findings(place)
    finally:
        await environment.sql("DROP TABLE later; DELETE FROM schema_migrations WHERE number = 999")
    assert red(found) == ["migrations.rehearsed"], {name: found[name] for name in red(found)}
    assert "idx_tips_creator is missing" in found["migrations.rehearsed"].says


async def test_without_a_database_the_rest_is_still_looked_at(environment: Environment) -> None:
    place = replace(environment.place(), dsn="postgresql://nobody@127.0.0.1:1/none")
    found = await findings(place)
    assert found["database.answers"].state == "fail" and found["database.fsync"].state == "skip"
    assert found["server.errors"].state == "pass" and list(found) == LINES
