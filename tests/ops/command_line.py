"""`stagedoor …` in this process, against a test's own database."""

import asyncio
import os
from pathlib import Path
from unittest import mock

from typer.testing import CliRunner, Result

from stagedoor.cli import app


async def stagedoor(*words: str, dsn: str, data_dir: Path, stdin: str | None = None, **environment: str) -> Result:
    """Run one command as an operator would; its output and its exit code."""
    env = {"PATH": os.environ["PATH"], "HOME": str(data_dir), "DATABASE_URL": dsn, "STAGEDOOR_DATA_DIR": str(data_dir)}
    env |= {"STAGEDOOR_SECRET_KEY": "a key that only the tests know, long enough", "LC_ALL": "C.UTF-8", "USER": "ines"}

    def run() -> Result:
        with mock.patch.dict(os.environ, env | environment, clear=True):
            return CliRunner().invoke(app, list(words), input=stdin)

    return await asyncio.to_thread(run)
