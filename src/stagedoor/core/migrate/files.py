"""A migration is two files, `132_name.sql` and `132_name_DOWN.sql`, and nothing half-written gets past here.

Every number is unique, every UP has its DOWN, and a file that would commit by itself, or that psql alone
could read but a server could not, is refused before the database is touched.
"""

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from stagedoor.core.migrate import facts
from stagedoor.core.migrate.statements import Script, Statement, cut

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
NO_TRANSACTION = "-- no-transaction"
_FILE_NAME = re.compile(r"(?P<number>\d{3,})_(?P<name>[a-z0-9]+(?:_[a-z0-9]+)*)(?P<down>_DOWN)?\.sql")
_COMMITS = re.compile(
    r"(BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE\s+TRANSACTION)\b", re.I
)
_SET = re.compile(r"SET\s+(?!LOCAL\b)", re.I)
_CONCURRENTLY = re.compile(r"\w+\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\b", re.I)
_DROP_INDEX = re.compile(rf"DROP\s+INDEX\s+CONCURRENTLY\s+IF\s+EXISTS\s+{facts.NAME}\s*(?:CASCADE|RESTRICT)?\s*$", re.I)

Direction = Literal["up", "down"]


class MigrationError(Exception):
    """A sentence that says what is wrong, and one that says how to mend it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend in one line of one file."""

    file: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True)
class SqlFile:
    path: Path
    text: str = field(repr=False)

    @cached_property
    def script(self) -> Script:
        return cut(self.text)

    @property
    def statements(self) -> tuple[Statement, ...]:
        return self.script.statements

    @property
    def checksum(self) -> str:
        """SHA-256 over lines that end in LF, so that a checkout with CRLF is the same file."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def in_transaction(self) -> bool:
        return self.text.partition("\n")[0].rstrip() != NO_TRANSACTION

    @property
    def settings(self) -> tuple[Statement, ...]:
        """The SET lines that a no-transaction file opens with."""
        return tuple(s for s in self.statements if _SET.match(s.code))

    @property
    def work(self) -> tuple[Statement, ...]:
        return tuple(s for s in self.statements if not _SET.match(s.code))

    @property
    def builds_index(self) -> tuple[str, str] | None:
        """(index, table) of a no-transaction file that builds one, as PostgreSQL names them."""
        match = facts.INDEX.match(self.work[0].code) if len(self.work) == 1 and not self.in_transaction else None
        return (facts.bare(match[3]), facts.bare(match[4])) if match else None


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    up: SqlFile
    down: SqlFile

    @property
    def title(self) -> str:
        return f"{self.number}_{self.name}"

    def file(self, direction: Direction) -> SqlFile:
        return self.up if direction == "up" else self.down


def load(directory: Path) -> list[Migration]:
    """All migrations by number. Raises MigrationError for the first file that may not be applied."""
    migrations, findings = discover(directory)
    for migration in migrations:
        findings += [*shape_findings(migration.up), *shape_findings(migration.down)]
    if findings:
        raise MigrationError(f"{findings[0]} `stagedoor migrate lint` lists everything there is to mend.")
    return migrations


def discover(directory: Path) -> tuple[list[Migration], list[Finding]]:
    """The whole pairs of a folder by number, and what keeps other files from being one."""
    if not directory.is_dir():
        raise MigrationError(f"There is no folder {directory}. Name the folder that holds the migrations.")
    ups: dict[int, list[SqlFile]] = {}
    downs: dict[str, SqlFile] = {}
    findings: list[Finding] = []
    for path in sorted(directory.glob("*.sql")):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            sentence = "Not named like 140_what_it_does.sql or 140_what_it_does_DOWN.sql: rename it."
            findings.append(Finding(path.name, 1, "file-name", sentence))
        elif match["down"]:
            downs[path.name.removesuffix("_DOWN.sql")] = _read(path)
        else:
            ups.setdefault(int(match["number"]), []).append(_read(path))
    migrations = []
    for number, files in sorted(ups.items()):
        migrations += [
            Migration(number, file.path.stem.partition("_")[2], file, downs[file.path.stem])
            for file in files
            if file.path.stem in downs
        ]
    return migrations, [*findings, *_unpaired(ups, downs)]


def _unpaired(ups: dict[int, list[SqlFile]], downs: dict[str, SqlFile]) -> list[Finding]:
    findings = []
    for number, files in ups.items():
        for file in files[1:]:
            sentence = f"Number {number} is taken by {files[0].path.name}: give this file the next free number."
            findings.append(Finding(file.path.name, 1, "number-clash", sentence))
        findings += [
            Finding(file.path.name, 1, "missing-twin", f"It has no way back: write {file.path.stem}_DOWN.sql.")
            for file in files
            if file.path.stem not in downs
        ]
    stems = {file.path.stem for files in ups.values() for file in files}
    return findings + [
        Finding(file.path.name, 1, "missing-twin", f"It undoes nothing: {stem}.sql is not here.")
        for stem, file in downs.items()
        if stem not in stems
    ]


def _read(path: Path) -> SqlFile:
    # read_text turns CRLF into LF
    return SqlFile(path, path.read_text(encoding="utf-8"))


def shape_findings(file: SqlFile) -> list[Finding]:
    """What makes a file unfit to be applied by the runner and by plain psql alike."""
    name = file.path.name
    findings = [
        Finding(name, s.line, "transaction-control", f"`{match[1]}` inside a migration: leave it out, who applies the"
                " file opens and closes the transaction.")
        for s in file.statements
        if (match := _COMMITS.match(s.code))
    ]  # fmt: skip
    findings += [
        Finding(name, number, "psql-command", "A backslash command works in psql only: write it in SQL.")
        for number, line in enumerate(file.script.code.splitlines(), 1)
        if line.lstrip().startswith("\\")
    ]
    if not file.work:
        findings.append(Finding(name, 1, "empty-file", "It holds no statement: write one, or remove the file."))
    elif file.in_transaction:
        findings += [
            Finding(name, s.line, "no-transaction", "CONCURRENTLY cannot run inside a transaction: give this statement"
                    f" a file of its own that opens with the line `{NO_TRANSACTION}`.")
            for s in file.work
            if _CONCURRENTLY.match(s.code)
        ]  # fmt: skip
    else:
        findings += _no_transaction_findings(file)
    return findings


def _no_transaction_findings(file: SqlFile) -> list[Finding]:
    """Only what can be repeated after a kill at any point may run without a transaction."""
    name = file.path.name
    if len(file.work) > 1:
        sentence = "A no-transaction file holds one statement after its SET lines: split it into several numbers."
        return [Finding(name, file.work[1].line, "no-transaction", sentence)]
    statement = file.work[0]
    index = facts.INDEX.match(statement.code)
    if index and index[1] and not index[2]:
        return []
    if index and index[2]:
        sentence = "IF NOT EXISTS would take a half-built index for a finished one: leave it out, a rerun is safe."
    elif _DROP_INDEX.match(statement.code):
        return []
    else:
        sentence = (
            "Only CREATE INDEX CONCURRENTLY name and DROP INDEX CONCURRENTLY IF EXISTS name may run without a"
            f" transaction: take the line `{NO_TRANSACTION}` away or split the file."
        )
    return [Finding(name, statement.line, "no-transaction", sentence)]
