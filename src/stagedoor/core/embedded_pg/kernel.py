"""The three Linux calls that Python 3.11 does not offer. Elsewhere the first two do nothing."""

import ctypes
import os
import sys
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
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {outer_gid} 1")
