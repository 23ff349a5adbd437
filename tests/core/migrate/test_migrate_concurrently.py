"""An index built without a transaction ends finished and recorded, or absent and unrecorded, whatever happens."""

import asyncio
import subprocess
import sys

import pytest

from stagedoor.core.migrate import MigrationError, Patience, down, status, up
from tests.core.migrate.patience import HURRIED, eventually

RUN = """
import asyncio, sys
from pathlib import Path
from stagedoor.core.migrate import up
asyncio.run(up(sys.argv[1], directory=Path(sys.argv[2])))
"""
FANS = "INSERT INTO calls (id, fan) VALUES (1, 7), (2, 7);"
INDEX = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('idx_calls')"


@pytest.fixture
async def calls(dsn, folder):
    """Calls of fan 7, twice, applied as 130; an index over the fan is pending as 131."""
    folder.add(130, "calls", f"CREATE TABLE calls (id bigint, fan bigint); {FANS}", "DROP TABLE calls;")
    await up(dsn, directory=folder.path)
    folder.add_index(131, "calls")
    return folder


async def dirty(conn):
    return dict(await conn.fetch("SELECT number, dirty FROM schema_migrations"))


async def test_an_index_is_built_and_dropped_again(dsn, calls, conn):
    assert len(await up(dsn, directory=calls.path)) == 1
    assert (await conn.fetchval(INDEX), await dirty(conn)) == (True, {130: False, 131: False})
    await down(dsn, directory=calls.path)
    assert (await conn.fetchval(INDEX), await dirty(conn)) == (None, {130: False})


async def test_an_index_that_cannot_be_unique_leaves_nothing_behind(dsn, calls, conn):
    calls.add_index(131, "calls", "UNIQUE")
    with pytest.raises(MigrationError, match=r"131_idx_calls\.sql, line 3: .*\(fan\)=\(7\).*Nothing of this file"):
        await up(dsn, directory=calls.path)
    assert (await conn.fetchval(INDEX), await dirty(conn)) == (None, {130: False})
    await conn.execute("DELETE FROM calls WHERE id = 2")
    await up(dsn, directory=calls.path)
    assert await conn.fetchval(INDEX)


async def test_a_half_built_index_of_a_failed_psql_is_dropped_and_built_again(dsn, calls, conn, psql):
    calls.add_index(131, "calls", "UNIQUE")
    with pytest.raises(subprocess.CalledProcessError):
        psql("-f", str(calls.path / "131_idx_calls.sql"))
    assert await conn.fetchval(INDEX) is False
    await conn.execute("DELETE FROM calls WHERE id = 2")
    said = []
    await up(dsn, directory=calls.path, say=said.append)
    assert "index idx_calls was left half-built: dropping it" in said
    assert (await conn.fetchval(INDEX), await dirty(conn)) == (True, {130: False, 131: False})


async def test_a_good_index_of_the_same_name_is_left_alone(dsn, calls, conn):
    await conn.execute("CREATE INDEX idx_calls ON calls (id)")
    with pytest.raises(MigrationError, match=r"already exists.*migrate adopt 131"):
        await up(dsn, directory=calls.path)
    assert (await conn.fetchval(INDEX), await dirty(conn)) == (True, {130: False})


async def test_an_old_transaction_delays_an_index_and_is_named_if_it_stays(dsn, calls, conn, open_transaction):
    calls.write(
        "131_idx_calls.sql",
        "-- no-transaction\nSET lock_timeout = '50ms';\nCREATE INDEX CONCURRENTLY idx_calls ON calls (fan);",
    )
    async with open_transaction("UPDATE calls SET fan = 9 WHERE id = 1"):
        with pytest.raises(MigrationError, match=r"131_idx_calls.*slow report"):
            await up(dsn, directory=calls.path, patience=Patience(busy_seconds=0))
        states = [row.state for row in await status(dsn, directory=calls.path)]
    assert states[0] == "applied"
    await up(dsn, directory=calls.path)
    assert (await conn.fetchval(INDEX), await dirty(conn)) == (True, {130: False, 131: False})


async def test_a_runner_killed_while_it_builds_is_finished_by_the_next(dsn, calls, conn, open_transaction):
    async with open_transaction("UPDATE calls SET fan = 9 WHERE id = 1"):
        runner = await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, dsn, str(calls.path))
        building = "SELECT count(*) > 0 FROM pg_stat_progress_create_index WHERE datname = current_database()"
        try:
            await eventually(lambda: conn.fetchval(building), 10)
        finally:
            runner.kill()
            await runner.wait()
        # the server process of the dead runner gives up by itself, though its transaction is still held up
        await eventually(lambda: conn.fetchval(f"SELECT NOT ({building})"))
        assert (await conn.fetchval(INDEX), await dirty(conn)) == (False, {130: False, 131: True})
        assert [row.state for row in await status(dsn, directory=calls.path)] == ["applied", "dirty"]
    await up(dsn, directory=calls.path, patience=HURRIED)
    assert (await conn.fetchval(INDEX), await dirty(conn)) == (True, {130: False, 131: False})


async def test_a_runner_killed_between_the_index_and_its_record_builds_nothing_twice(dsn, calls, conn):
    await up(dsn, directory=calls.path)
    before = await conn.fetchval("SELECT 'idx_calls'::regclass::oid")
    await conn.execute("UPDATE schema_migrations SET dirty = true WHERE number = 131")
    await up(dsn, directory=calls.path)
    assert await conn.fetchval("SELECT 'idx_calls'::regclass::oid") == before
    assert await dirty(conn) == {130: False, 131: False}


async def test_a_dirty_index_may_be_undone_instead(dsn, calls, conn):
    await up(dsn, directory=calls.path)
    await conn.execute("UPDATE schema_migrations SET dirty = true WHERE number = 131")
    await down(dsn, directory=calls.path)
    assert (await conn.fetchval(INDEX), await dirty(conn)) == (None, {130: False})


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON calls (fan);", "half-built index for a finished one"),
        ("CREATE INDEX CONCURRENTLY i ON calls (fan); ANALYZE calls;", "one statement"),
        ("UPDATE calls SET fan = 1;", "may run without a transaction"),
        ("DROP INDEX CONCURRENTLY i;", "may run without a transaction"),
    ],
)
async def test_only_what_can_be_repeated_runs_without_a_transaction(dsn, calls, conn, sql, why):
    calls.write("131_idx_calls.sql", f"-- no-transaction\nSET lock_timeout = '1s';\n{sql}")
    with pytest.raises(MigrationError, match=why):
        await up(dsn, directory=calls.path)
    assert await dirty(conn) == {130: False}


async def test_concurrently_inside_a_transaction_is_refused_with_the_mend(dsn, calls):
    calls.write("131_idx_calls.sql", "CREATE INDEX CONCURRENTLY i ON calls (fan);")
    with pytest.raises(MigrationError, match="a file of its own that opens with the line `-- no-transaction`"):
        await up(dsn, directory=calls.path)
