"""Files are applied once, in order, whole or not at all, however many runners there are and however they end."""

import asyncio
import subprocess
import sys
import time

import asyncpg
import pytest

from stagedoor.core.migrate import MIGRATIONS, MigrationError, Patience, down, status, up
from tests.core.migrate.patience import HURRIED, eventually, said_something


async def recorded(conn):
    return [row["number"] for row in await conn.fetch("SELECT number FROM schema_migrations ORDER BY number")]


async def exists(conn, name):
    return await conn.fetchval("SELECT to_regclass($1) IS NOT NULL", name)


async def test_pending_files_are_applied_in_order_and_recorded(dsn, folder, conn):
    folder.add(131, "tips", "CREATE TABLE tips (fan bigint REFERENCES fans);")
    folder.add_table(130, "fans")
    done = await up(dsn, directory=folder.path)
    assert [(applied.number, applied.direction) for applied in done] == [(130, "up"), (131, "up")]
    row = await conn.fetchrow("SELECT * FROM schema_migrations WHERE number = 130")
    assert (row["name"], row["dirty"], len(row["up_checksum"]), len(row["down_checksum"])) == ("fans", False, 64, 64)
    assert await up(dsn, directory=folder.path) == []


async def test_up_stops_after_the_number_asked_for(dsn, folder, conn):
    for number in (130, 131, 132):
        folder.add_table(number, f"t{number}")
    await up(dsn, directory=folder.path, to=131)
    assert await recorded(conn) == [130, 131]
    with pytest.raises(MigrationError, match="no migration 999"):
        await up(dsn, directory=folder.path, to=999)


async def test_down_undoes_the_newest_first(dsn, folder, conn):
    folder.add_table(130, "fans")
    folder.add(131, "tips", "CREATE TABLE tips (fan bigint REFERENCES fans);", "DROP TABLE tips;")
    folder.add_table(132, "calls")
    await up(dsn, directory=folder.path)
    assert [applied.number for applied in await down(dsn, directory=folder.path)] == [132]
    assert [applied.number for applied in await down(dsn, directory=folder.path, to=0)] == [131, 130]
    assert await recorded(conn) == []
    assert not await exists(conn, "fans")


async def test_down_to_a_number_that_is_not_applied_is_refused(dsn, folder, conn):
    folder.add_table(130, "fans")
    await up(dsn, directory=folder.path)
    with pytest.raises(MigrationError, match="129 is not applied"):
        await down(dsn, directory=folder.path, to=129)
    assert await recorded(conn) == [130]


async def test_a_failing_file_leaves_nothing_and_names_its_line(dsn, folder, conn):
    folder.add_table(130, "fans")
    folder.add(131, "tips", "CREATE TABLE tips (id bigint);\n\nINSERT INTO tips\nSELECT nobody FROM fans;")
    folder.add_table(132, "calls")
    with pytest.raises(
        MigrationError, match=r"131_tips\.sql, line 5: column \"nobody\" does not exist.*Nothing of this"
    ):
        await up(dsn, directory=folder.path)
    assert await recorded(conn) == [130]
    assert not await exists(conn, "tips")


@pytest.mark.parametrize("suffix", ["", "_DOWN"])
async def test_a_changed_applied_file_is_refused(dsn, folder, conn, suffix):
    folder.add_table(130, "fans")
    await up(dsn, directory=folder.path)
    with (folder.path / f"130_fans{suffix}.sql").open("a") as file:
        file.write("-- one more word\n")
    folder.add_table(131, "tips")
    with pytest.raises(MigrationError, match=rf"130_fans{suffix}\.sql was changed after it was applied\. Put it back"):
        await up(dsn, directory=folder.path)
    assert await recorded(conn) == [130]
    assert [row.state for row in await status(dsn, directory=folder.path)] == ["changed", "pending"]


async def test_line_ends_of_another_system_are_no_change(dsn, folder):
    folder.add_table(130, "fans")
    await up(dsn, directory=folder.path)
    for path in folder.path.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert await up(dsn, directory=folder.path) == []


async def test_a_changed_down_file_undoes_nothing(dsn, folder, conn):
    folder.add_table(130, "fans")
    await up(dsn, directory=folder.path)
    folder.write("130_fans_DOWN.sql", "DROP TABLE fans CASCADE;")
    with pytest.raises(MigrationError, match=r"130_fans_DOWN\.sql was changed"):
        await down(dsn, directory=folder.path)
    assert await exists(conn, "fans")


async def test_a_changed_up_file_may_still_be_undone(dsn, folder, conn):
    folder.add_table(130, "fans")
    await up(dsn, directory=folder.path)
    folder.write("130_fans.sql", "CREATE TABLE fans (id uuid);")
    await down(dsn, directory=folder.path)
    await up(dsn, directory=folder.path)
    assert await recorded(conn) == [130]


