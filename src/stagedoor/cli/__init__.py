"""The `stagedoor` command."""

import typer

from stagedoor import __version__
from stagedoor.cli import flags, migrate, operate, people, rollout
from stagedoor.cli.backup import backup, rehearse_command, restore_command
from stagedoor.cli.demo import demo
from stagedoor.cli.explain import explain
from stagedoor.cli.refund import refund
from stagedoor.cli.rollback import rollback
from stagedoor.cli.schema import print_openapi
from stagedoor.cli.serve import serve

app = typer.Typer(
    help="Fans who are private by default, and paid calls that creators place only to fans who allow it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(demo)
app.add_typer(migrate.app, name="migrate")
app.command()(people.seed)
app.command()(people.token)
app.add_typer(people.wallet, name="wallet")
app.add_typer(flags.app, name="flags")
app.add_typer(rollout.app, name="rollout")
app.command()(rollback)
app.command()(backup)
app.command("restore")(restore_command)
app.command("rehearse")(rehearse_command)
app.command()(operate.expire)
app.command()(explain)
app.command()(operate.audit)
app.command()(refund)
app.command("openapi")(print_openapi)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)
