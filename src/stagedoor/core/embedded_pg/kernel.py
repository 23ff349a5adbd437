"""The three Linux calls that Python 3.11 does not offer (elsewhere the first two do nothing), and what needs two of
them: to become somebody and then a program.

This file is also a script of its own, which `Runner` starts. Between fork and exec no Python may run: another thread
may have held any lock at the fork, and whatever goes wrong there is told to nobody.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWUSER = 0x10000000

LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def die_with_parent(signal_number: int, parent: int) -> None:
    """From now on the death of the parent, by whatever cause, sends this process the signal.

    Changing user clears this, so call it last before exec.
    """
    if not LINUX:
        return
    _checked(_libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0))
    if os.getppid() != parent:  # it died before we asked
        os.kill(os.getpid(), signal_number)


def adopt_orphans() -> None:
    """Children of a killed child become ours, so that they can be found and ended."""
    if LINUX:
        _checked(_libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def enter_user_namespace(uid: int, gid: int) -> None:
    """Appear as `uid` to this process, and stay who we are to the file system. OSError where that is forbidden."""
    if not LINUX:
        raise OSError("user namespaces are a feature of Linux")
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _checked(_libc.unshare(CLONE_NEWUSER))
    for file, words in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outer_uid} 1"),
        ("gid_map", f"{gid} {outer_gid} 1"),
    ):
        Path("/proc/self", file).write_text(words)


def run_as(uid: int, gid: int, namespace: bool, parent: int, command: Sequence[str]) -> None:
    """Become that user, end with the parent, and be the program from now on. OSError where that is forbidden.

    Returns only for an empty command, which asks whether it is possible.
    """
    if namespace:
        enter_user_namespace(uid, gid)
    elif uid != os.geteuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    die_with_parent(signal.SIGINT, parent)  # to PostgreSQL SIGINT means: stop now, cleanly
    for ignored_by_python in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored_by_python, signal.SIG_DFL)
    if command:
        os.execv(command[0], list(command))  # noqa: S606


if __name__ == "__main__":
    _, as_uid, as_gid, inside, whose, *program = sys.argv
    try:
        run_as(int(as_uid), int(as_gid), inside == "namespace", int(whose), program)
    except OSError as refusal:
        sys.exit(f"error: cannot run {' '.join(program[:1])} as the user {as_uid}: {refusal.strerror}")