async def test_a_late_number_below_an_applied_one_is_refused(dsn, folder, conn):
    folder.add_table(130, "fans")
    folder.add_table(132, "calls")
    await up(dsn, directory=folder.path)
    folder.add_table(131, "tips")
    with pytest.raises(MigrationError, match=r"131_tips is numbered below 132_calls.*next free number"):
        await up(dsn, directory=folder.path)
    assert not await exists(conn, "tips")


async def test_the_previous_release_runs_on_a_newer_schema(dsn, folder):
    folder.add_table(130, "fans")
    folder.add_table(131, "tips")
    await up(dsn, directory=folder.path)
    for path in folder.path.glob("131_*"):
        path.unlink()
    assert await up(dsn, directory=folder.path) == []
    assert [(row.state, row.settled) for row in await status(dsn, directory=folder.path)] == [
        ("applied", True),
        ("newer", True),
    ]
    with pytest.raises(MigrationError, match="131_tips was applied by another release"):
        await down(dsn, directory=folder.path)


async def test_an_applied_file_that_is_gone_is_refused(dsn, folder):
    folder.add_table(130, "fans")
    folder.add_table(131, "tips")
    await up(dsn, directory=folder.path)
    for path in folder.path.glob("130_*"):
        path.unlink()
    with pytest.raises(MigrationError, match="130_fans is applied, but its files are gone"):
        await up(dsn, directory=folder.path)


async def test_a_file_that_commits_by_itself_is_refused_before_anything_runs(dsn, folder, conn):
    folder.add_table(130, "fans")
    folder.add_table(131, "tips", "COMMIT;")
    with pytest.raises(MigrationError, match=r"131_tips\.sql:3: `COMMIT` inside a migration"):
        await up(dsn, directory=folder.path)
    assert not await exists(conn, "fans")


async def test_of_many_runners_at_once_one_applies_and_the_others_find_nothing_to_do(dsn, folder, conn):
    for number in range(130, 134):
        folder.add_table(number, f"t{number}", "SELECT pg_sleep(0.02);")
    runs = await asyncio.gather(*(up(dsn, directory=folder.path, patience=HURRIED) for _ in range(8)))
    assert sorted(len(run) for run in runs) == [0] * 7 + [4]
    assert await recorded(conn) == [130, 131, 132, 133]


async def test_a_waiting_runner_does_not_stop_an_index_from_being_built(dsn, folder, conn):
    await conn.execute("CREATE TABLE fans (id bigint)")
    folder.add_table(130, "tips")
    other = await asyncpg.connect(dsn)
    said = []
    try:
        await other.fetchval("SELECT pg_try_advisory_lock(x'5354414745'::bigint)")
        waiting = asyncio.create_task(up(dsn, directory=folder.path, patience=HURRIED, say=said.append))
        await said_something(said)
        async with asyncio.timeout(3):
            await conn.execute("CREATE INDEX CONCURRENTLY idx_fans ON fans (id)")
    finally:
        await other.close()
    assert [applied.number for applied in await waiting] == [130]
    assert "another migration run" in said[0]


async def test_a_run_that_never_ends_is_named_by_its_process(dsn, folder, conn):
    folder.add_table(130, "tips")
    await conn.fetchval("SELECT pg_try_advisory_lock(x'5354414745'::bigint)")
    pid = await conn.fetchval("SELECT pg_backend_pid()")
    with pytest.raises(MigrationError, match=rf"pg_terminate_backend\({pid}\)"):
        await up(dsn, directory=folder.path, patience=Patience(lock_seconds=0.2, poll_seconds=0.05))


async def test_a_busy_table_is_tried_again_and_readers_pass_meanwhile(dsn, folder, conn, open_transaction):
    await conn.execute("CREATE TABLE fans (id bigint)")
    folder.add(130, "fan_age", "SET lock_timeout = '100ms';\nALTER TABLE fans ADD COLUMN age int;")
    said, slowest = [], 0.0
    async with open_transaction("SELECT * FROM fans"):
        run = asyncio.create_task(up(dsn, directory=folder.path, patience=HURRIED, say=said.append))
        while len(said) < 2:
            begin = time.monotonic()
            await conn.fetch("SELECT * FROM fans")
            slowest = max(slowest, time.monotonic() - begin)
            await asyncio.sleep(0.01)
    (applied,) = await run
    assert applied.tries >= 3
    assert slowest < 1
    assert "130_fan_age: a table is busy (line 2), try 2 in 0.1 s" in said


