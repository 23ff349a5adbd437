"""The database cluster on disk: made once, whole or not at all, and kept."""

import locale
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from stagedoor.core.embedded_pg import processes, wire
from stagedoor.core.embedded_pg.binaries import Binaries
from stagedoor.core.embedded_pg.faults import EmbeddedPostgresError, failed_start
from stagedoor.core.embedded_pg.folder import Folder
from stagedoor.core.embedded_pg.runner import Runner

BUILTIN_PROVIDER_SINCE = 17
UNFINISHED = "pg.new-"
DISCARD_SECONDS = 3.0

SIZES = """
# Sizes for a small machine. Change them here; they are read when the server starts.
shared_buffers = 128MB
max_connections = 100
"""


def ensure(folder: Folder, binaries: Binaries, runner: Runner) -> None:
    """After this `folder.pg` is a complete cluster on stable storage that belongs to the runner."""
    for leftover in folder.root.glob(f"{UNFINISHED}*"):
        _discard(leftover)
    if folder.pg.exists() and any(folder.pg.iterdir()):
        if not (folder.pg / "PG_VERSION").exists():
            raise EmbeddedPostgresError(
                f"{folder.pg} exists but holds no PostgreSQL data. Move it away, or restore what was in it."
            )
        if folder.pg.stat().st_uid != runner.uid:
            runner.own(folder.pg)
        return
    new = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.root))
    try:
        _initialise(new, folder, binaries, runner)
        new.rename(folder.pg)  # initdb has synced the files: what bears the final name is complete
        _sync(folder.root)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _discard(unfinished: Path) -> None:
    """Remove what a killed start left; its last process may live, and write, for a moment more."""
    deadline = time.monotonic() + DISCARD_SECONDS
    while unfinished.exists() and time.monotonic() < deadline:
        for pid in processes.working_in(unfinished):
            processes.kill(pid)
        shutil.rmtree(unfinished, ignore_errors=True)


def _initialise(new: Path, folder: Folder, binaries: Binaries, runner: Runner) -> None:
    runner.own(new)
    with runner.reach(new) as (address, keep):
        command = [
            *(binaries.program("initdb"), "-D", address, "-U", wire.USER, "--encoding=UTF8"),
            *("--auth-local=trust", "--auth-host=reject", "--no-instructions"),
            *_locale(binaries.major),
        ]
        process = runner.spawn(command, subprocess.PIPE, keep)
        words = process.communicate()[0].decode(errors="replace")
    if process.returncode != 0:
        with folder.log.open("a") as log:
            log.write(words)
        raise failed_start(folder.pg, words, folder.log)
    settings = new / "postgresql.conf"
    with settings.open("a") as file:
        file.write(SIZES)
        file.flush()
        os.fsync(file.fileno())


def _locale(major: int) -> list[str]:
    """C.UTF-8 on every machine: sorts by code point, and knows upper from lower case beyond ASCII."""
    if major >= BUILTIN_PROVIDER_SINCE:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return ["--locale=C"]
    return ["--locale=C.UTF-8"]


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
