"""SQL text is cut exactly where psql would cut it, and only code counts as code.

A semicolon inside a string, a comment, a dollar-quoted body, brackets or a `BEGIN ATOMIC` body does not
end a statement, and a word inside a comment or a string is never taken for a command.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<remark>--[^\n]*)
      | (?P<block>/\*)
      | (?P<literal>[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*")
      | \$(?P<tag>(?:[A-Za-z_]\w*)?)\$(?P<body>.*?)\$(?P=tag)\$
      | (?P<word>[^\W\d][\w$]*)
      | (?P<gap>\s+)
      | .""",
    re.DOTALL | re.VERBOSE,
)
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_MARK = re.compile(r'"(?:[^"]|"")*"|[;()]|[^\W\d][\w$]*')
_BLOCK_WORDS = {"BEGIN": 1, "CASE": 1, "END": -1}


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `code` is `text` with comments, strings and bodies turned to blanks, line for line."""

    line: int
    text: str
    code: str
    bodies: tuple[tuple[int, str], ...] = ()

    @property
    def last_line(self) -> int:
        return self.line + self.text.count("\n")

    def line_at(self, offset: int) -> int:
        """Line in the file of a place in `code`."""
        return self.line + self.code.count("\n", 0, offset)


@dataclass(frozen=True, slots=True)
class Script:
    """A file as read: its statements, its code with everything else blanked, its comments by line."""

    statements: tuple[Statement, ...]
    code: str
    remarks: tuple[tuple[int, str], ...]


def cut(sql: str) -> Script:
    code, remarks, bodies = _blank(sql)
    statements = tuple(
        Statement(
            line=_line(sql, start),
            text=sql[start:end],
            code=code[start:end],
            bodies=tuple((_line(sql, at), body) for at, body in bodies if start <= at < end),
        )
        for start, end in _spans(code)
    )
    return Script(statements, code, tuple((_line(sql, at), text) for at, text in remarks))


def _line(sql: str, offset: int) -> int:
    return sql.count("\n", 0, offset) + 1


def _blank(sql: str) -> tuple[str, list[tuple[int, str]], list[tuple[int, str]]]:
    """(code of the same length, comments with their offsets, dollar-quoted bodies with theirs)."""
    code: list[str] = []
    remarks: list[tuple[int, str]] = []
    bodies: list[tuple[int, str]] = []
    at = 0
    while at < len(sql):
        token = _TOKEN.match(sql, at)
        assert token is not None  # the last alternative takes any character
        end = _block_end(sql, at) if token["block"] else token.end()
        text = sql[at:end]
        if token["remark"] or token["block"]:
            remarks.append((at, text))
        if token["body"] is not None:
            bodies.append((token.start("body"), token["body"]))
        is_code = not (token["remark"] or token["block"] or token["literal"] or token["body"] is not None)
        code.append(text if is_code else re.sub(r"\S", " ", text))
        at = end
    return "".join(code), remarks, bodies


def _block_end(sql: str, start: int) -> int:
    """End of a block comment; PostgreSQL lets them nest."""
    depth = 0
    for edge in _BLOCK_EDGE.finditer(sql, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(sql)


def _spans(code: str) -> Iterator[tuple[int, int]]:
    begin = brackets = blocks = 0
    words: list[str] = []
    for mark in _MARK.finditer(code):
        word = mark.group().upper()
        if word in "()":
            brackets += 1 if word == "(" else -1
        elif word == ";" and brackets <= 0 and blocks == 0:
            yield from _trimmed(code, begin, mark.start())
            begin, brackets, words = mark.end(), 0, []
        elif word in _BLOCK_WORDS and _is_routine(words) and (blocks or word == "BEGIN"):
            blocks += _BLOCK_WORDS[word]
        else:
            words.append(word)
    yield from _trimmed(code, begin, len(code))


def _is_routine(words: list[str]) -> bool:
    return words[:1] == ["CREATE"] and not {"FUNCTION", "PROCEDURE"}.isdisjoint(words[1:4])


def _trimmed(code: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    piece = code[begin:end]
    if piece.strip():
        yield begin + len(piece) - len(piece.lstrip()), end
