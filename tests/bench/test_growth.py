"""The statements whose cost is followed as the tables grow are the service's own, as they are today."""

import uuid

import asyncpg
import pytest

from bench import growth


@pytest.mark.parametrize("name", growth.NAMES)
async def test_a_hot_statement_is_still_asked_and_still_runs(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        plan = await growth._explained(connection, *await growth._statement(name, 1, uuid.uuid4()))
        assert plan["Execution Time"] > 0
    finally:
        await connection.close()
