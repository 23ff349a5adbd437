"""A short, private folder for the socket: data paths may be long, and a socket's path may not (107 bytes)."""

import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from stagedoor.core.embedded_pg.faults import EmbeddedPostgresError
from stagedoor.core.embedded_pg.folder import Folder
from stagedoor.core.embedded_pg.runner import Runner

LONGEST_BASE_BYTES = 60  # leaves room for our two levels and the name of the socket, on macOS (103 bytes) too


@dataclass(frozen=True)
class Runtime:
    root: Path

    @property
    def socket_dir(self) -> Path:
        return self.root / "s"

    @property
    def scratch(self) -> Path:
        """For a copy of the programs, when the runner may not read them where they are."""
        return self.root / "postgres"

    def remove(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


def prepare(folder: Folder, runner: Runner) -> Runtime:
    """The same folder at every start, so that a client's address outlives its server; an impostor's is passed over."""
    for base in _bases(folder, runner):
        try:
            runtime = Runtime(_private(base, f"stagedoor-{folder.fingerprint()}"))
            runtime.root.chmod(0o711 if runner.other_user else 0o700)
            shutil.rmtree(runtime.socket_dir, ignore_errors=True)
            runtime.socket_dir.mkdir(mode=0o700)
        except OSError:
            continue
        runner.own(runtime.socket_dir)
        return runtime
    raise EmbeddedPostgresError("No folder was found for the database's socket. Make /tmp writable for this user.")


def _bases(folder: Folder, runner: Runner) -> list[Path]:
    """Not in XDG_RUNTIME_DIR if it can be helped: it goes when its user logs out, the server need not."""
    bases = [Path("/tmp"), Path("/var/tmp")]  # noqa: S108 - see _private
    if not runner.other_user:
        bases += [Path(os.environ.get("XDG_RUNTIME_DIR") or "/nowhere"), folder.root]
    return [base for base in bases if len(os.fsencode(base)) <= LONGEST_BASE_BYTES]


def _private(base: Path, name: str) -> Path:
    """In a folder that everybody may write to: take the name only if what bears it is a folder of ours."""
    path = base / name
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        if not _is_ours(path):
            return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
    return path


def _is_ours(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
