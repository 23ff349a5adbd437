"""`stagedoor …` in a process of its own, as a person types it, in an environment where nothing else is set."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import stagedoor

SOURCE = str(Path(stagedoor.__path__[0]).parent)


@dataclass(frozen=True)
class Desk:
    """Where somebody sits who types commands: a data folder, perhaps a database, and the release that is typed to."""

    data: Path
    database: str | None = None
    source: str = SOURCE

    def environment(self, **said: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
        database = {"DATABASE_URL": self.database} if self.database else {}
        return {**kept, "PYTHONPATH": self.source, "STAGEDOOR_DATA_DIR": str(self.data), **database, **said}

    def types(
        self, *words: str, become: Callable[[], None] | None = None, **said: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "stagedoor", *words],
            env=self.environment(**said),
            cwd=self.data.parent,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            preexec_fn=become,
        )

    def starts(self, *words: str, **said: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "stagedoor", *words],
            env=self.environment(**said),
            cwd=self.data.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def says(done: "subprocess.CompletedProcess[str]") -> str:
    """What the command printed; it must have ended well."""
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def assert_one_sentence(done: "subprocess.CompletedProcess[str]", *words: str) -> None:
    """The command refused in one clear sentence on stderr that holds `words`, and ended with a code that is not 0."""
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    said = done.stderr.strip()
    assert len(said.splitlines()) == 1, said
    assert "Traceback" not in said
    for word in words:
        assert word in said, said
