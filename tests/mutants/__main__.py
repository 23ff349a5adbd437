"""`make mutants`: breaks the service in every way of the table, one at a time, and says which test notices.

Exits with 1 when a mutant survives, when the tests fail without any, or when a law has no mutant that it kills.
Arguments are names of mutants (all, if none); `--markdown` prints the table for docs/laws.md.
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.mutants import table
from tests.mutants.mutant import Mutant, Result, Servers, run


def main(arguments: list[str]) -> int:
    names = [argument for argument in arguments if not argument.startswith("-")]
    unknown = set(names) - {mutant.name for mutant in table.MUTANTS}
    if unknown:
        print(f"No mutant is called {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    chosen = [mutant for mutant in table.MUTANTS if not names or mutant.name in names]
    began = time.monotonic()
    killers = list(dict.fromkeys(killer for mutant in chosen for killer in mutant.killers))
    jobs = int(os.environ.get("JOBS", "2"))
    servers = Servers(jobs)
    try:
        with ThreadPoolExecutor(jobs) as pool:
            results = list(pool.map(lambda mutant: _try(mutant, servers), chosen))
        sound = run(None, killers, servers)
    finally:
        servers.close()
    if sound.outcome != "survived":
        print(f"Without any mutant {sound.by or 'the run'} fails:\n{sound.output[-4000:]}", file=sys.stderr)
        return 1
    print(f"All of these tests pass on the tree as it is, in {sound.seconds:.0f} s.", file=sys.stderr)
    _print(results, markdown="--markdown" in arguments)
    bad = [result for result in results if result.outcome != "killed"]
    missing = [] if names else [law for law in table.LAWS if law not in {r.mutant.law for r in results if r.mutant}]
    for result in bad:
        print(f"\n{result.mutant and result.mutant.name} {result.outcome}:\n{result.output[-1500:]}", file=sys.stderr)
    for law in missing:
        print(f"No mutant breaks this law: {law}", file=sys.stderr)
    whole = time.monotonic() - began
    print(f"{len(results) - len(bad)} of {len(results)} killed, in {whole:.0f} s.", file=sys.stderr)
    return 1 if bad or missing else 0


def _try(mutant: Mutant, servers: Servers) -> Result:
    result = run(mutant, mutant.killers, servers)
    print(f"  {result.outcome:9}{result.seconds:6.1f} s  {mutant.name}  {result.by}", file=sys.stderr, flush=True)
    return result


def _print(results: list[Result], *, markdown: bool) -> None:
    rows = [
        (r.mutant.law, r.mutant.name, r.mutant.path.rpartition("/")[2], r.by or r.outcome.upper(), f"{r.seconds:.0f}")
        for r in results
        if r.mutant is not None
    ]
    heading = ("law", "mutant", "in", "killed by", "s")
    if markdown:
        for row in (heading, ("---",) * 5, *rows):
            print(f"| {' | '.join(row)} |")
        return
    widths = [max(len(row[column]) for row in (heading, *rows)) for column in range(5)]
    for row in (heading, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
