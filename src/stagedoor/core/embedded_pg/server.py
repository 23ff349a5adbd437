"""One postmaster: cleared away if an old one lingers, started, watched, stopped."""

import contextlib
import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stagedoor.core.embedded_pg import kernel, processes, wire
from stagedoor.core.embedded_pg.binaries import Binaries
from stagedoor.core.embedded_pg.faults import EmbeddedPostgresError, failed_start
from stagedoor.core.embedded_pg.folder import Folder, lock_now
from stagedoor.core.embedded_pg.runner import Runner

MARK = "stagedoor-embedded"  # cluster_name, which PostgreSQL shows in the title of each of its processes
LINGER_SECONDS = 10.0
BURY_SECONDS = 5.0
STOP_SECONDS = {signal.SIGINT: 30.0, signal.SIGQUIT: 6.0, signal.SIGKILL: 5.0}
NO_PROCESS = 2**31 - 1  # beyond every process id: kill(0) would mean ourselves
LARGEST_LOG_BYTES = 10_000_000


@dataclass
class Server:
    folder: Folder
    binaries: Binaries
    runner: Runner
    socket_dir: Path
    ended: Callable[["subprocess.Popen[bytes]"], None]  # told of each process's end, in a thread of its own
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    watch: threading.Thread = field(default_factory=threading.Thread, init=False)

    def start(self, wanted: Callable[[], bool]) -> None:
        """Return when the server accepts connections to our database, which is made if it is missing.

        Recovery after a crash may take its time: wait as long as the process lives and is wanted.
        """
        claim = _claim(self.folder)
        log_bytes = _rotate(self.folder.log)
        with (
            os.fdopen(claim),
            os.fdopen(self.folder.open(self.folder.log, os.O_WRONLY | os.O_APPEND), "ab") as log,
            self.runner.reach(self.folder.pg) as (address, keep),
        ):
            self.process = process = self.runner.spawn(self._command(address), log, (*keep, claim))
        self.watch = threading.Thread(target=self._watch, args=(process,), daemon=True)
        self.watch.start()
        pause = 0.004
        while not self._accepts(process):
            if process.poll() is not None:
                words = self.folder.log.read_bytes()[log_bytes:].decode(errors="replace")
                raise failed_start(self.folder.pg, words, self.folder.log)
            if not wanted():
                self.stop()
                raise EmbeddedPostgresError("Nobody waits for the server any more.")
            time.sleep(pause)  # PostgreSQL tells nobody that it is ready
            pause = min(pause * 1.2, 0.25)

    def stop(self) -> None:
        """Fast and clean; after that without a checkpoint; after that by force. All three keep what was committed."""
        process = self.process
        if process is None:
            return
        for request, seconds in STOP_SECONDS.items():
            if process.poll() is None:
                process.send_signal(request)
                self.watch.join(seconds)
        self.bury()

    def bury(self) -> None:
        """End and reap what a dead postmaster left: a new one refuses to start beside a living old backend."""
        for pid in processes.working_in(self.folder.pg):
            processes.kill(pid)
        deadline = time.monotonic() + BURY_SECONDS
        with contextlib.suppress(ChildProcessError):
            while time.monotonic() < deadline:
                if os.waitpid(-1, os.WNOHANG) == (0, 0):
                    time.sleep(0.005)  # waitpid knows no deadline

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        process.wait()
        self.ended(process)

    def _accepts(self, process: "subprocess.Popen[bytes]") -> bool:
        if _status(self.folder.pg) != (process.pid, "ready"):
            return False  # knocking any earlier would fill the log with refusals
        try:
            wire.ask(self.socket_dir)
        except wire.RefusedError as refusal:
            if refusal.sqlstate == wire.MISSING_DATABASE:
                wire.ask(self.socket_dir, f"CREATE DATABASE {wire.DATABASE}", database="template1")
            return False
        except OSError:
            return False
        return True

    def _command(self, address: str) -> list[str]:
        settings = {
            "listen_addresses": "",
            "port": str(wire.PORT),
            "unix_socket_directories": f'"{self.socket_dir}"',
            "unix_socket_permissions": "0700",
            "cluster_name": MARK,
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_destination": "stderr",
            "logging_collector": "off",
            "log_checkpoints": "off",
            "log_error_verbosity": "terse",  # without DETAIL, which repeats people's data
        }
        if self.binaries.has_library("pg_stat_statements"):
            settings["shared_preload_libraries"] = "pg_stat_statements"
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self.binaries.program("postgres"), "-D", address, *options]


def _claim(folder: Folder) -> int:
    """The lock that the new server's processes inherit. Free means that no process of an earlier server is left.

    One whose supervisor was killed is just stopping: wait for it, and end it if it will not, or if only backends
    without a postmaster are left of it.
    """
    claim = folder.open(folder.server_lock)
    began = time.monotonic()
    while not lock_now(claim, fcntl.LOCK_EX):
        waited = time.monotonic() - began
        old = processes.working_in(folder.pg)
        if not kernel.LINUX:  # elsewhere nothing told it that its supervisor is gone
            with contextlib.suppress(OSError):
                os.kill(_status(folder.pg)[0] or NO_PROCESS, signal.SIGINT)
        if waited > LINGER_SECONDS or _status(folder.pg)[0] not in old:
            for pid in old:
                if MARK in processes.title(pid):
                    processes.kill(pid)
        if waited > 2 * LINGER_SECONDS:
            os.close(claim)
            raise EmbeddedPostgresError(f"An earlier server on {folder.pg} has not ended. Try again in a minute.")
        time.sleep(0.02)  # they are no children of ours
    _judge_record(folder.pg)
    return claim


def _judge_record(pg: Path) -> None:
    """PostgreSQL takes postmaster.pid for a living server's when any process bears that id: even a zombie, or
    after a restart of the container a stranger. We know better, and know a server that somebody else started."""
    pid, _ = _status(pg)
    if pid in processes.working_in(pg):
        raise EmbeddedPostgresError(
            f"Another PostgreSQL (process {pid}) uses {pg}. Stop it, or set DATABASE_URL to it."
        )
    if processes.exists(pid):
        (pg / "postmaster.pid").unlink()


def _status(pg: Path) -> tuple[int, str]:
    """The postmaster's own record of its process id and of how far it is ("ready"); (0, "") without one."""
    try:
        lines = (pg / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[-1].strip()
    except (OSError, ValueError, IndexError):
        return 0, ""


def _rotate(log: Path) -> int:
    """Keep one old log beside the present one; return the size of the present one."""
    if not log.exists():
        return 0
    size = log.stat().st_size
    if size < LARGEST_LOG_BYTES:
        return size
    log.replace(log.with_suffix(".log.1"))
    return 0
