"""The detached process that keeps the server running while anybody uses it, and ends it when nobody does.

It learns of the last user's end from the kernel: a thread asks for the exclusive lock on `pg.lease`, which
every user shares, and gets it when the last one is gone. Nothing polls. Should the supervisor itself be killed,
the kernel sends the server its stop signal.
"""

import contextlib
import fcntl
import json
import os
import queue
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from stagedoor.core.embedded_pg import binaries, cluster, kernel, runner, runtime
from stagedoor.core.embedded_pg.faults import EmbeddedPostgresError, unusable_folder
from stagedoor.core.embedded_pg.folder import Folder
from stagedoor.core.embedded_pg.server import Server

UNUSED = "unused"
LOCK_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 5.0


@dataclass
class Supervisor:
    folder: Folder
    supervisor_lock: int
    lease_lock: int
    happenings: "queue.SimpleQueue[object]" = field(default_factory=queue.SimpleQueue)
    unused: threading.Event = field(default_factory=threading.Event)

    def run(self, ready: IO[bytes]) -> None:
        """Start the server, tell whoever waits at the pipe `ready`, and stay until nobody uses it."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _not_before_the_last_user)
        threading.Thread(target=self._wait_for_last_user, daemon=True).start()
        who = runner.choose(self.folder)
        place = runtime.prepare(self.folder, who)
        try:
            programs = binaries.choose(self.folder.pg, who, place.scratch)
            cluster.ensure(self.folder, programs, who)
            server = Server(self.folder, programs, who, place.socket_dir, ended=self.happenings.put)
            server.start(self._wanted)
            state = {"socket_dir": str(place.socket_dir), "bin_dir": str(programs.home)}
            os.pwrite(self.supervisor_lock, json.dumps(state).encode(), 0)
            tell(ready, "")
            self._stay(server)
            server.stop()
        finally:
            place.remove()

    def _wait_for_last_user(self) -> None:
        fcntl.flock(self.lease_lock, fcntl.LOCK_EX)
        self.unused.set()
        self.happenings.put(UNUSED)

    def _wanted(self) -> bool:
        return not self.unused.is_set()

    def _stay(self, server: Server) -> None:
        """Start the server again whenever it ends by itself, until nobody uses it or its data is gone."""
        while (happening := self.happenings.get()) is not UNUSED:
            if happening is not server.process:
                continue  # an earlier one, whose end was met already
            server.bury()
            pause = 0.05
            while self._wanted() and not self._start_again(server):
                if not (self.folder.pg / "PG_VERSION").exists():
                    return
                self.unused.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _start_again(self, server: Server) -> bool:
        try:
            server.start(self._wanted)
        except (EmbeddedPostgresError, OSError) as error:
            print(f"stagedoor: {error}", file=sys.stderr, flush=True)  # noqa: T201 - stderr is pg.log
            return False
        return True


def _not_before_the_last_user(_signal: int, _frame: FrameType | None) -> None:
    """A machine or service that is stopped asks all processes at once; users may still have things to store.

    A handler, because a signal that is set to be ignored would stay ignored in the server.
    """


def tell(ready: IO[bytes], sentence: str) -> None:
    """Answer whoever started us, once: one line, empty when all is well. They may be gone by now."""
    with contextlib.suppress(OSError, ValueError):
        ready.write(sentence.encode() + b"\n")
        ready.close()


def _take(lock: int) -> None:
    """Become the one supervisor. Others only probe this lock for a moment, or there is one already."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError("Another supervisor starts on the same folder; try again.") from None
            time.sleep(0.005)  # flock knows no deadline


def main(data_dir: str, ready_descriptor: str) -> None:
    ready = os.fdopen(int(ready_descriptor), "wb", buffering=0)
    os.set_inheritable(ready.fileno(), False)
    if os.fork():
        os._exit(0)  # whoever started us waits for this parent only
    os.setsid()
    os.umask(0o077)
    kernel.adopt_orphans()
    folder = Folder(Path(data_dir))
    try:
        # In this order: the kernel closes a killed process's descriptors from the lowest, so nobody who gets the
        # lease still finds this supervisor alive.
        supervisor_lock = folder.open(folder.supervisor_lock)
        lease_lock = folder.open(folder.lease_lock)
        _take(supervisor_lock)
        os.ftruncate(supervisor_lock, 0)
        Supervisor(folder, supervisor_lock, lease_lock).run(ready)
        os.close(supervisor_lock)
    except EmbeddedPostgresError as error:
        tell(ready, str(error))
    except OSError as error:
        tell(ready, str(unusable_folder(folder.root, error)))
        raise
    except BaseException as error:
        tell(ready, f"The embedded database could not start ({error!r}). {folder.log} has the details.")
        raise
