"""One house for all questions about the matrix: its people are many, and asking changes nothing that is asked about."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stagedoor.core.identity import issue_session
from stagedoor.core.secret_key import local_key
from stagedoor.settings import FLAG_DEFAULTS, Identity, Settings
from tests.conftest import GENEROUS, Caller, Stage, fresh_database, staged
from tests.privacy import cells


@dataclass
class Matrix:
    stage: Stage
    fans: dict[cells.Cell, uuid.UUID]
    settings: Settings
    dsn: str

    def herself(self, cell: cells.Cell) -> Caller:
        """The cell's fan, signed in."""
        session = issue_session(local_key(self.settings), self.fans[cell], 1)
        return Caller(cells.name_of(cell), self.fans[cell], session.token, self.stage.http)


@pytest.fixture(scope="module")
async def matrix(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Matrix]:
    settings = Settings(
        data_dir=Path(tmp_path_factory.mktemp("matrix")),
        flags=dict.fromkeys(FLAG_DEFAULTS, True),
        limits=GENEROUS,
        identity=Identity(secret_key="a key that only the tests know, long enough"),
        pool_size=20,
    )
    async with fresh_database(server) as dsn, staged(settings, dsn) as stage:
        yield Matrix(stage, await cells.people(stage), settings, dsn)
