"""`stagedoor rollback`: off at once; the previous release; or, with a backup, without the feature."""

import asyncio
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from stagedoor import flags
from stagedoor.cli.author import author
from stagedoor.cli.backup import folder_of
from stagedoor.cli.opened import CommandError, clear_errors, database, errors, journal
from stagedoor.core import migrate
from stagedoor.ops import Rollouts
from stagedoor.ops.backup import BackupError, newest, why_not_trust
from stagedoor.ops.backup.rehearsal import BEFORE_FEATURE
from stagedoor.ops.calls_export import export_calls
from stagedoor.ops.rollout import RISKY, By, RolloutError
from stagedoor.ops.tally import ALIVE_SECONDS
from stagedoor.settings import Settings

_ALIVE = "SELECT count(*) FROM server_processes WHERE seen_at > clock_timestamp() - make_interval(secs => $1)"


def rollback(
    level: Annotated[int, typer.Option(min=1, max=3, help="1 flags off, 2 previous release, 3 undo the migrations.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the record.")] = "",
    previous: Annotated[Path | None, typer.Option(help="Level 2: the previous release's stagedoor.")] = None,
    export_calls_to: Annotated[
        Path | None, typer.Option("--export-calls", help="Level 3: write the call history here first, as JSON lines.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Level 3: do not ask.")] = False,
) -> None:
    """Go back. Every level begins with the flags off; calls that run finish and settle."""
    with clear_errors():
        settings = Settings.from_env()
        with database(settings) as dsn:
            if level == 3:
                _check(settings, dsn, yes)
            asyncio.run(_flags_off(settings, dsn, level, reason))
            typer.echo(f"Off everywhere: {', '.join(RISKY)}.")
            if level == 2:
                _previous_release(previous)
            if level == 3:
                _undo(dsn, export_calls_to, reason)


async def _flags_off(settings: Settings, dsn: str, level: int, reason: str) -> None:
    why = reason or f"rollback, level {level}"
    async with journal(dsn) as (opened, writer):
        for key in RISKY:
            await flags.set_override(writer, key, False, reason=why, author=author())
        try:
            await Rollouts(writer, opened, settings).abort(By(author()), why)
        except RolloutError:
            return  # none was under way


def _previous_release(program: Path | None) -> None:
    """The previous release runs on this schema: it is asked itself."""
    if program is None:
        typer.echo("Now install the previous release and start it on this database; its schema stays as it is.")
        typer.echo("To have it checked first: stagedoor rollback --level 2 --previous /path/to/its/stagedoor")
        return
    try:
        asked = subprocess.run([program, "migrate", "status"], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise CommandError(f"{program} cannot be run ({error}).") from error
    if asked.returncode != 0:
        raise CommandError(f"{program} does not accept this schema: {asked.stderr.strip() or asked.stdout.strip()}")
    typer.echo(f"{program} accepts this schema. Stop the servers and start it: {program} serve")


def _check(settings: Settings, dsn: str, yes: bool) -> None:
    """Level 3 goes ahead only with a fresh, proven backup of this very schema, nobody serving, and a yes."""
    reasons = _why_not_undo(settings, dsn)
    if reasons:
        raise CommandError("Nothing was touched. " + " ".join(reasons))
    plan = asyncio.run(migrate.plan_down(dsn, to=BEFORE_FEATURE))
    for migration, things in plan:
        if things:
            errors.print(f"{migration.title} DOWN destroys for good: {', '.join(things)}.", markup=False, style="red")
    if not yes:
        name = asyncio.run(_name_of(dsn))
        typed = typer.prompt(f"Type the database's name ({name}) to undo the feature", err=True)
        if typed.strip() != name:
            raise CommandError("That is not its name. Nothing was touched.")


def _why_not_undo(settings: Settings, dsn: str) -> list[str]:
    try:
        found = newest(folder_of(settings))
    except BackupError as error:
        return [str(error)]
    if found is None:
        return [f"There is no backup in {folder_of(settings)}: stagedoor backup."]
    path, told = found
    reasons = [f"{why}: stagedoor backup." for why in why_not_trust(path, told, hours=settings.operations.backup_hours)]
    applied = [row.number for row in asyncio.run(migrate.status(dsn)) if row.state in ("applied", "newer")]
    if told.migrations != applied or told.database != asyncio.run(_name_of(dsn)):
        reasons.append(f"{path.name} is of another database or schema: stagedoor backup.")
    alive = asyncio.run(_alive(dsn))
    if alive:
        reasons.append(f"{alive} server processes of this release still serve: stop them first.")
    return reasons


def _undo(dsn: str, export_to: Path | None, reason: str) -> None:
    if export_to is not None:
        count = asyncio.run(export_calls(dsn, export_to))
        typer.echo(f"{count} calls are in {export_to}.")
    done = asyncio.run(migrate.down(dsn, to=BEFORE_FEATURE, say=lambda line: errors.print(line, markup=False)))
    violations = asyncio.run(_record(dsn, reason, [step.number for step in done]))
    for violation in violations:
        errors.print(violation, markup=False, style="red")
    if violations:
        raise typer.Exit(1)
    typer.echo("The feature is gone; people, follows, tips, blocks, messages, money and the record are as they were.")


async def _record(dsn: str, reason: str, numbers: list[int]) -> list[str]:
    async with journal(dsn) as (opened, writer):
        async with writer.transaction() as tx:
            said = {"level": 3, "undone": numbers, "reason": reason, "author": author()}
            await tx.record("rollback.undone", data=said)
        async with opened.connection() as connection:
            rows = await connection.fetch("SELECT violation, subject FROM ledger_audit()")
    return [f"{row['violation']}: {row['subject']}" for row in rows]


async def _alive(dsn: str) -> int:
    async with journal(dsn) as (opened, _), opened.connection() as connection:
        count: int = await connection.fetchval(_ALIVE, ALIVE_SECONDS)
        return count


async def _name_of(dsn: str) -> str:
    async with journal(dsn) as (opened, _), opened.connection() as connection:
        name: str = await connection.fetchval("SELECT current_database()")
        return name
