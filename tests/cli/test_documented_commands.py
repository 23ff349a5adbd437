"""Every command that the documentation and the messages name exists, with those words and options; those of the
runbooks that change nothing of weight run here as they are written."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import stagedoor
from stagedoor.cli import app
from tests.conftest import Stage
from tests.ops.command_line import stagedoor as run

ROOT = Path(__file__).parents[2]
TEXTS = [
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((Path(stagedoor.__file__).parent / "ops" / "rollout" / "messages").glob("*.txt")),
]
_QUOTED = re.compile(r"`(?:[A-Z_]+=\S+ )*stagedoor ([^`]+)`")
_BLOCK = re.compile(r"^    (?:[A-Z_]+=\S+ )*stagedoor ([^#\n]+)", re.MULTILINE)
_PLAIN = re.compile(r"stagedoor ((?:[a-z]+ )*[a-z]+(?: --[\w-]+(?: \d| \"[^\"]*\")?)*)")
# Read-only, or harmless in a database of its own. The rest are run in tests/ops, each with what it needs.
RUNBOOKS = ("audit", "doctor", "expire", "explain", "flags", "rollout plan", "rollout status", "backup --list")


def commands(text: Path) -> Iterator[str]:
    said = text.read_text(encoding="utf-8")
    if text.suffix == ".txt":
        for several in _PLAIN.findall(said):
            yield from several.split(" or stagedoor ")
        return
    for found in (*_QUOTED.findall(said), *_BLOCK.findall(said)):
        yield re.sub(r"\s+", " ", found).strip().replace("[", "").replace("]", "").replace(" N", " 1")


class UnknownWordsError(Exception):
    """The command line does not know that."""


def parsed(words: list[str]) -> None:
    """Raises UnknownWordsError. What is only named may lack its arguments."""
    command: Any = typer.main.get_command(app)
    context: Any = None
    while hasattr(command, "get_command") and words:
        context = typer.Context(command, info_name="stagedoor", parent=context)
        name, *words = words
        command = command.get_command(context, name)
        if command is None:
            raise UnknownWordsError(f"there is no {name}")
    try:
        command.make_context(command.name or "", list(words), parent=context)
    except Exception as wrong:
        if type(wrong).__name__ not in ("MissingParameter", "NoArgsIsHelpError"):
            raise UnknownWordsError(str(wrong)) from wrong


@pytest.mark.parametrize(
    "words",
    [["rolback"], ["rollout", "pln"], ["rollback", "--lvel", "1"], ["rollback", "--level", "x"], ["audit", "now"]],
)
def test_words_that_are_wrong_are_found(words: list[str]) -> None:
    with pytest.raises(UnknownWordsError):
        parsed(words)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_every_command_that_is_named_exists_as_it_is_written(text: Path) -> None:
    for command in commands(text):
        try:
            parsed(shlex.split(command))
        except UnknownWordsError as wrong:
            pytest.fail(f"{text.name}: stagedoor {command}: {wrong}")


async def test_the_runbooks_commands_run_as_they_are_written(stage: Stage, dsn: str, tmp_path: Path) -> None:
    named = dict.fromkeys(command for command in commands(ROOT / "docs" / "operations.md"))
    harmless = [command for command in named if command.startswith(RUNBOOKS)]
    assert len(harmless) >= len(RUNBOOKS)
    for command in sorted(harmless, key=lambda command: command == "rollout status"):
        done = await run(*shlex.split(command), dsn=dsn, data_dir=tmp_path)
        assert done.exit_code in (0, 1) and done.output.strip(), f"stagedoor {command}: {done.output}"
        assert not isinstance(done.exception, Exception) or isinstance(done.exception, SystemExit), command
