"""The people who start an embedded database in the tests, each in a process of their own, and what they leave.

Root starts it; so does root in a container that forbids user namespaces, with everything in private folders;
so does an ordinary user. A test run by an ordinary user has that user alone.
"""

import ctypes
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import stagedoor
from stagedoor.core.embedded_pg.binaries import WHEEL, wheel_site
from stagedoor.core.embedded_pg.folder import Folder

IS_ROOT = os.geteuid() == 0
NOBODY = 65534
PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_SETFCAP = 1, 2, 31  # without the last, root cannot enter a namespace
libc = ctypes.CDLL(None)
SITE = wheel_site()
INSTALLED = (str(Path(stagedoor.__path__[0]).parent), *([str(SITE)] if SITE else []))

USER = """
import sys
sys.path += sys.argv[2:]
from pathlib import Path
from stagedoor.core.embedded_pg import EmbeddedPostgresError, start
try:
    lease = start(Path(sys.argv[1]))
except EmbeddedPostgresError as error:
    sys.exit(print(f"refused {error}"))
print("ready", lease.dsn, lease.bin_dir, flush=True)
for _ in sys.stdin:
    lease.close()
    lease.close()
    print("closed", flush=True)
"""


@dataclass(frozen=True)
class Person:
    name: str
    uid: int
    python: str
    paths: tuple[str, ...]
    without: tuple[int, ...] = ()

    def become(self) -> None:
        for capability in self.without:
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        if self.uid != os.geteuid():
            os.setgroups([])
            os.setgid(self.uid)
            os.setuid(self.uid)


class User:
    """A process of that person which uses the database in `data`."""

    def __init__(self, person: Person, data: Path) -> None:
        self.data = data
        self.process = subprocess.Popen(
            [person.python, "-I", "-S", "-c", USER, str(data), *person.paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env=os.environ | {"LD_LIBRARY_PATH": str(Path(person.python).parent.parent / "lib")},
            preexec_fn=person.become,  # noqa: PLW1509 - one thread here makes all the children
        )
        self.dsn = self.bin_dir = ""

    def ready(self) -> Self:
        said = self._line()
        assert said.startswith("ready "), said
        _, self.dsn, self.bin_dir = said.split(maxsplit=2)
        return self

    def refusal(self) -> str:
        said = self._line()
        assert said.startswith("refused "), said
        self.process.wait(10)
        return said.removeprefix("refused ")

    def psql(self, statement: str) -> "subprocess.CompletedProcess[str]":
        command = [f"{self.bin_dir}/psql", "-XAtqd", self.dsn, "-c", statement]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def sql(self, statement: str) -> str:
        done = self.psql(statement)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def close(self) -> None:
        self._stdin().write("close\n")
        self._stdin().flush()
        assert self._line() == "closed"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def leave(self) -> None:
        self.kill()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def _stdin(self) -> IO[str]:
        assert self.process.stdin is not None
        return self.process.stdin


def processes_of(data: Path) -> dict[int, str]:
    """Every living process of the database in `data` by /proc: its supervisor, and whatever works in its folder."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            title = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            supervisor = "embedded_pg.supervisor" in title and str(data) in title
            if supervisor or (entry / "cwd").readlink().is_relative_to(data):
                found[int(entry.name)] = "supervisor" if supervisor else title
    return found


def supervisors_of(data: Path) -> list[int]:
    return [pid for pid, title in processes_of(data).items() if title == "supervisor"]


def postmaster_of(data: Path) -> int:
    return int((data / "pg" / "postmaster.pid").read_text().split("\n", 1)[0])


def kill(*pids: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def eventually(true: Callable[[], object], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)  # of other processes, which announce nothing
    return True


def nobody_is_left(data: Path) -> bool:
    assert eventually(lambda: not processes_of(data)), processes_of(data)
    return True


@contextmanager
def folder_of(person: Person) -> Iterator[Path]:
    """A folder that belongs to this person alone, outside pytest's own, which others may not enter."""
    folder = Path(tempfile.mkdtemp(prefix="stagedoor-test-", dir="/tmp"))
    os.chown(folder, person.uid, -1)
    try:
        yield folder
    finally:
        eventually(lambda: not processes_of(folder))
        kill(*processes_of(folder))
        for lease in folder.rglob("pg.lease"):  # a killed supervisor leaves its socket's folder to the next start
            shutil.rmtree(f"/tmp/stagedoor-{Folder(lease.parent).fingerprint()}", ignore_errors=True)
        shutil.rmtree(folder)


def _can_read(person: Person, path: Path) -> bool:
    return not subprocess.run(["test", "-r", path], preexec_fn=person.become, check=False).returncode


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@functools.cache
def installation() -> Path:
    """A folder for copies of what a person could not read where it is; the last test removes it."""
    folder = Path(tempfile.mkdtemp(prefix="stagedoor-test-installation-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


def _copy_of_package(target: Path) -> tuple[str, ...]:
    assert SITE is not None
    for name in (WHEEL, f"{WHEEL}.libs"):
        shutil.copytree(SITE / name, target / name, copy_function=_link_or_copy)
    shutil.copytree(stagedoor.__path__[0], target / "stagedoor")
    return (str(target),)


def _copy_of_python(target: Path) -> str:
    base, version = Path(sys.base_prefix), f"python{sys.version_info.major}.{sys.version_info.minor}"
    (target / "bin").mkdir(parents=True)
    shutil.copy2(Path(sys.executable).resolve(), target / "bin" / version)
    without = shutil.ignore_patterns("site-packages", "test", "tests", "idlelib", "config-*")
    shutil.copytree(base / "lib" / version, target / "lib" / version, ignore=without)
    for library in (base / "lib").glob("libpython*.so.*"):
        shutil.copy2(library, target / "lib")
    return str(target / "bin" / version)


def _ordinary_user() -> Person:
    """This user, or for root `nobody`, with copies of whatever the modes of folders keep from them."""
    person = Person("ordinary user", NOBODY if IS_ROOT else os.geteuid(), sys.executable, INSTALLED)
    runs, python, paths = [sys.executable, "-I", "-S", "-c", "pass"], person.python, person.paths
    try:
        subprocess.run(runs, preexec_fn=person.become, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        python = _copy_of_python(installation() / "python")
    if not all(_can_read(person, Path(path)) for path in (*paths, f"{paths[0]}/stagedoor/core")):
        paths = _copy_of_package(installation() / "packages")
    return Person(person.name, person.uid, python, paths)


def _contained_root() -> Person:
    """Root without user namespaces, and nothing of it readable for `nobody`, as whom the server must run."""
    private = installation() / "private"
    private.mkdir(mode=0o700)
    return Person("root in a container", 0, sys.executable, _copy_of_package(private), (CAP_SETFCAP,))


@functools.cache
def person(name: str) -> Person:
    match name:
        case "root":
            return Person(name, 0, sys.executable, INSTALLED)
        case "root in a container":
            return _contained_root()
    return _ordinary_user()


PEOPLE = ("root", "root in a container", "ordinary user") if IS_ROOT else ("ordinary user",)
