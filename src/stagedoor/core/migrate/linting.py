"""A migration that would hurt a busy platform, or that cannot be undone alone, is named before it runs.

squawk reads every file with the settings below, our own rules (rules.py) read it again, and what is left
after the written exceptions is reported. An exception says why, and one that excuses nothing is reported too:

    -- lint: allow <rule>: <why>

It stands on the line that it excuses, above that line, or above a whole statement.
"""

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stagedoor.core.migrate import facts
from stagedoor.core.migrate.facts import Thing
from stagedoor.core.migrate.files import (
    MIGRATIONS,
    Direction,
    Finding,
    MigrationError,
    SqlFile,
    discover,
    shape_findings,
)
from stagedoor.core.migrate.rules import Setting, check

PG_VERSION = "15.0"
# A migration is bounded by lock_timeout; what runs long must be allowed to finish. The other two fire on every
# count, price and second: our own rule `narrow-key` asks for bigint where numbers run out.
EXCLUDED = ("require-statement-timeout", "prefer-bigint-over-int", "prefer-bigint-over-smallint")
# The rule `no-transaction` asks for what squawk forbids: a CREATE without IF NOT EXISTS, which would pass over a
# half-built index.
EXCLUDED_WITHOUT_TRANSACTION = ("prefer-robust-stmts",)
# DOWN exists to drop.
EXCLUDED_IN_DOWN = (
    "ban-drop-column",
    "ban-drop-constraint",
    "ban-drop-domain",
    "ban-drop-extension",
    "ban-drop-function",
    "ban-drop-generated-expression",
    "ban-drop-index",
    "ban-drop-not-null",
    "ban-drop-policy",
    "ban-drop-schema",
    "ban-drop-sequence",
    "ban-drop-table",
    "ban-drop-type",
    "ban-drop-view",
)
_ALLOW = re.compile(r"--\s*lint:\s*allow\s+(?P<rule>[\w-]+)\s*:\s*(?P<why>\S.*)")
_LINT_REMARK = re.compile(r"--\s*lint:", re.I)
_SECONDS = 60
_DIRECTIONS: tuple[Direction, ...] = ("up", "down")


@dataclass(frozen=True, slots=True)
class Exemption:
    """Where a written exception holds: its own line, and the lines from `first` to `last`."""

    line: int
    rule: str
    first: int
    last: int

    def covers(self, finding: Finding) -> bool:
        within = finding.line == self.line or self.first <= finding.line <= self.last
        return within and finding.rule == self.rule


def lint(directory: Path = MIGRATIONS) -> list[Finding]:
    """Everything there is to mend, by file and line. Raises MigrationError where squawk cannot be run."""
    migrations, findings = discover(directory)
    files: list[SqlFile] = []
    earlier: frozenset[Thing] = frozenset()
    for migration in migrations:
        made = frozenset(facts.made(migration.up.statements))
        own = made - earlier
        for direction in _DIRECTIONS:
            file = migration.file(direction)
            files.append(file)
            findings += [*shape_findings(file), *check(Setting(file, migration, direction, earlier, own))]
        earlier |= made
    findings += _squawk(files)
    kept = [finding for finding in findings if finding.file not in {file.path.name for file in files}]
    for file in files:
        kept += excused(file, [finding for finding in findings if finding.file == file.path.name])
    return sorted(set(kept), key=lambda finding: (finding.file, finding.line, finding.rule))


def excused(file: SqlFile, findings: Iterable[Finding]) -> list[Finding]:
    """What is left of a file's findings after its written exceptions, and what is wrong with those."""
    name = file.path.name
    exemptions, left = [], []
    for line, remark in file.script.remarks:
        if match := _ALLOW.match(remark):
            exemptions.append(_exemption(file, line, match["rule"]))
        elif _LINT_REMARK.match(remark):
            sentence = "Write it as `-- lint: allow <rule>: <why>`; an exception without its why is none."
            left.append(Finding(name, line, "exception", sentence))
        elif "squawk-ignore" in remark:
            sentence = "squawk-ignore gives no reason: write `-- lint: allow <rule>: <why>`."
            left.append(Finding(name, line, "exception", sentence))
    used = set()
    for finding in findings:
        by = [exemption for exemption in exemptions if exemption.covers(finding)]
        used.update(by)
        if not by:
            left.append(finding)
    for exemption in exemptions:
        if exemption not in used:
            sentence = f"Nothing here needs `allow {exemption.rule}` any more: take the line away."
            left.append(Finding(name, exemption.line, "unused-exception", sentence))
    return left


def _exemption(file: SqlFile, line: int, rule: str) -> Exemption:
    lines = file.script.code.splitlines()
    if line <= len(lines) and lines[line - 1].strip():
        return Exemption(line, rule, line, line)
    after = next((n for n in range(line + 1, len(lines) + 1) if lines[n - 1].strip()), line)
    whole = next((s for s in file.statements if s.line == after), None)
    return Exemption(line, rule, after, whole.last_line if whole else after)


def _squawk(files: Iterable[SqlFile]) -> list[Finding]:
    groups: dict[tuple[str, ...], list[SqlFile]] = defaultdict(list)
    for file in files:
        excluded = EXCLUDED + (EXCLUDED_IN_DOWN if file.path.stem.endswith("_DOWN") else ())
        excluded += () if file.in_transaction else EXCLUDED_WITHOUT_TRANSACTION
        mode = "--assume-in-transaction" if file.in_transaction else "--no-assume-in-transaction"
        groups[(mode, *(f"--exclude={rule}" for rule in excluded))].append(file)
    return [finding for flags, group in groups.items() for finding in _run_squawk(flags, group)]


def _run_squawk(flags: Iterable[str], files: Iterable[SqlFile]) -> list[Finding]:
    beside = Path(sys.executable).parent / "squawk"
    squawk = str(beside) if beside.exists() else shutil.which("squawk")
    if squawk is None:
        raise MigrationError("squawk is not installed: `pip install squawk-cli`, then run the lint again.")
    paths = [str(file.path.resolve()) for file in files]
    # from "/", or a .squawk.toml above the working folder would have a say
    run = subprocess.run(  # noqa: S603
        [squawk, "--reporter=json", f"--pg-version={PG_VERSION}", *flags, *paths],
        capture_output=True, text=True, cwd="/", timeout=_SECONDS, check=False,
    )  # fmt: skip
    try:
        rows = json.loads(run.stdout)
    except json.JSONDecodeError as error:
        raise MigrationError(
            f"squawk failed: {run.stderr.strip() or run.stdout.strip()}. Check its version."
        ) from error
    return [
        Finding(
            Path(row["file"]).name,
            row["line"] + 1,
            row["rule_name"],
            " ".join(part for part in (row["message"], row.get("help")) if part),
        )
        for row in rows
    ]
