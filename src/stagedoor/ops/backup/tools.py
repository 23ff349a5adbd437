"""Which pg_dump and pg_restore are used: the server's own major version, else the next newer one.

An older pg_dump refuses a newer server, and a much newer pg_restore says what an older server does not understand.
The embedded server's programs know no TLS, so a database that asks for it needs PostgreSQL's client programs installed.
"""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit, urlunsplit

from stagedoor.core.embedded_pg.binaries import MACHINE, WHEEL, wheel_site

_TLS = ("require", "verify-ca", "verify-full")


class BackupError(Exception):
    """What went wrong, and what mends it."""


@dataclass(frozen=True, slots=True)
class Tools:
    """One folder of client programs of one PostgreSQL major version."""

    folder: Path
    major: int

    async def run(self, program: str, dsn: str, *words: str) -> None:
        """Run it against `dsn`; the password goes by the environment, where `ps` does not show it. Raises
        BackupError with what the program said."""
        address, password = without_password(dsn)
        env = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
        if password is not None:
            env["PGPASSWORD"] = password
        process = await asyncio.create_subprocess_exec(
            str(self.folder / program),
            f"--dbname={address}",
            *words,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, said = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
        if process.returncode:
            last = said.decode(errors="replace").strip().splitlines()[-3:]
            raise BackupError(f"{program} failed: {' '.join(last) or f'exit code {process.returncode}'}.")


def find(dsn: str, server_major: int) -> Tools:
    """The nearest tools that fit a server of `server_major`. Raises BackupError."""
    tls = needs_tls(dsn)
    fitting = [tools for tools in _installed(without_wheel=tls) if tools.major >= server_major]
    if not fitting:
        why = " with TLS" if tls else ""
        raise BackupError(
            f"There is no pg_dump of version {server_major} or newer{why} on this machine: install"
            f" postgresql-client-{server_major}."
        )
    return min(fitting, key=lambda tools: tools.major)


def needs_tls(dsn: str) -> bool:
    return parse_qs(urlsplit(dsn).query).get("sslmode", [""])[0] in _TLS


def without_password(dsn: str) -> tuple[str, str | None]:
    """The same address without its password, and the password."""
    parts = urlsplit(dsn)
    if parts.password is None:
        return dsn, None
    user = quote(unquote(parts.username or ""))
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}@{host}")), unquote(parts.password)


def named(dsn: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{quote(database)}"))


def _installed(*, without_wheel: bool) -> Iterator[Tools]:
    for folder in _folders(without_wheel):
        dump, restore = folder / "pg_dump", folder / "pg_restore"
        if os.access(dump, os.X_OK) and os.access(restore, os.X_OK) and (major := _major(folder)):
            yield Tools(folder, major)


def _folders(without_wheel: bool) -> Iterator[Path]:
    on_path = shutil.which("pg_dump")
    if on_path:
        yield Path(on_path).parent
    for pattern in MACHINE:
        yield from sorted(Path("/").glob(pattern.lstrip("/")))
    site = wheel_site()
    if site is not None and not without_wheel:
        yield site / WHEEL / "pginstall" / "bin"


def _major(folder: Path) -> int | None:
    words: Sequence[str] = (str(folder / "pg_dump"), "--version")
    said = subprocess.run(words, capture_output=True, text=True, timeout=10, check=False).stdout  # noqa: S603
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else None
