"""A backup is one that was restored; every way back is walked with data in it, and the books stay right."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stagedoor.core import migrate
from stagedoor.ops import schema
from stagedoor.ops.backup import BackupError, connected, make, newest, rehearse, restore, verify
from stagedoor.ops.backup.tools import needs_tls, without_password
from stagedoor.settings import FLAG_DEFAULTS, Identity, Settings
from tests.conftest import GENEROUS, fresh_database, staged
from tests.ops.command_line import stagedoor
from tests.ops.conftest import short_call


@pytest.fixture(scope="module")
async def lived_in_once(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A database in which people called, tipped and paid, and which nobody serves any more."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("lived_in"),
        flags=dict.fromkeys(FLAG_DEFAULTS, True),
        limits=GENEROUS,
        identity=Identity(secret_key="a key that only the tests know, long enough"),
    )
    async with fresh_database(server) as dsn:
        async with staged(settings, dsn) as stage:
            for _ in range(3):
                assert await short_call(stage, stage.mia)
            await stage.sam.post("/api/creators/mia/tip", {"tokens": 7})
        yield dsn


@pytest.fixture
async def lived_in(server: str, lived_in_once: str) -> AsyncIterator[str]:
    async with fresh_database(server, template=urlsplit(lived_in_once).path.lstrip("/")) as dsn:
        yield dsn


async def value(dsn: str, statement: str) -> object:
    async with connected(dsn) as db:
        return await db.fetchval(statement)


async def test_a_backup_brings_everything_back_and_the_old_database_is_kept(lived_in: str, tmp_path: Path) -> None:
    dump, told = await make(lived_in, tmp_path)
    proven = await verify(lived_in, dump)
    assert told.verified_at is None and proven.verified_at is not None
    assert told.counts["calls"] == 3 and told.counts["tips"] >= 1
    async with connected(lived_in) as db:
        await db.execute("DROP TABLE call_segments, call_participants, call_invitations, messages CASCADE")
        await db.execute("UPDATE users SET bio = 'spoilt'")
    done = await restore(lived_in, dump)
    async with connected(lived_in) as db:
        assert await db.fetchval("SELECT count(*) FROM call_invitations") == 3
        assert await db.fetchval("SELECT count(*) FROM users WHERE bio = 'spoilt'") == 0
        assert await db.fetch("SELECT * FROM ledger_audit()") == []
        assert await db.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", done.aside) == 1
        await db.execute(f'DROP DATABASE "{done.aside}"')
        left = (
            "SELECT count(*) FROM pg_database WHERE datname LIKE 'stagedoor_proof%' OR datname LIKE 'stagedoor_rest%'"
        )
        assert await db.fetchval(left) == 0


async def test_a_server_comes_back_by_itself_after_a_restore(server: str, settings: Settings, tmp_path: Path) -> None:
    async with fresh_database(server) as dsn, staged(settings, dsn) as stage:
        call_id = await stage.ring()
        dump, _ = await make(dsn, tmp_path)
        await stage.mia.post("/api/calls/cancel", {"callId": call_id})
        done = await restore(dsn, dump)
        for _ in range(20):
            answer = await stage.mia.ask("GET", "/api/calls/current")
            if answer.status_code == 200:
                break
            assert answer.status_code == 503, answer.text
        assert [call["state"] for call in answer.json()["calls"]] == ["ringing"], "as it was when the backup was taken"
        async with connected(dsn) as db:
            await db.execute(f'DROP DATABASE "{done.aside}" WITH (FORCE)')


async def test_a_broken_backup_is_found_out_and_touches_nothing(lived_in: str, tmp_path: Path) -> None:
    dump, _ = await make(lived_in, tmp_path)
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 0xFF
    dump.write_bytes(content)
    with pytest.raises(BackupError, match="checksum differs"):
        await verify(lived_in, dump)
    with pytest.raises(BackupError, match="checksum differs"):
        await restore(lived_in, dump)
    assert await value(lived_in, "SELECT count(*) FROM calls") == 3
    assert await value(lived_in, "SELECT count(*) FROM pg_database WHERE datname LIKE 'stagedoor\\_re%'") == 0


async def test_a_dump_that_lacks_rows_or_has_a_wrong_ledger_is_no_proof(lived_in: str, tmp_path: Path) -> None:
    async with connected(lived_in) as db:
        await db.execute("UPDATE ledger_accounts SET posted = posted + 1 WHERE kind = 'issuance' AND slot = 1")
    dump, _ = await make(lived_in, tmp_path)
    manifest = json.loads(dump.with_suffix(".json").read_text())
    manifest["counts"]["tips"] += 1
    dump.with_suffix(".json").write_text(json.dumps(manifest))
    with pytest.raises(BackupError, match="rows instead of") as refused:
        await verify(lived_in, dump)
    assert "tips: " in str(refused.value) and "balance is not the sum of its entries" in str(refused.value)
    found = newest(tmp_path)
    assert found is not None and found[1].verified_at is None


async def test_the_way_back_is_rehearsed_on_a_copy_with_data(lived_in: str) -> None:
    result = await rehearse(lived_in)
    assert result.wrong == []
    assert [what for what, _ in result.stops] == ["copied", "undone to 131", "applied again"]
    assert await value(lived_in, "SELECT count(*) FROM calls") == 3


async def test_a_rehearsal_finds_a_schema_that_does_not_come_back(lived_in: str) -> None:
    async with connected(lived_in) as db:
        await db.execute("ALTER TABLE calls ADD COLUMN added_by_hand integer")
    assert (await rehearse(lived_in)).wrong == ["calls.added_by_hand is missing"]


async def test_level_three_refuses_without_a_fresh_proven_backup_and_then_takes_the_feature_alone(
    lived_in: str, tmp_path: Path
) -> None:
    async def run(*words: str, stdin: str | None = None) -> tuple[int, str]:
        result = await stagedoor(*words, dsn=lived_in, data_dir=tmp_path, stdin=stdin)
        return result.exit_code, result.output

    undo = ("rollback", "--level", "3", "--reason", "a fault", "--export-calls", str(tmp_path / "calls.jsonl"))
    code, said = await run(*undo, "--yes")
    assert code == 2 and "There is no backup" in said
    assert (await run("backup", "--no-prove"))[0] == 0
    code, said = await run(*undo, "--yes")
    assert code == 2 and "never proven" in said
    assert (await run("backup"))[0] == 0
    found = newest(tmp_path / "backups")
    assert found is not None
    stale = json.loads(found[0].with_suffix(".json").read_text())
    fresh = json.dumps(stale)
    stale["takenAt"] = "2020-01-01T00:00:00Z"
    found[0].with_suffix(".json").write_text(json.dumps(stale))
    for other in (tmp_path / "backups").glob("*.dump"):
        if other != found[0]:
            other.unlink()
    assert "h old" in (await run(*undo, "--yes"))[1]
    found[0].with_suffix(".json").write_text(fresh)
    code, said = await run(*undo, stdin="not its name\n")
    assert code == 2 and "Nothing was touched" in said
    assert await value(lived_in, "SELECT count(*) FROM calls") == 3

    kept = {table: await value(lived_in, f"SELECT count(*) FROM {table}") for table in ("users", "tips", "follows")}
    entries = await value(lived_in, "SELECT array_agg(amount ORDER BY id) FROM ledger_entries")
    name = str(await value(lived_in, "SELECT current_database()"))
    code, said = await run(*undo, stdin=f"{name}\n")
    assert code == 0, said
    assert await value(lived_in, "SELECT to_regclass('calls') IS NULL")
    assert kept == {table: await value(lived_in, f"SELECT count(*) FROM {table}") for table in kept}
    assert entries == await value(lived_in, "SELECT array_agg(amount ORDER BY id) FROM ledger_entries")
    assert await value(lived_in, "SELECT count(*) FROM ledger_audit()") == 0
    calls = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    assert len(calls) == 3 and all(call["segments"] for call in calls)
    await migrate.up(lived_in)
    assert await value(lived_in, "SELECT count(*) FROM ledger_audit()") == 0
    code, said = await run("restore", str(found[0]), "--yes")
    assert code == 0, said
    assert await value(lived_in, "SELECT count(*) FROM calls") == 3
    aside = await value(lived_in, "SELECT datname FROM pg_database WHERE datname LIKE '%_before_%' LIMIT 1")
    async with connected(lived_in) as db:
        await db.execute(f'DROP DATABASE "{aside}"')


async def test_level_one_is_instant_and_level_two_asks_the_previous_release(lived_in: str, tmp_path: Path) -> None:
    previous = tmp_path / "previous"
    previous.write_text("#!/bin/sh\necho 'migration 999 is unknown' >&2; exit 1\n")
    previous.chmod(0o755)
    run = await stagedoor("rollback", "--level", "1", dsn=lived_in, data_dir=tmp_path)
    assert run.exit_code == 0, run.output
    assert await value(lived_in, "SELECT bool_or(enabled) FROM flag_overrides") is False
    run = await stagedoor("rollback", "--level", "2", "--previous", str(previous), dsn=lived_in, data_dir=tmp_path)
    assert run.exit_code == 2 and "migration 999 is unknown" in run.output
    previous.write_text("#!/bin/sh\nexit 0\n")
    run = await stagedoor("rollback", "--level", "2", "--previous", str(previous), dsn=lived_in, data_dir=tmp_path)
    assert run.exit_code == 0 and "accepts this schema" in run.output


async def test_a_schema_is_the_same_text_however_old_it_is(lived_in: str, server: str) -> None:
    async with fresh_database(server) as other, connected(other) as fresh, connected(lived_in) as old:
        expected, actual = await schema.read(fresh), await schema.read(old)
        assert all(schema.differences(expected, actual, section) == [] for section in expected)
        await old.execute("ALTER TABLE calls ALTER COLUMN funds_low DROP DEFAULT")
        await old.execute("DROP INDEX idx_calls_state")
        actual = await schema.read(old)
        assert schema.differences(expected, actual, "columns") == ["calls.funds_low differs"]
        assert schema.differences(expected, actual, "indexes") == ["idx_calls_state is missing"]


def test_a_password_never_reaches_the_command_line() -> None:
    address, password = without_password("postgresql://sta%40ge:se%2Fcret@db.example:5432/live?sslmode=require")
    assert (address, password) == ("postgresql://sta%40ge@db.example:5432/live?sslmode=require", "se/cret")
    assert needs_tls(address) and not needs_tls("postgresql://stage@/live?host=/run")
