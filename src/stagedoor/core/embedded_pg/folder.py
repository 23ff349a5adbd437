"""The data folder and its four locks.

Each lock is a kernel flock, so it vanishes with the process that held it, however that process ended:

* `pg.start`       held while somebody starts or joins, so that cold starts stand in line;
* `pg.lease`       shared by every user of the server: this is the reference count;
* `pg.supervisor`  exclusive while a supervisor lives; its text says where the server listens;
* `pg.server`      exclusive, inherited by every process of the server, so free once the last of them is gone.
"""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stagedoor.core.embedded_pg.faults import unusable_folder


@dataclass(frozen=True)
class Running:
    """Where a live server listens, and the programs that belong to it."""

    socket_dir: Path
    bin_dir: Path


@dataclass(frozen=True)
class Folder:
    root: Path

    @classmethod
    def prepare(cls, data_dir: Path) -> "Folder":
        """Make the folder, private to its owner, and show that it can be written to."""
        root = data_dir.expanduser().resolve()  # one folder, one name, whatever links lead to it
        folder = cls(root)
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for lock in (folder.start_lock, folder.lease_lock, folder.supervisor_lock):
                os.close(folder.open(lock))
        except OSError as error:
            raise unusable_folder(root, error) from None
        return folder

    @property
    def pg(self) -> Path:
        return self.root / "pg"

    @property
    def log(self) -> Path:
        return self.root / "pg.log"

    @property
    def start_lock(self) -> Path:
        return self.root / "pg.start"

    @property
    def lease_lock(self) -> Path:
        return self.root / "pg.lease"

    @property
    def server_lock(self) -> Path:
        return self.root / "pg.server"

    @property
    def supervisor_lock(self) -> Path:
        return self.root / "pg.supervisor"

    def open(self, path: Path, flags: int = os.O_RDWR) -> int:
        """A descriptor that no started program inherits; what root makes in another's folder stays the other's."""
        descriptor = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)
        owner = self.root.stat()
        if os.geteuid() == 0 and os.fstat(descriptor).st_uid != owner.st_uid:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        return descriptor

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """One at a time: wait for everybody who is starting or joining just now."""
        descriptor = self.open(self.start_lock)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            unlock(descriptor)

    def supervised(self) -> bool:
        """Is a supervisor alive? Probing shares the lock, so that two probes never mistake each other for one."""
        descriptor = self.open(self.supervisor_lock)
        try:
            return not lock_now(descriptor, fcntl.LOCK_SH)
        finally:
            unlock(descriptor)

    def wait_for_end_of_supervisor(self) -> None:
        """Sleep in the kernel until no supervisor lives."""
        descriptor = self.open(self.supervisor_lock)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        finally:
            unlock(descriptor)

    def running(self) -> Running | None:
        """What the live supervisor published; None while its server has not been up yet."""
        try:
            said = json.loads(self.supervisor_lock.read_text())
            return Running(Path(said["socket_dir"]), Path(said["bin_dir"]))
        except ValueError:
            return None

    def fingerprint(self) -> str:
        """A short name for this folder; another one if it was made anew, as the old one's server may still stop."""
        lease = self.lease_lock.stat()
        text = f"{self.root}\0{lease.st_dev}\0{lease.st_ino}"
        return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:12]


def lock_now(descriptor: int, kind: int) -> bool:
    """Take the lock if that needs no waiting."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(descriptor: int) -> None:
    """Release for certain: closing alone would leave the lock with a child forked meanwhile."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)
