"""Whoever the server runs as, it begins as any program does, and what stands in the way is told."""

import os
import subprocess
from pathlib import Path

import pytest

from stagedoor.core.embedded_pg.faults import failed_start
from stagedoor.core.embedded_pg.folder import Folder
from stagedoor.core.embedded_pg.runner import Runner, choose
from tests.core.embedded_pg_people import IS_ROOT, NOBODY


@pytest.fixture(params=["namespace", "other user", "nobody special"] if IS_ROOT else ["nobody special"])
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> Runner:
    match request.param:
        case "namespace":
            found = choose(Folder.prepare(tmp_path / "house"))
            return found if found.namespace else pytest.skip("namespaces are forbidden here")
        case "other user":
            return Runner(NOBODY, NOBODY)
    return Runner(os.geteuid(), os.getegid())


def said(runner: Runner, *command: str) -> tuple[int, str]:
    process = runner.spawn(command, subprocess.PIPE)
    return process.wait(), process.communicate()[0].decode()


def test_the_program_is_that_user_and_ignores_no_signal(runner: Runner) -> None:
    code, words = said(runner, "/bin/sh", "-c", "id -u; grep SigIgn /proc/self/status")
    assert code == 0, words
    uid, ignored = words.splitlines()
    assert int(uid) == runner.uid
    assert int(ignored.split()[1], 16) == 0, "a pipe that closes ends it, as everywhere"


def test_a_program_that_cannot_run_says_why(runner: Runner) -> None:
    code, words = said(runner, "/nowhere/postgres")
    assert code != 0
    told = failed_start(Path("/data/pg"), words, Path("/data/pg.log"))
    assert f"cannot run /nowhere/postgres as the user {runner.uid}: No such file or directory" in str(told)


@pytest.mark.skipif(IS_ROOT, reason="root may become anybody")
def test_a_user_that_one_may_not_become_is_told() -> None:
    code, words = said(Runner(os.geteuid() + 1, NOBODY), "/bin/true")
    assert code != 0 and "Operation not permitted" in words
