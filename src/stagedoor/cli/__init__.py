"""The `stagedoor` command. A subcommand is imported when it is asked for, so that a small one starts fast."""

import importlib
from typing import Any

import typer
from typer.core import TyperGroup

from stagedoor import __version__

# Each subcommand, in the order of the help: where its function, or its own group of commands, is.
_COMMANDS = {
    "serve": "serve:serve",
    "demo": "demo:demo",
    "migrate": "migrate:app",
    "seed": "people:seed",
    "token": "people:token",
    "wallet": "wallet:app",
    "flags": "flags:app",
    "preflight": "preflight:preflight",
    "doctor": "doctor:doctor",
    "rollout": "rollout:app",
    "rollback": "rollback:rollback",
    "backup": "backup:backup",
    "restore": "backup:restore_command",
    "rehearse": "backup:rehearse_command",
    "retention": "retention:retention",
    "expire": "operate:expire",
    "explain": "explain:explain",
    "follow": "follow:follow",
    "audit": "operate:audit",
    "refund": "refund:refund",
    "openapi": "schema:print_openapi",
}


class _Commands(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return [*_COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = _COMMANDS[cmd_name].partition(":")
        found = getattr(importlib.import_module(f"stagedoor.cli.{module}"), name)
        if isinstance(found, typer.Typer):
            command: Any = typer.main.get_group(found)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command()(found)
            command = typer.main.get_command(alone)
        command.name = cmd_name
        return command


app = typer.Typer(cls=_Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def stagedoor() -> None:
    """Fans who are private by default, and paid calls that creators place only to fans who allow it."""


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)
