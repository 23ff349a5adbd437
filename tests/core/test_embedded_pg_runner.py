"""Whoever the server runs as, it begins as any program does, and what stands in the way is told."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from stagedoor.core.embedded_pg.faults import failed_start
from stagedoor.core.embedded_pg.folder import Folder
from stagedoor.core.embedded_pg.runner import Runner, choose
from tests.core.embedded_pg_people import IS_ROOT, NOBODY

PIPE = 1 << (signal.SIGPIPE - 1)


@pytest.fixture(params=["as chosen", "as another user", "as we are"] if IS_ROOT else ["as chosen"])
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> Runner:
    match request.param:
        case "as chosen":
            return choose(Folder.prepare(tmp_path / "house"))
        case "as another user":
            return Runner(NOBODY, NOBODY)
    return Runner(os.geteuid(), os.getegid())


def said(runner: Runner, *command: str) -> tuple[int, str]:
    process = runner.spawn(command, subprocess.PIPE)
    return process.wait(), process.communicate()[0].decode()


def test_the_program_is_that_user_and_ends_with_its_pipe(runner: Runner) -> None:
    code, words = said(runner, "/bin/sh", "-c", "id -u; grep SigIgn /proc/self/status")
    assert code == 0, words
    uid, ignored = words.splitlines()
    assert int(uid) == runner.uid
    assert not int(ignored.split()[1], 16) & PIPE, "Python ignores it, and no other program does"


def test_a_program_that_cannot_run_says_why(runner: Runner) -> None:
    code, words = said(runner, "/nowhere/postgres")
    assert code != 0
    told = failed_start(Path("/data/pg"), words, Path("/data/pg.log"))
    assert f"cannot run /nowhere/postgres as the user {runner.uid}: No such file or directory" in str(told)
