"""Logs as the service writes them, and one house for those of a file's tests that leave nothing behind."""

from collections.abc import AsyncIterator

import pytest
import structlog

from stagedoor.settings import FLAG_DEFAULTS, Identity, Settings
from tests.conftest import GENEROUS, Stage, fresh_database, staged
from tests.redis_server import redis_server


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """One line an event: structlog's default draws every traceback with all locals, which takes a second."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str),
        ]
    )


@pytest.fixture(scope="module")
async def shared_stage(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        flags=dict.fromkeys(FLAG_DEFAULTS, True),
        limits=GENEROUS,
        identity=Identity(secret_key="a key that only the tests know, long enough"),
        top_up=True,
        demo=True,
    )
    async with fresh_database(server) as dsn, staged(settings, dsn) as found:
        yield found


__all__ = ["plain_logs", "redis_server", "shared_stage"]
