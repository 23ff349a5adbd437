"""psql alone is enough, and what was done with it is told apart and taken into the records."""

import pytest

from stagedoor.core.migrate import MIGRATIONS, MigrationError, adopt, forget, status, up


async def states(dsn, folder):
    return [row.state for row in await status(dsn, directory=folder.path)]


@pytest.fixture
def fans_and_tips(folder):
    folder.add_table(130, "fans")
    folder.add(131, "tips", "CREATE TABLE tips (id bigint); ALTER TABLE fans ADD COLUMN tips int;",
               "ALTER TABLE fans DROP COLUMN tips; DROP TABLE tips;")  # fmt: skip
    return folder


def apply_alone(psql, path):
    in_transaction = [] if path.read_text().startswith("-- no-transaction\n") else ["-1"]
    psql(*in_transaction, "-f", str(path))


def by_hand(psql, folder, *names):
    for name in names:
        psql("-1", "-f", str(folder.path / f"{name}.sql"))


async def test_status_of_an_untouched_database_writes_nothing(dsn, fans_and_tips, conn):
    assert await states(dsn, fans_and_tips) == ["pending", "pending"]
    assert await conn.fetchval("SELECT to_regclass('schema_migrations')") is None


async def test_a_file_applied_with_psql_is_told_apart_and_adopted(dsn, fans_and_tips, psql):
    by_hand(psql, fans_and_tips, "130_fans", "131_tips")
    assert await states(dsn, fans_and_tips) == ["by_hand", "by_hand"]
    with pytest.raises(MigrationError, match=r"130_fans\.sql, line 2: .*already exists.*`stagedoor migrate adopt 130`"):
        await up(dsn, directory=fans_and_tips.path)
    with pytest.raises(MigrationError, match="130_fans comes first"):
        await adopt(dsn, 131, directory=fans_and_tips.path)
    for number in (130, 131):
        assert (await adopt(dsn, number, directory=fans_and_tips.path)).state == "applied"
    assert await states(dsn, fans_and_tips) == ["applied", "applied"]
    assert await up(dsn, directory=fans_and_tips.path) == []


async def test_what_is_not_there_is_not_adopted(dsn, fans_and_tips, psql):
    by_hand(psql, fans_and_tips, "130_fans")
    psql("-c", "CREATE TABLE tips (id bigint)")
    await adopt(dsn, 130, directory=fans_and_tips.path)
    with pytest.raises(MigrationError, match=r"column fans\.tips is not in this database"):
        await adopt(dsn, 131, directory=fans_and_tips.path)
    assert await states(dsn, fans_and_tips) == ["applied", "pending"]


async def test_a_half_built_index_is_not_adopted(dsn, folder, psql, conn):
    folder.add(130, "calls", "CREATE TABLE calls (fan bigint);")
    folder.add_index(131, "calls")
    await up(dsn, directory=folder.path, to=130)
    await conn.execute("CREATE INDEX idx_calls ON calls (fan)")
    assert await states(dsn, folder) == ["applied", "by_hand"]
    await conn.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_calls'::regclass")
    with pytest.raises(MigrationError, match=r"index calls\.idx_calls is not in this database \(or is invalid\)"):
        await adopt(dsn, 131, directory=folder.path)


async def test_a_file_undone_with_psql_is_told_apart_and_forgotten(dsn, fans_and_tips, psql):
    await up(dsn, directory=fans_and_tips.path)
    with pytest.raises(MigrationError, match=r"131_tips is still here \(.*table tips\).*migrate down"):
        await forget(dsn, 131, directory=fans_and_tips.path)
    by_hand(psql, fans_and_tips, "131_tips_DOWN")
    assert await states(dsn, fans_and_tips) == ["applied", "undone_by_hand"]
    with pytest.raises(MigrationError, match="131_tips stands on it"):
        await forget(dsn, 130, directory=fans_and_tips.path)
    await forget(dsn, 131, directory=fans_and_tips.path)
    assert await states(dsn, fans_and_tips) == ["applied", "pending"]
    assert [applied.number for applied in await up(dsn, directory=fans_and_tips.path)] == [131]


async def test_a_changed_file_is_adopted_as_it_is_now(dsn, fans_and_tips):
    await up(dsn, directory=fans_and_tips.path)
    fans_and_tips.write("131_tips_DOWN.sql", "-- mended\nALTER TABLE fans DROP COLUMN tips; DROP TABLE tips;")
    assert await states(dsn, fans_and_tips) == ["applied", "changed"]
    await adopt(dsn, 131, directory=fans_and_tips.path)
    assert await states(dsn, fans_and_tips) == ["applied", "applied"]


async def test_what_a_later_file_drops_is_not_missed(dsn, folder):
    folder.add_table(130, "fans")
    folder.add(131, "no_fans", "DROP TABLE fans;", "CREATE TABLE fans (id bigint PRIMARY KEY);")
    await up(dsn, directory=folder.path)
    assert await states(dsn, folder) == ["applied", "applied"]


async def test_the_shipped_files_need_nothing_but_psql(dsn, psql, conn):
    files = sorted(path for path in MIGRATIONS.glob("*.sql") if not path.stem.endswith("_DOWN"))
    assert files
    tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    for _ in range(2):
        for path in files:
            apply_alone(psql, path)
        assert [(row.title, row.state) for row in await status(dsn) if row.state != "by_hand"] == []
        for path in reversed(files):
            apply_alone(psql, path.with_name(f"{path.stem}_DOWN.sql"))
        assert await conn.fetchval(tables) == 0
