"""Our own checks, for what squawk does not see: what a file would do to a database that is in use.

Each rule reads one file in the light of what earlier numbers made; names of rules are what an exception
`-- lint: allow <rule>: <why>` repeats. Function bodies run later and are not read; DO bodies run now and are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stagedoor.core.migrate import facts
from stagedoor.core.migrate.facts import NAME, Thing, bare
from stagedoor.core.migrate.files import Direction, Finding, Migration, SqlFile
from stagedoor.core.migrate.statements import Statement, cut

LOCK_SECONDS_MAX = 5
# CONCURRENTLY waits for old transactions as for a lock, and nobody queues behind it
LOCK_SECONDS_MAX_CONCURRENTLY = 600

_LOCK_TIMEOUT = re.compile(r"SET\s+(?:SESSION\s+)?lock_timeout\s*(?:=|\bTO\b)\s*'?(\d+)\s*(ms|s|min)?'?\s*$", re.I)
_SETS_LOCK_TIMEOUT = re.compile(r"(?:SET\b.*\block_timeout\b|RESET\s+(?:ALL|lock_timeout)\b)", re.I | re.S)
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0}
_HEAVY = {
    "truncate": (re.compile(r"TRUNCATE\b", re.I), "TRUNCATE locks everybody out and cannot be batched"),
    "lock-table": (re.compile(r"LOCK\s+(?:TABLE\s+)?\w", re.I), "LOCK TABLE holds its lock to the end of the file"),
    "vacuum-full": (re.compile(r"(?:VACUUM\b.*\bFULL|CLUSTER)\b", re.I | re.S), "the table is rewritten under a lock"),
}
_NARROW_COLUMN = re.compile(
    rf"{NAME}\s+(?P<type>smallint|integer|int|int2|int4|serial|smallserial|serial4|serial2)\b(?P<rest>.*)", re.I | re.S
)
_MAKES_KEY = re.compile(r"\b(?:PRIMARY\s+KEY|REFERENCES|IDENTITY)\b", re.I)
_TABLE_KEY = re.compile(rf"(?:CONSTRAINT\s+\S+\s+)?PRIMARY\s+KEY\s*\(\s*{NAME}\s*\)", re.I)
_WRITES = re.compile(
    rf"(?<!FOR\s)(?<!KEY\s)(?<!\bON\s)(?<!\bDO\s)(?<!\bOR\s)\b(UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?(?!SET\b|OF\b|ON\b){NAME}",
    re.I,
)
_READS = re.compile(rf"\b(?:FROM|JOIN)\s+(?:ONLY\s+)?(?!LATERAL\b|SELECT\b){NAME}(?![\w$.]|\s*\()", re.I)
_DROPS = re.compile(
    r"DROP\s+(TABLE|INDEX|FUNCTION|PROCEDURE)\s+(?:CONCURRENTLY\s+)?(?:IF\s+EXISTS\s+)?(?P<names>.+)", re.I | re.S
)
_DROPS_TRIGGER = re.compile(rf"DROP\s+TRIGGER\s+(?:IF\s+EXISTS\s+)?{NAME}\s+ON\s+{NAME}", re.I)
_DROPS_PART = re.compile(
    rf"DROP\s+(CONSTRAINT\s+|COLUMN\s+)?(?:IF\s+EXISTS\s+)?(?!NOT\b|DEFAULT\b|EXPRESSION\b|IDENTITY\b){NAME}", re.I
)


@dataclass(frozen=True)
class Setting:
    """A file and what it stands on: what earlier numbers made, and what its own UP made that was not there."""

    file: SqlFile
    migration: Migration
    direction: Direction
    earlier: frozenset[Thing]
    own: frozenset[Thing]

    @property
    def earlier_tables(self) -> set[str]:
        return {thing.name for thing in self.earlier if thing.kind == "table"}

    def finding(self, line: int, rule: str, message: str) -> Finding:
        return Finding(self.file.path.name, line, rule, message)


def check(setting: Setting) -> list[Finding]:
    findings = [*_lock_timeout(setting), *_heavy(setting), *_backfill(setting), *_narrow_key(setting)]
    if setting.direction == "down":
        findings += [*_touches_earlier(setting), *_cascade(setting)]
    return findings


def _lock_timeout(setting: Setting) -> Iterator[Finding]:
    """Plain psql has no runner beside it, so the file itself must not queue for a lock for long."""
    most = LOCK_SECONDS_MAX if setting.file.in_transaction else LOCK_SECONDS_MAX_CONCURRENTLY
    sentence = f"Begin with `SET lock_timeout = '2s';` and never allow more than {most} s: it keeps ALTER TABLE,"
    sentence += " trigger and index DDL from stopping everybody who comes after it."
    statements = setting.file.statements
    if statements and _LOCK_TIMEOUT.match(statements[0].text) is None:
        yield setting.finding(statements[0].line, "lock-timeout", sentence)
    for statement in statements:
        if _SETS_LOCK_TIMEOUT.match(statement.code):
            match = _LOCK_TIMEOUT.match(statement.text)
            seconds = int(match[1]) * _UNIT_SECONDS[(match[2] or "ms").lower()] if match else 0
            if (statement is not statements[0] and match is None) or (match and not 0 < seconds <= most):
                yield setting.finding(statement.line, "lock-timeout", sentence)


def _running(file: SqlFile) -> Iterator[Statement]:
    """The statements that run when the file does: its own, and those inside DO bodies."""
    for statement in file.statements:
        yield statement
        if statement.code[:2].upper() == "DO":
            for line, body in statement.bodies:
                for inner in cut(body).statements:
                    yield Statement(line + inner.line - 1, inner.text, inner.code)


def _is_inner(statement: Statement, file: SqlFile) -> bool:
    return statement not in file.statements


def _heavy(setting: Setting) -> Iterator[Finding]:
    for statement in _running(setting.file):
        inner = _is_inner(statement, setting.file)
        for rule, (pattern, why) in _HEAVY.items():
            found = _after_block_words(pattern, statement.code) if inner else pattern.match(statement.code)
            if found:
                sentence = f"{why[0].upper()}{why[1:]}: find a way that writers can live beside, or say why not."
                yield setting.finding(statement.line_at(found.start()), rule, sentence)


def _after_block_words(pattern: re.Pattern[str], code: str) -> re.Match[str] | None:
    """In plpgsql a command may follow BEGIN, THEN, ELSE or LOOP without a semicolon."""
    for lead in re.finditer(r"\A\s*|\b(?:BEGIN|THEN|ELSE|LOOP)\s+", code, re.I):
        if match := pattern.match(code, lead.end()):
            return match
    return None


def _backfill(setting: Setting) -> Iterator[Finding]:
    """Rows of a table that people are using: this file did not make it."""
    fresh = {t.name for t in facts.made(setting.file.statements) if t.kind in ("table", "temporary table")}
    for statement in _running(setting.file):
        first = statement.code.split(None, 1)[0].upper()
        if first in ("UPDATE", "DELETE", "WITH", "MERGE") or _is_inner(statement, setting.file):
            for match in _WRITES.finditer(statement.code):
                if bare(match[2]) not in fresh:
                    sentence = (
                        f"{match[1].split()[0].upper()} of a table in use ({bare(match[2])}) keeps its rows locked"
                    )
                    yield setting.finding(statement.line_at(match.start()), "backfill", sentence + _BATCHES)
        if first == "INSERT":
            read = {bare(match[1]) for match in _READS.finditer(statement.code)} & setting.earlier_tables
            if read:
                sentence = f"INSERT … SELECT over a table in use ({', '.join(sorted(read))}) keeps this file's locks"
                yield setting.finding(statement.line, "backfill", sentence + _BATCHES)


_BATCHES = " for as long as it runs: do it in batches outside the migration, or say why it is short."


def _narrow_key(setting: Setting) -> Iterator[Finding]:
    """squawk's prefer-bigint rules ask it of every number; what runs out are keys, and references to them."""
    for statement in setting.file.statements:
        columns = facts.columns(statement)
        keys = {bare(match[1]) for column in columns if (match := _TABLE_KEY.match(column))}
        for column in columns:
            match = _NARROW_COLUMN.match(column)
            name = bare(match[1]) if match else ""
            named = name in keys or name == "id" or name.endswith("_id")
            if match and (named or "serial" in match["type"].lower() or _MAKES_KEY.search(match["rest"])):
                sentence = f"{name} is a key of 32 bits or less, and will run out of numbers: use uuid or bigint."
                yield setting.finding(statement.line_at(statement.code.index(column)), "narrow-key", sentence)