async def test_a_table_that_stays_busy_names_the_oldest_transaction(dsn, folder, conn, open_transaction):
    await conn.execute("CREATE TABLE fans (id bigint)")
    folder.add(130, "fan_age", "SET lock_timeout = '50ms';\nALTER TABLE fans ADD COLUMN age int;")
    async with open_transaction("SELECT * FROM fans") as other:
        pid = await other.fetchval("SELECT pg_backend_pid()")
        with pytest.raises(MigrationError, match=rf"130_fan_age, line 2,.*process {pid} \(slow report, idle in tr"):
            await up(dsn, directory=folder.path, patience=Patience(busy_seconds=0.3))
    assert await recorded(conn) == []


async def test_what_one_file_sets_does_not_reach_the_next(dsn, folder, conn):
    folder.add(130, "fans", "CREATE SCHEMA aside;\nSET search_path = aside;\nCREATE TABLE fans (id bigint);")
    folder.add_table(131, "tips")
    await up(dsn, directory=folder.path)
    assert await exists(conn, "aside.fans")
    assert await exists(conn, "public.tips")
    assert await recorded(conn) == [130, 131]


async def test_a_rule_that_is_checked_at_commit_names_its_file_too(dsn, folder, conn):
    folder.add_table(130, "fans")
    folder.add(131, "tips", "CREATE TABLE tips (fan bigint REFERENCES fans DEFERRABLE INITIALLY DEFERRED);\n"
                            "INSERT INTO tips VALUES (7);")  # fmt: skip
    with pytest.raises(MigrationError, match=r"131_tips\.sql, line 3: .*foreign key.*fan\)=\(7\)"):
        await up(dsn, directory=folder.path)
    assert await recorded(conn) == [130]


async def test_a_role_that_may_not_write_is_told_what_it_lacks(dsn, folder, conn):
    folder.add_table(130, "fans")
    await conn.execute("DO $$BEGIN CREATE ROLE visitor LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END$$")
    with pytest.raises(MigrationError, match="Let the role in DATABASE_URL create tables"):
        await up(dsn.replace("stagedoor@", "visitor@"), directory=folder.path)


async def test_a_limit_meant_for_requests_does_not_end_a_migration(dsn, folder, conn):
    await conn.execute("ALTER DATABASE migrate_tests SET statement_timeout = 50")
    folder.add(130, "fans", "SELECT pg_sleep(0.2);")
    assert len(await up(dsn, directory=folder.path)) == 1


async def test_a_table_of_another_tool_is_told_apart(dsn, folder, conn):
    await conn.execute("CREATE TABLE schema_migrations (version text)")
    folder.add_table(130, "fans")
    with pytest.raises(MigrationError, match="belongs to another tool"):
        await up(dsn, directory=folder.path)


async def test_an_unreachable_database_is_said_without_the_password(folder):
    folder.add_table(130, "fans")
    with pytest.raises(MigrationError, match=r"cannot be reached.*DATABASE_URL") as caught:
        await up("postgresql://sam:s3cret@127.0.0.1:9/stagedoor", directory=folder.path)
    assert "s3cret" not in str(caught.value)


RUN = """
import asyncio, sys
from pathlib import Path
from stagedoor.core.migrate import up
asyncio.run(up(sys.argv[1], directory=Path(sys.argv[2])))
"""
SLEEPING = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"


async def test_a_runner_killed_inside_a_file_leaves_nothing_of_it(dsn, folder, conn):
    folder.add_table(130, "fans")
    folder.add_table(131, "tips", "SELECT pg_sleep(30);")
    runner = await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, dsn, str(folder.path))
    try:
        await eventually(lambda: conn.fetchval(f"SELECT count(*) > 0 {SLEEPING}"), 10)
    finally:
        runner.kill()
        await runner.wait()
    assert (await recorded(conn), await exists(conn, "tips")) == ([130], False)
    folder.add_table(131, "tips")
    done = await up(dsn, directory=folder.path, patience=HURRIED)
    assert [applied.number for applied in done] == [131]


async def test_a_connection_cut_inside_a_file_is_said_and_loses_nothing(dsn, folder, conn):
    folder.add_table(130, "fans", "SELECT pg_sleep(30);")
    run = asyncio.create_task(up(dsn, directory=folder.path))
    await eventually(lambda: conn.fetchval(f"SELECT count(pg_terminate_backend(pid)) > 0 {SLEEPING}"))
    with pytest.raises(MigrationError, match="Run the same command again"):
        await run
    assert (await recorded(conn), await exists(conn, "fans")) == ([], False)


async def test_the_shipped_migrations_go_up_down_and_up_to_the_same_schema(dsn, conn, programs):
    def schema():
        command = [str(programs / "pg_dump"), "--schema-only", "--restrict-key=k", "-T", "schema_migrations", dsn]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    empty = schema()
    done = await up(dsn)
    assert len(done) == len(list(MIGRATIONS.glob("*.sql"))) / 2 > 0
    full = schema()
    await down(dsn, to=0)
    assert schema() == empty
    await up(dsn)
    assert schema() == full
    assert all(row.state == "applied" for row in await status(dsn))
