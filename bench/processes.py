"""Who runs where, and what it costs: processes on a core of their own, and their CPU seconds and memory.

What is measured never shares its process with what asks it. Of two cores, the server under test has one to itself; the
database and the load have the other. With more cores, the database and the load have all the others.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = CORES[:1]
OTHER_CORES = CORES[1:] or CORES


def alone(cores: Sequence[int] = OTHER_CORES) -> list[str]:
    """The words before a command that keep it to `cores`."""
    return ["taskset", "-c", ",".join(map(str, cores))]


def end_cleanly() -> None:
    """Being terminated ends like anything else: what was started is stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def python(module: str, *args: str) -> list[str]:
    return [sys.executable, "-m", module, *args]


@contextlib.contextmanager
def running(command: Sequence[str], env: Mapping[str, str], log: Path, ready: str) -> Iterator[psutil.Process]:
    """A process that has said `ready` in its log; stopped in the end. Raises RuntimeError when it ends before."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env={**os.environ, **env}, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT, start_new_session=True
        )
    try:
        _await_word(process, log, ready)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_word(process: "subprocess.Popen[bytes]", log: Path, ready: str) -> None:
    deadline = time.monotonic() + 60
    while ready not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{log} never said {ready!r}:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)  # another process writes the file


def cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    """User and system seconds so far."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def rss_bytes(process: psutil.Process) -> int:
    found: int = process.memory_info().rss
    return found


def family_cpu(root: psutil.Process) -> float:
    """CPU seconds of a process, its children, and those of its children that have ended."""
    times = root.cpu_times()
    return cpu_seconds(family(root)) + float(times.children_user + times.children_system)
