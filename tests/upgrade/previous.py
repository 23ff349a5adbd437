"""The previous release: the newest commit in the history whose version is not today's, unpacked beside this one."""

import io
import re
import subprocess
import tarfile
from pathlib import Path

import stagedoor

ROOT = Path(__file__).parents[2]
_VERSION = re.compile(r'^version = "([^"]+)"', re.MULTILINE)


class NoHistoryError(Exception):
    """The history does not reach back to another release; the message says the mend."""


def unpack(into: Path, root: Path = ROOT, today: str = stagedoor.__version__) -> tuple[str, Path]:
    """The previous release's version and the folder of its source. Raises NoHistoryError."""
    commit, version = _previous(root, today)
    packed = _git(root, "archive", "--format=tar", commit, "src")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(into, filter="data")
    return version, into / "src"


def _previous(root: Path, today: str) -> tuple[str, str]:
    """Where the version was changed last, the parent has the one before; uncommitted, it is HEAD's."""
    commits = ["HEAD"]
    changes = _git(root, "log", "--format=%H", "-G^version = ", "--", "pyproject.toml").decode().split()
    commits += [f"{commit}^1" for commit in changes]
    for commit in commits:
        try:
            found = _VERSION.search(_git(root, "show", f"{commit}:pyproject.toml").decode())
        except NoHistoryError:
            break  # the first commit there is
        if found is not None and found[1] != today:
            return commit, found[1]
    raise NoHistoryError(
        f"No commit here has a version other than {today}, so the previous release cannot be run on the new schema."
        " In a shallow clone: git fetch --unshallow. The checkout must be made with git, with its history."
    )


def _git(root: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, check=False, timeout=60)
    except FileNotFoundError as error:
        raise NoHistoryError("The previous release is read from the history: install git.") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise NoHistoryError(
            f"The history cannot be read ({said}). These tests need a clone with its whole history: git clone, or"
            " git fetch --unshallow."
        )
    return done.stdout