def _touches_earlier(setting: Setting) -> Iterator[Finding]:
    """DOWN takes back what its own UP made, and nothing that was there before."""
    own_tables = {thing.name for thing in setting.own if thing.kind == "table"}
    altered = {bare(match[1]) for s in setting.migration.up.statements if (match := facts.ALTER_TABLE.match(s.code))}
    for statement in _running(setting.file):
        for offset, what in _takes(statement, setting.own, own_tables, altered):
            sentence = (
                f"{what} was not made by {setting.migration.up.path.name}: DOWN may only take back what that made."
            )
            yield setting.finding(statement.line_at(offset), "down-touches-earlier", sentence)


def _takes(
    statement: Statement, own: frozenset[Thing], own_tables: set[str], altered: set[str]
) -> Iterator[tuple[int, str]]:
    """(offset in the code, what) of everything that a statement of a DOWN takes and its UP did not make."""
    code = statement.code
    if match := _DROPS.match(code):
        kind = match[1].lower().replace("procedure", "function")
        names = {thing.name for thing in own if thing.kind == kind}
        on_own_table = {thing.name for thing in own if thing.kind == "index"} | names
        for name in _listed(match["names"]):
            if name not in (on_own_table if kind == "index" else names):
                yield 0, f"{kind} {name}"
    elif match := _DROPS_TRIGGER.match(code):
        if Thing("trigger", bare(match[1]), bare(match[2])) not in own and bare(match[2]) not in own_tables:
            yield 0, f"trigger {bare(match[2])}.{bare(match[1])}"
    elif match := facts.ALTER_TABLE.match(code):
        table = bare(match[1])
        if table not in own_tables:
            yield from ((0, what) for what in _altered(table, match["actions"], own, altered))
    elif not re.match(r"CREATE\b", code, re.I):  # which makes; a trigger's BEFORE UPDATE OR DELETE takes nothing
        for write in re.finditer(rf"\b(UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)\s+(?:ONLY\s+)?{NAME}", code, re.I):
            if bare(write[2]) not in own_tables:
                yield write.start(), f"table {bare(write[2])}"


