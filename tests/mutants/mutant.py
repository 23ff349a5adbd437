"""A copy of the tree with one thing wrong in it, and whether a test notices.

The copy is made anew for each mutant and its tests run in a process of their own, against databases of their own:
nothing of this tree is touched. The PostgreSQL server is shared by the mutants of one worker.
"""

import asyncio
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import asyncpg

from stagedoor.core import embedded_pg

ROOT = Path(__file__).parents[2]
COPIED = ("src", "tests")
LINKED = ("docs", "web", "deploy", "openapi.json", "pyproject.toml")
SECONDS_MAX = 600
TEMPLATES = ("template_house", "template_stopped")
Outcome = Literal["killed", "survived", "broken"]


@dataclass(frozen=True)
class Mutant:
    """`old` stands exactly once in `path` and is replaced by `new`; one of `killers` should then fail.

    `law` is the promise that is broken by it.
    """

    name: str
    law: str
    path: str
    old: str
    new: str
    killers: tuple[str, ...]

    def apply(self, root: Path) -> None:
        file = root / self.path
        text = file.read_text()
        found = text.count(self.old)
        if found != 1:
            raise LookupError(f"{self.name}: {found} times in {self.path}, not once: {self.old!r}")
        file.write_text(text.replace(self.old, self.new))


@dataclass(frozen=True)
class Result:
    """`broken`: no test failed by itself, but the run did not come to an end either; that proves nothing."""

    mutant: Mutant | None
    outcome: Outcome
    by: str
    seconds: float
    output: str


@contextmanager
def copied_tree() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        root = Path(folder)
        for name in COPIED:
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "web_dist"))
        for name in LINKED:
            (root / name).symlink_to(ROOT / name)
        yield root


class Servers:
    """A PostgreSQL server for each that runs at a time. The templates of a mutant in SQL are nobody else's."""

    def __init__(self, number: int) -> None:
        self._folders = tempfile.TemporaryDirectory(prefix="mutants-")
        self._free: queue.Queue[tuple[Path, embedded_pg.Lease]] = queue.Queue()
        for name in range(number):
            folder = Path(self._folders.name) / str(name)
            folder.mkdir()
            self._free.put((folder, embedded_pg.start(folder)))

    @contextmanager
    def one(self, *, changed: bool) -> Iterator[Path]:
        """The folder of a server; with `changed`, of one that has no template before nor afterwards."""
        folder, lease = self._free.get()
        try:
            if changed:
                asyncio.run(_drop_templates(lease.dsn))
            yield folder
            if changed:
                asyncio.run(_drop_templates(lease.dsn))
        finally:
            self._free.put((folder, lease))

    def close(self) -> None:
        while not self._free.empty():
            self._free.get()[1].close()
        self._folders.cleanup()


async def _drop_templates(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for name in TEMPLATES:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    finally:
        await connection.close()


def run(mutant: Mutant | None, killers: Sequence[str], servers: Servers) -> Result:
    """Run `killers` on a copy with `mutant` in it, or on a true copy, up to the first failure."""
    with servers.one(changed=mutant is not None and mutant.path.endswith(".sql")) as folder:
        return _run(mutant, killers, folder)


def _run(mutant: Mutant | None, killers: Sequence[str], server: Path) -> Result:
    began = time.monotonic()
    with copied_tree() as root:
        if mutant is not None:
            mutant.apply(root)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--timeout=60", *killers]
        # A variable of an outer run would decide on this one.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environment = {**kept, "PYTHONPATH": str(root / "src"), "TEST_SERVER_DIR": str(server)}
        try:
            done = subprocess.run(
                command, cwd=root, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
            )
            output, code = done.stdout + done.stderr, done.returncode
        except subprocess.TimeoutExpired as error:
            output, code = str(error.stdout or ""), -1
    failed = re.search(r"^FAILED (\S+)", output, re.MULTILINE)
    by = failed[1].split("::")[-1].split("[")[0] if failed else ""
    outcome: Outcome = "survived" if code == 0 else "killed" if failed and code == 1 else "broken"
    return Result(mutant, outcome, by, time.monotonic() - began, output)
