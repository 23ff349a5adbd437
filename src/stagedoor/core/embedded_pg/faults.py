"""Whatever keeps the embedded database from running is told in one sentence that a person can act on."""

import errno
import re
from pathlib import Path

ELSEWHERE = "Set STAGEDOOR_DATA_DIR to a folder you can write to, or DATABASE_URL to a PostgreSQL of your own."


class EmbeddedPostgresError(Exception):
    """The embedded database cannot run; the message says why and what mends it."""


def unusable_folder(folder: Path, error: OSError) -> EmbeddedPostgresError:
    """The sentence for a data folder that the operating system refuses."""
    match error.errno:
        case errno.EROFS:
            why = f"The data folder {folder} is on a read-only file system."
        case errno.EACCES | errno.EPERM:
            why = f"You have no permission to write to the data folder {folder}."
        case errno.ENOSPC | errno.EDQUOT:
            return full_disk(folder)
        case errno.ENOTDIR | errno.EEXIST:
            why = f"The data folder {folder} cannot be made, because a file is in its place."
        case _:
            why = f"The data folder {folder} cannot be used ({error.strerror})."
    return EmbeddedPostgresError(f"{why} {ELSEWHERE}")


def full_disk(folder: Path) -> EmbeddedPostgresError:
    return EmbeddedPostgresError(
        f"The disk that holds {folder} is full. Free some space and start again; nothing committed is lost."
    )


def failed_start(pg: Path, words: str, log: Path) -> EmbeddedPostgresError:
    """The sentence for a server or an initdb that ended. Of what it wrote, the first fatal line is the cause."""
    if "No space left on device" in words:
        return full_disk(pg.parent)
    cause = re.search(r"(?:FATAL|PANIC|error):\s+(.+)", words)
    said = f": {cause[1].strip().rstrip('.')}" if cause else ""
    return EmbeddedPostgresError(
        f"PostgreSQL could not start on {pg}{said}. What it wrote is in {log}. "
        f"If the data is damaged, move {pg} away and restore a backup."
    )
