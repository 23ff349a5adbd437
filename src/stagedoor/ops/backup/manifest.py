"""What a backup file is: of which database, how it was counted when it was taken, and whether a restore proved it."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from stagedoor.ops.backup.tools import BackupError


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Beside every `….dump` as `….json`. `counts` are the rows of each table in the dump's own snapshot."""

    file: str
    database: str
    system: str
    taken_at: datetime
    verified_at: datetime | None
    bytes: int
    sha256: str
    server_version: str
    migrations: list[int]
    counts: dict[str, int]

    @property
    def age_seconds(self) -> float:
        return (datetime.now(UTC) - self.taken_at).total_seconds()


def path_of(dump: Path) -> Path:
    return dump.with_suffix(".json")


def read(dump: Path) -> Manifest:
    """Raises BackupError."""
    try:
        return msgspec.json.decode(path_of(dump).read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise BackupError(f"{dump} has no {path_of(dump).name} beside it, so nobody knows what it holds.") from error
    except (OSError, msgspec.MsgspecError) as error:
        raise BackupError(f"{path_of(dump)} cannot be read ({error}).") from error


def write(dump: Path, manifest: Manifest) -> None:
    """At once, or not at all."""
    target = path_of(dump)
    part = target.with_suffix(".json.part")
    part.touch(mode=0o600)
    part.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    part.replace(target)


def digest(dump: Path) -> str:
    """SHA-256 of the file. Reads all of it: call it in a thread."""
    with dump.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def newest(folder: Path) -> tuple[Path, Manifest] | None:
    """The latest backup in `folder`, by when it was taken; None if there is none. Raises BackupError."""
    found = [(dump, read(dump)) for dump in folder.glob("*.dump")]
    return max(found, key=lambda pair: pair[1].taken_at, default=None)


def why_not_trust(dump: Path, manifest: Manifest, *, hours: int) -> list[str]:
    """What speaks against going back to this backup: never proven, too old, or not the file that was proven."""
    reasons = []
    if manifest.verified_at is None:
        reasons.append(f"{dump.name} was never proven by a restore")
    if manifest.age_seconds > hours * 3600:
        reasons.append(f"{dump.name} is {manifest.age_seconds / 3600:.0f} h old, more than {hours} h")
    if dump.stat().st_size != manifest.bytes or digest(dump) != manifest.sha256:
        reasons.append(f"{dump.name} is not the file that was taken: its checksum differs")
    return reasons
