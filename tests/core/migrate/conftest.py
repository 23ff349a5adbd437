"""A database of its own for every test, and a folder to write migrations into."""

import itertools
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from stagedoor.core import embedded_pg

_number = itertools.count(1)


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
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded_pg.Lease]:
    lease = embedded_pg.start(tmp_path_factory.mktemp("migrate"))
    yield lease
    lease.close()


@pytest.fixture
def dsn(server: embedded_pg.Lease) -> Iterator[str]:
    name = f"migrate_{next(_number)}"
    _psql(server, server.dsn, "-c", f"CREATE DATABASE {name}")
    yield server.dsn.replace("/stagedoor?", f"/{name}?")
    _psql(server, server.dsn, "-c", f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def psql(server: embedded_pg.Lease, dsn: str) -> Callable[..., str]:
    """psql by hand, stopping at the first error."""
    return lambda *arguments: _psql(server, dsn, *arguments)


def _psql(server: embedded_pg.Lease, dsn: str, *arguments: str) -> str:
    command = [str(server.bin_dir / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", dsn, *arguments]
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
