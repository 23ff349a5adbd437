"""Who the server runs as. PostgreSQL refuses root, and initdb refuses a user without a name.

* An ordinary user runs it directly.
* Root, or a user without a name, runs it in a user namespace: another user to PostgreSQL, the same to the files.
* Root where namespaces are forbidden (many containers) runs it as `nobody`; root in a folder that belongs to
  somebody else runs it as that owner.
"""

import contextlib
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from stagedoor.core.embedded_pg import kernel
from stagedoor.core.embedded_pg.faults import ELSEWHERE, EmbeddedPostgresError
from stagedoor.core.embedded_pg.folder import Folder

NOBODY = 65534


@dataclass(frozen=True)
class Runner:
    uid: int
    gid: int
    namespace: bool = False

    @property
    def other_user(self) -> bool:
        """True when the files must belong to somebody who is not us."""
        return not self.namespace and self.uid != os.geteuid()

    def entering(self, *command: str) -> list[str]:
        """The command line that becomes the runner and then `command`; without one it only tries to."""
        who = (str(self.uid), str(self.gid), "namespace" if self.namespace else "user", str(os.getpid()))
        return [sys.executable, "-I", "-S", kernel.__file__, *who, *command]

    def spawn(
        self, command: Sequence[str], output: IO[bytes] | int, keep: Sequence[int] = ()
    ) -> "subprocess.Popen[bytes]":
        """Start a program as the runner. Call from the main thread: the program ends with the thread that made it."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        return subprocess.Popen(  # noqa: S603
            self.entering(*command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=environment | {"LC_ALL": "C"},
            pass_fds=keep,
        )

    @contextlib.contextmanager
    def reach(self, directory: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The directory's address as the runner can use it, and the descriptors to keep open for that.

        Another user may not be allowed through the parents of a private folder; an open descriptor needs no way.
        """
        if not (self.other_user and kernel.LINUX):
            yield str(directory), ()
            return
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{descriptor}", (descriptor,)
        finally:
            os.close(descriptor)

    def own(self, path: Path) -> None:
        """Give a path and everything in it to the runner, when the runner is another user."""
        if self.other_user:
            for each in (path, *path.rglob("*")):
                os.chown(each, self.uid, self.gid, follow_symlinks=False)


def choose(folder: Folder) -> Runner:
    """The runner for this folder and this machine, or a sentence why there is none."""
    me = os.geteuid()
    owner = (folder.pg if folder.pg.exists() else folder.root).stat()
    if me == 0 and owner.st_uid != 0 and (folder.pg.exists() or _has_name(owner.st_uid)):
        return Runner(owner.st_uid, owner.st_gid)
    if me != 0 and folder.pg.exists() and owner.st_uid != me:
        raise EmbeddedPostgresError(f"{folder.pg} belongs to the user {_name(owner.st_uid)}, not to you. {ELSEWHERE}")
    if me != 0 and _has_name(me):
        return Runner(me, os.getegid())
    inside = Runner(_some_named_user(), NOBODY, namespace=True)
    if _possible(inside):
        return inside
    if me != 0:
        raise EmbeddedPostgresError(
            f"PostgreSQL needs a named user, and the user id {me} has no entry in /etc/passwd. "
            "Add one, or set DATABASE_URL to a PostgreSQL of your own."
        )
    outside = _nobody()
    if _possible(outside):
        return outside
    raise EmbeddedPostgresError(
        "PostgreSQL refuses to run as root, and here root may neither open a user namespace nor become another user. "
        "Run Stagedoor as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own."
    )


def _possible(runner: Runner) -> bool:
    return subprocess.run(runner.entering(), capture_output=True, check=False).returncode == 0  # noqa: S603


def _has_name(uid: int) -> bool:
    try:
        return bool(pwd.getpwuid(uid))
    except KeyError:
        return False


def _name(uid: int) -> str:
    return pwd.getpwuid(uid).pw_name if _has_name(uid) else str(uid)


def _some_named_user() -> int:
    """initdb looks its own user up in /etc/passwd: any entry but root's will do."""
    if _has_name(NOBODY):
        return NOBODY
    return next((entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid != 0), NOBODY)


def _nobody() -> Runner:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return Runner(_some_named_user(), NOBODY)
    return Runner(entry.pw_uid, entry.pw_gid)
