"""`stagedoor rollout`: to production phase by phase, and out in one step."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from stagedoor.cli.author import author
from stagedoor.cli.opened import CommandError, with_journal
from stagedoor.core.db import Database
from stagedoor.events import Journal
from stagedoor.ops import Rollouts
from stagedoor.ops.looks import Look
from stagedoor.ops.looks import read as read_look
from stagedoor.ops.rates import ratio
from stagedoor.ops.rollout import PHASES, By, Rollout, RolloutError
from stagedoor.ops.rollout.messages import duration
from stagedoor.settings import Settings

app = typer.Typer(help="Take the feature to production phase by phase, watched by the guard.", no_args_is_help=True)
_COLOURS = {"passed": "green", "watching": "yellow", "aborted": "red", "completed": "green", "running": "yellow"}
_MESSAGE = """
SELECT data -> 'message' AS message FROM events
WHERE call_id IS NULL AND creator_id IS NULL AND fan_id IS NULL AND type LIKE 'rollout.%' AND data ? 'message'
ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True)
class Shown:
    """What a command prints: the roll-out, what the guard saw last, and the last texts to send."""

    rollout: Rollout | None
    look: Look | None
    message: dict[str, str] | None


Verb = Callable[[Rollouts], Awaitable[object]]


@app.command()
def plan(
    automatic: Annotated[bool, typer.Option("--automatic", help="The server takes each step by itself.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Every check and clock, and no flag is touched.")] = False,
    shorten: Annotated[float, typer.Option(min=1, help="Divide every time by this; a rehearsal takes 600.")] = 1,
    watch: Annotated[list[str] | None, typer.Option(help="Minutes of a phase, such as calls=45; repeat.")] = None,
) -> None:
    """Write the steps down: database, backend, front end, mini profiles, calls 1 → 10 → 50 → 100 %, share cards."""
    minutes: dict[str, int] = {}
    for word in watch or ():
        phase, _, number = word.partition("=")
        if phase not in PHASES or not number.isdigit():
            raise typer.BadParameter(f"{word}: use a phase and minutes, such as calls=45")
        minutes[phase] = int(number)
    by = By(author())
    _move(lambda verbs: verbs.plan(by, automatic=automatic, dry_run=dry_run, shorten=shorten, watch_minutes=minutes))


@app.command()
def start() -> None:
    """Begin the first step, with everything risky off."""
    _move(lambda verbs: verbs.start(By(author())))


@app.command("next")
def next_step() -> None:
    """Go to the next step, if this one may be left and that one may begin; else say why not."""
    _move(lambda verbs: verbs.next(By(author())))


@app.command()
def abort(reason: Annotated[str, typer.Option(help="Why; kept in the record.")]) -> None:
    """Turn the present phase off at once. Calls that run finish and settle."""
    _move(lambda verbs: verbs.abort(By(author()), reason))


@app.command()
def resume() -> None:
    """Begin the aborted step again, with its checks and its whole watch."""
    _move(lambda verbs: verbs.resume(By(author())))


@app.command()
def status(
    watch: Annotated[bool, typer.Option("--watch", help="Stay and follow it, until Ctrl-C.")] = False,
) -> None:
    """Where the roll-out stands, its clock, and what the guard sees. Exit code 1 when there is none."""

    async def work(settings: Settings, database: Database, journal: Journal) -> Shown:
        verbs = Rollouts(journal, database, settings)
        if not watch:
            return await _look(verbs, database)
        with Live(console=_console(), refresh_per_second=4) as live:
            while True:
                live.update(_picture(await _look(verbs, database)))
                await asyncio.sleep(1)

    try:
        shown = with_journal(work)
    except KeyboardInterrupt:
        return
    if shown.rollout is None:
        typer.echo("No roll-out was ever planned: stagedoor rollout plan.")
        raise typer.Exit(1)
    _console().print(_picture(shown))


def _move(verb: Verb) -> None:
    async def work(settings: Settings, database: Database, journal: Journal) -> Shown:
        verbs = Rollouts(journal, database, settings)
        try:
            await verb(verbs)
        except RolloutError as error:
            raise CommandError("\n".join(error.reasons)) from error
        return await _look(verbs, database)

    _console().print(_picture(with_journal(work)))


async def _look(verbs: Rollouts, database: Database) -> Shown:
    async with database.connection() as connection:
        look = await read_look(connection)
        message = await connection.fetchval(_MESSAGE)
    return Shown(await verbs.newest(), look, message)


def _picture(shown: Shown) -> Group:
    rollout = shown.rollout
    if rollout is None:
        return Group(Text("No roll-out was ever planned: stagedoor rollout plan."))
    kind = ", ".join(word for word, on in (("automatic", rollout.automatic), ("dry run", rollout.dry_run)) if on)
    head = Text(f"Roll-out {rollout.id} is {rollout.state}" + (f" ({kind})" if kind else ""), style="bold")
    table = Table("", "step", "state", "watch", box=None, header_style="bold", pad_edge=False)
    for step in rollout.steps:
        state = f"[{_COLOURS.get(step.state, 'dim')}]{step.state}"
        left = f"{duration(step.left_seconds)} left of " if step.state == "watching" else ""
        wait = f", after {duration(step.wait_seconds)} of calm" if step.wait_seconds else ""
        table.add_row(str(step.position), step.title, state, f"{left}{duration(step.watch_seconds)}{wait}")
    parts: list[RenderableType] = [head, table]
    if rollout.reason:
        parts.append(Text(f"Stopped because {rollout.reason}.", style="red"))
    if shown.look is not None:
        parts.append(Text(_guard(shown.look)))
    for audience, text in (shown.message or {}).items():
        parts.append(Text(f"For the {audience}: {text}", style="dim"))
    return Group(*parts)


def _guard(look: Look) -> str:
    seen = look.seen
    rate = ratio(seen.errors, seen.requests)
    said = f" ({'; '.join(look.reasons)})" if look.reasons else ""
    p95 = "–" if seen.p95_seconds is None else f"{seen.p95_seconds * 1000:.0f} ms"
    return (
        f"The guard, {look.age_seconds:.0f} s ago: {look.verdict}{said}. {seen.requests} requests,"
        f" {seen.errors} failed{'' if rate is None else f' ({rate:.2%})'}, p95 {p95};"
        f" {seen.rung} calls rang, {seen.connected} of {seen.tried} accepted ones connected."
    )


def _console() -> Console:
    """A pipe or a log has no width: do not fold its lines at 80 columns."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    return console
