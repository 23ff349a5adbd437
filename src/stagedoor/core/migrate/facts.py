"""What a file makes, read from its text: the tables, columns, indexes, triggers, constraints and functions.

Status uses it to tell a file that was applied by hand, adopt to check that it was, and the lint to hold a
DOWN file to what its own UP made. Things made inside function or DO bodies are not seen.
"""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from stagedoor.core.migrate.statements import Statement

Kind = Literal["table", "temporary table", "index", "column", "constraint", "trigger", "function"]


class Thing(NamedTuple):
    """`table` is empty for what belongs to no table; names are bare, without the schema `public`."""

    kind: Kind
    name: str
    table: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.table}.{self.name}" if self.table else f"{self.kind} {self.name}"


NAME = r'((?:(?:"[^"]+"|[\w$]+)\s*\.\s*)?(?:"[^"]+"|[\w$]+))'
_TABLE = re.compile(
    rf"CREATE\s+(?:(?:GLOBAL|LOCAL)\s+)?(TEMP(?:ORARY)?\s+)?(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{NAME}",
    re.I,
)
INDEX = re.compile(
    rf"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(CONCURRENTLY\s+)?(IF\s+NOT\s+EXISTS\s+)?(?!ON\b){NAME}\s+ON\s+(?:ONLY\s+)?{NAME}",
    re.I,
)
_TRIGGER = re.compile(
    rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\s+{NAME}\s.*?\bON\s+{NAME}", re.I | re.S
)
_FUNCTION = re.compile(rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\s+{NAME}", re.I)
ALTER_TABLE = re.compile(rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?{NAME}(?P<actions>.*)", re.I | re.S)
_ADD_CONSTRAINT = re.compile(rf"ADD\s+CONSTRAINT\s+{NAME}", re.I)
_ADD_COLUMN = re.compile(
    r"ADD\s+(?:COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?"
    rf"(?!(?:CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN|EXCLUDE)\b){NAME}",
    re.I,
)
_ADD = re.compile(r"ADD\s+(?:COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?", re.I)


def bare(name: str) -> str:
    """Compare names as PostgreSQL does: unquoted ones in lower case, `public` left out."""
    parts = re.findall(r'"[^"]+"|[\w$]+', name)
    plain = [part[1:-1] if part.startswith('"') else part.lower() for part in parts]
    return ".".join(part for n, part in enumerate(plain) if not (n == 0 and len(plain) > 1 and part == "public"))


def actions(text: str) -> list[str]:
    """The actions of one ALTER TABLE, cut at the commas outside brackets."""
    found, depth, begin = [], 0, 0
    for at, sign in enumerate(text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            found.append(text[begin:at].strip())
            begin = at + 1
    return [*found, text[begin:].strip()]


def columns(statement: Statement) -> list[str]:
    """The definitions that a CREATE TABLE or an ALTER TABLE … ADD gives, without the word ADD."""
    code = statement.code
    if match := ALTER_TABLE.match(code):
        return [_ADD.sub("", action) for action in actions(match["actions"]) if _ADD.match(action)]
    if _TABLE.match(code) and "(" in code:
        return actions(code[code.index("(") + 1 : code.rindex(")")])
    return []


def made(statements: Iterable[Statement]) -> set[Thing]:
    things: set[Thing] = set()
    for statement in statements:
        code = statement.code
        if match := _TABLE.match(code):
            things.add(Thing("temporary table" if match[1] else "table", bare(match[2])))
        elif match := INDEX.match(code):
            things.add(Thing("index", bare(match[3]), bare(match[4])))
        elif match := _TRIGGER.match(code):
            things.add(Thing("trigger", bare(match[1]), bare(match[2])))
        elif match := _FUNCTION.match(code):
            things.add(Thing("function", bare(match[1])))
        elif match := ALTER_TABLE.match(code):
            things |= _added(bare(match[1]), match["actions"])
    return things


def _added(table: str, text: str) -> set[Thing]:
    things: set[Thing] = set()
    for action in actions(text):
        if match := _ADD_CONSTRAINT.match(action):
            things.add(Thing("constraint", bare(match[1]), table))
        elif match := _ADD_COLUMN.match(action):
            things.add(Thing("column", bare(match[1]), table))
    return things
