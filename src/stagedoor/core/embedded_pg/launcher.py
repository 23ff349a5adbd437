"""What a user of the embedded database holds: a lease, which is a shared lock that ends with its holder."""

import fcntl
import logging
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import stagedoor
from stagedoor.core.embedded_pg import wire
from stagedoor.core.embedded_pg.binaries import wheel_site
from stagedoor.core.embedded_pg.faults import EmbeddedPostgresError, unusable_folder
from stagedoor.core.embedded_pg.folder import Folder, Running

START_SECONDS = 120.0
MEND_SECONDS = 5.0

log = logging.getLogger(__name__)

# -I -S and a path that is only appended to: nothing a client's folder holds can stand in for the standard library.
SUPERVISE = (
    "import sys; sys.path += sys.argv[3:]; from stagedoor.core.embedded_pg.supervisor import main; main(*sys.argv[1:3])"
)
PASSED_ON = ("PATH", "HOME", "XDG_RUNTIME_DIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class Lease:
    """The right to use the server until `close()`, or until this process ends in whatever way.

    `dsn` is a URI for libpq and asyncpg, the same after every restart; `bin_dir` holds the programs of this
    PostgreSQL. If the server or its supervisor is killed, they are started again while a lease is held.
    """

    def __init__(self, folder: Folder, descriptor: int, running: Running) -> None:
        self.bin_dir = running.bin_dir
        self.dsn = f"postgresql://{wire.USER}@/{wire.DATABASE}?host={quote(str(running.socket_dir))}&port={wire.PORT}"
        self._folder = folder
        self._descriptor = descriptor
        self._closed = threading.Event()
        threading.Thread(target=self._mend, name="embedded-postgres", daemon=True).start()

    def close(self) -> None:
        """Give the lease back; the last one stops the server. Closing again does nothing."""
        if not self._closed.is_set():
            self._closed.set()
            os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _mend(self) -> None:
        """Sleep until the supervisor ends. While this lease is held that can only be a mishap: start another."""
        while not self._closed.is_set():
            try:
                self._folder.wait_for_end_of_supervisor()
                if self._closed.is_set():
                    return
                with self._folder.starting():
                    _ensure_running(self._folder)
            except (EmbeddedPostgresError, OSError) as error:
                log.error("The embedded database is down: %s", error)
                self._closed.wait(MEND_SECONDS)


def start(data_dir: Path) -> Lease:
    """Start or join the server whose data lives in `data_dir/pg`; return when it accepts connections.

    EmbeddedPostgresError says in one sentence why it cannot, and what mends it.
    """
    folder = Folder.prepare(data_dir)
    try:
        with folder.starting():
            descriptor = folder.open(folder.lease_lock)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH)  # waits while a server without users is just being stopped
                return Lease(folder, descriptor, _ensure_running(folder))
            except BaseException:
                os.close(descriptor)
                raise
    except OSError as error:
        raise unusable_folder(folder.root, error) from error


def _ensure_running(folder: Folder) -> Running:
    """The caller holds the start lock and a lease."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if not folder.supervised():
            _launch(folder, deadline)
        running = folder.running()
        if running is not None and wire.accepts(running.socket_dir):
            return running
        time.sleep(0.01)  # the supervisor is no child of ours: there is nothing to wait for but what it leaves
    raise EmbeddedPostgresError(
        f"The database in {folder.pg} has not answered for {START_SECONDS:.0f} seconds. It may still recover from a "
        f"crash, or run on another machine or in another container that shares the folder; {folder.log} says more."
    )


def _launch(folder: Folder, deadline: float) -> None:
    """Start a supervisor, detached, and wait for its word."""
    answer, ready = os.pipe()
    try:
        try:
            _spawn_supervisor(folder, ready)
        finally:
            os.close(ready)
        said = _read_line(answer, deadline)
    finally:
        os.close(answer)
    if said is None:
        raise EmbeddedPostgresError(f"The database's supervisor ended without a word. {folder.log} says more.")
    if said:
        raise EmbeddedPostgresError(said)


def _spawn_supervisor(folder: Folder, ready: int) -> None:
    site = wheel_site()
    paths = [str(Path(stagedoor.__path__[0]).resolve().parent), *([str(site)] if site else [])]
    with os.fdopen(folder.open(folder.log, os.O_WRONLY | os.O_APPEND), "ab") as output:
        subprocess.run(  # noqa: S603
            [sys.executable, "-I", "-S", "-c", SUPERVISE, str(folder.root), str(ready), *paths],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
            pass_fds=(ready,),
            start_new_session=True,
            check=False,
        )


def _read_line(descriptor: int, deadline: float) -> str | None:
    """The supervisor's line; None when it ended, or the time did, before there was one."""
    said = b""
    while not said.endswith(b"\n"):
        readable, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        part = os.read(descriptor, 4096) if readable else b""
        if not part:
            return None
        said += part
    return said.decode().strip()