def _altered(table: str, text: str, own: frozenset[Thing], altered: set[str]) -> Iterator[str]:
    for action in facts.actions(text):
        if match := _DROPS_PART.match(action):
            word = (match[1] or "column").strip().lower()
            names = {thing.name for thing in own if thing.table == table and thing.kind == word}
            if bare(match[2]) not in names:
                yield f"{word} {table}.{bare(match[2])}"
        elif table not in altered:
            yield f"table {table}"


def _listed(names: str) -> Iterator[str]:
    """`f(uuid, text), g() CASCADE` names f and g."""
    for piece in facts.actions(names):
        match = re.match(NAME, piece)
        if match:
            yield bare(match[1])


def _cascade(setting: Setting) -> Iterator[Finding]:
    for statement in setting.file.statements:
        match = re.search(r"\bCASCADE\b", statement.code, re.I)
        if match and re.match(r"DROP|TRUNCATE|ALTER", statement.code, re.I):
            sentence = "CASCADE takes what this file does not name, a later feature's things too: name them instead."
            yield setting.finding(statement.line_at(match.start()), "drop-cascade", sentence)


def destroys(migration: Migration) -> list[str]:
    """What rows a DOWN loses for good: the tables and columns it drops, the rows it deletes."""
    lost = []
    for statement in _running(migration.down):
        code = statement.code
        if (match := _DROPS.match(code)) and match[1].upper() == "TABLE":
            lost += [f"table {name}" for name in _listed(match["names"])]
        elif re.match(r"DROP\s+(?:SCHEMA|MATERIALIZED)\b", code, re.I):
            lost.append(" ".join(code.split()[1:]).lower())
        elif match := facts.ALTER_TABLE.match(code):
            parts = [part for action in facts.actions(match["actions"]) if (part := _DROPS_PART.match(action))]
            lost += [f"column {bare(match[1])}.{bare(p[2])}" for p in parts if "CONSTRAINT" not in (p[1] or "").upper()]
        else:
            rows = re.finditer(rf"\b(?:DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)\s+(?:ONLY\s+)?{NAME}", code, re.I)
            lost += [f"rows of {bare(match[1])}" for match in rows]
    return lost
