"""An operator's day at the command line, from an empty database on; doing a thing twice does it once."""

from pathlib import Path

import asyncpg
import jwt

from stagedoor.core.migrate import MIGRATIONS
from stagedoor.settings import FLAG_DEFAULTS
from tests.cli.command import Desk, assert_one_sentence, says
from tests.conftest import named

NUMBERS = sorted(path.name[:3] for path in MIGRATIONS.glob("*.sql") if not path.name.endswith("_DOWN.sql"))


async def empty_database(server: str) -> str:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute("CREATE DATABASE operators_day")
    finally:
        await connection.close()
    return named(server, "operators_day")


async def test_an_operators_day(server: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data", await empty_database(server))

    before = desk.types("migrate", "status")
    assert before.returncode == 1, "something is left to do"
    assert before.stdout.count("pending") == len(NUMBERS)
    assert says(desk.types("migrate", "up")).endswith(f"{len(NUMBERS)} applied.")
    assert says(desk.types("migrate", "up")) == "Nothing to do: every migration is applied."
    assert says(desk.types("migrate", "status")).count("applied") == len(NUMBERS)

    assert says(desk.types("seed")) == "Created mia, noor, sam, leo, ines, ops."
    assert says(desk.types("seed")) == "Nothing to do: the cast is there."

    assert says(desk.types("wallet", "credit", "sam", "55", "--key", "gift-1")).startswith("sam has 295 tokens")
    assert says(desk.types("wallet", "credit", "sam", "55", "--key", "gift-1")).startswith("sam has 295 tokens")
    assert says(desk.types("wallet", "show", "sam")) == "sam has 295 tokens, 0 of them held."

    token = says(desk.types("token", "sam", "--hours", "2"))
    said = jwt.decode(token, options={"verify_signature": False})
    assert said["exp"] - said["iat"] in (7199, 7200)
    assert token.count(".") == 2 and "\n" not in token

    assert "on" in says(desk.types("flags", "set", "FEATURE_CALLS", "on", "--reason", "the day has come"))
    listed = says(desk.types("flags", "list"))
    assert all(flag in listed for flag in FLAG_DEFAULTS)
    assert "the day has come" in listed
    assert_one_sentence(desk.types("flags", "set", "FEATURE_DREAMS", "on"), "FEATURE_DREAMS", "FEATURE_CALLS")

    assert says(desk.types("expire")) == "0 calls were due."
    assert desk.types("audit").returncode == 0


async def test_the_audit_names_what_does_not_add_up(server: str, tmp_path: Path) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute("CREATE DATABASE wrong_books TEMPLATE template_house STRATEGY FILE_COPY")
    finally:
        await connection.close()
    desk = Desk(tmp_path / "data", named(server, "wrong_books"))
    says(desk.types("seed"))
    books = await asyncpg.connect(desk.database)
    try:
        await books.execute("SET session_replication_role = replica")
        await books.execute("UPDATE ledger_accounts SET posted = posted + 1 WHERE kind = 'user' AND posted > 0")
    finally:
        await books.close()
    done = desk.types("audit")
    assert done.returncode == 1
    assert done.stdout.strip()
    assert "Traceback" not in done.stderr
