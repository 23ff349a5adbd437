"""`python -m tests.chaos`: one long run, with progress and a closing table. Exit code 1 on any violation."""

import argparse
import asyncio
import platform
import random
import sys

from rich.console import Console
from rich.table import Table

from tests.chaos.run import Outcome, Size, run


def main() -> None:
    options = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    options.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeat what a run did")
    options.add_argument("--calls", type=int, default=1000, help="at least so many calls")
    options.add_argument("--app-kills", type=int, default=200)
    options.add_argument("--database-kills", type=int, default=50)
    options.add_argument("--servers", type=int, default=3)
    options.add_argument("--pairs", type=int, default=18, help="creators, and as many fans")
    asked = options.parse_args()
    size = Size(asked.calls, asked.app_kills, asked.database_kills, asked.servers, asked.pairs)
    print(f"Chaos with seed {asked.seed}: {size}", flush=True)
    outcome = asyncio.run(run(size, asked.seed, lambda words: print(words, flush=True)))
    sys.exit(0 if report(outcome) else 1)


def report(outcome: Outcome) -> bool:
    """The closing table. True when nothing was lost."""
    console = Console(width=140)
    laws = Table("law", "held against", "broken", title=f"seed {outcome.seed}, {platform.machine()}")
    for law, cases in outcome.verdict.cases.items():
        count = len(outcome.verdict.broken[law])
        laws.add_row(law, f"{cases:,}", f"[red]{count}[/red]" if count else "0")
    figures = Table("figure", "")
    for name, value in outcome.figures.items():
        figures.add_row(name, value)
    console.print(figures, laws)
    for law, broken in outcome.verdict.broken.items():
        for words in broken[:20]:
            console.print(f"{law}: {words}", markup=False, style="red")
    if not outcome.verdict.clean:
        console.print(f"Repeat it with: make chaos ARGS='--seed {outcome.seed}'", style="red")
    return outcome.verdict.clean


if __name__ == "__main__":
    main()
