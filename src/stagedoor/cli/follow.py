"""`stagedoor follow`: one call through its events, the log and the metrics."""

import uuid
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from stagedoor.cli.opened import CommandError, with_journal
from stagedoor.core.db import Database
from stagedoor.events import Journal
from stagedoor.ops.trail import Happened, Said, happened, said
from stagedoor.settings import Settings


def follow(
    call_id: Annotated[str, typer.Argument(metavar="CALLID")],
    log: Annotated[Path | None, typer.Option(help="The log to read; else the one in STAGEDOOR_DATA_DIR.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """What was recorded of a call, what this machine's log says of it, and which metrics counted it."""

    async def work(settings: Settings, database: Database, _journal: Journal) -> tuple[list[Happened], list[Said]]:
        try:
            call = uuid.UUID(call_id)
        except ValueError as error:
            raise CommandError(f"{call_id} is no id of a call: it is a UUID, as the log's callId has it.") from error
        async with database.connection() as connection:
            events = await happened(connection, call)
        if not events:
            raise CommandError(f"Nothing was ever recorded of a call {call}.")
        file = log or settings.data_dir / "logs" / "combined.log"
        requests = {event.request_id for event in events if event.request_id is not None}
        return events, list(said(file, call, requests)) if file.exists() else []

    events, lines = with_journal(work)
    if as_json:
        typer.echo(msgspec.json.encode({"events": events, "log": lines}).decode())
    else:
        _print(events, lines)


def _print(events: list[Happened], lines: list[Said]) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    table = Table("recorded", "event", "requestId", "counted in", box=None, header_style="bold", pad_edge=False)
    for event in events:
        table.add_row(f"{event.at:%H:%M:%S.%f}", event.type, event.request_id or "–", ", ".join(event.counted))
    console.print(table)
    console.print("\nIn the log", style="bold")
    for line in lines:
        console.print(f"  {line.at}  {line.level}  {line.event}  {line.request_id or ''}", markup=False)
    if not lines:
        console.print("  nothing here: the processes of other machines have their own (--log)", markup=False)
