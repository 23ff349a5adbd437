"""The server's processes, found by /proc: each of them has the data folder as its working directory.

Where there is no /proc nothing is found, and PostgreSQL's own lock file decides.
"""

import contextlib
import os
import signal
from pathlib import Path


def working_in(folder: Path) -> list[int]:
    real, found = folder.resolve(), []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == real and "postgres" in title(int(entry.name)):
                found.append(int(entry.name))
    return found


def title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def exists(pid: int) -> bool:
    """True for a zombie, too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
