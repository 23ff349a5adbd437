"""`stagedoor explain`: why a creator may, or may not, see, message or call a fan."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from stagedoor.cli.opened import with_journal
from stagedoor.core.db import Database
from stagedoor.events import Journal
from stagedoor.flags import FeatureFlags
from stagedoor.privacy import Explainer, Explanation, Rule
from stagedoor.settings import Settings


def explain(
    creator: Annotated[str, typer.Option(help="The creator's username.")],
    fan: Annotated[str, typer.Option(help="The fan's username.")],
) -> None:
    """Every rule, what it looked at, and its verdict. For operators: it names what creators never learn."""

    async def work(settings: Settings, database: Database, _journal: Journal) -> tuple[Explanation, bool]:
        flags = FeatureFlags(database, settings.flags)
        await flags.load()
        return await Explainer(database).explain(creator, fan), flags.is_on("FEATURE_CALLS")

    found, calls_on = with_journal(work)
    calls = Rule("feature_disabled", ("call",), f"FEATURE_CALLS: {'on' if calls_on else 'off'}", not calls_on)
    console = Console(highlight=False)
    console.print(_table([*found.rules, calls, *found.moment]))
    for action, reason in found.reasons.items():
        verdict = "[green]yes" if reason is None else f"[red]no[/red]: {reason}"
        console.print(f"{creator} may {action} {fan}: {verdict}")


def _table(rules: list[Rule]) -> Table:
    table = Table("rule", "decides over", "looked at", "verdict", box=None, header_style="bold", pad_edge=False)
    for rule in rules:
        table.add_row(
            rule.name, ", ".join(rule.actions), rule.looked_at, "[red]refuses" if rule.refuses else "[green]passes"
        )
    return table
