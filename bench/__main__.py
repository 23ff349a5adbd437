"""`make bench`: one run, figures into bench/measured.json, tables and plots into docs/performance.md.

    python -m bench [--quick] [--only PARTS]

`--quick` takes two short rounds and leaves the large tables out; it shows that everything works, and writes nothing.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

from bench import machine, measuring, people, processes, report
from bench.arena import arena
from bench.machine import MEASURED
from bench.measuring import PAIRS, say

LARGE_USERS, LARGE_TRANSACTIONS, LARGE_CALLS = 1_000_000, 5_000_000, 500_000


PARTS = ("compare", "rings", "sockets", "cycles", "growth")


async def run(parts: Sequence[str], *, quick: bool) -> dict[str, Any]:
    rounds, seconds, live, sockets = (2, 2, 20, 100) if quick else (5, 3, 200, 1000)
    began = time.monotonic()
    say("A database with ten thousand people…")
    async with arena(PAIRS) as there:
        found: dict[str, Any] = {"machine": await machine.describe(there)}
        if "compare" in parts:
            with there.ours() as ours, there.peer() as peer:
                await measuring.warm(there, ours, peer)
                say("(a) Ours, the peer, and the database by itself")
                found["compare"] = await measuring.compare(there, ours, peer, rounds, seconds)
                found["overload"] = await measuring.overload(there, ours, found["compare"], seconds * 2)
        if "rings" in parts:
            with there.ours() as ours:
                say("(b) From initiate to the ring")
                found["rings"] = await measuring.ringing(there, ours, 100 if quick else 400, live)
        if "sockets" in parts:
            with there.ours() as ours:
                say("(c) Sockets")
                found["sockets"] = await measuring.connected(there, ours, sockets)
        if "cycles" in parts:
            with there.ours() as ours:
                say("(d) Whole calls, billed")
                found["cycles"] = await measuring.cycling(there, ours, seconds * 3)
        if "growth" in parts:
            say("(e) Growth")
            found["growth"] = await grow(there, seconds, quick=quick)
    found["took_seconds"] = time.monotonic() - began
    return found


async def grow(there: Any, seconds: int, *, quick: bool) -> list[dict[str, Any]]:
    stages = []
    async with there.sql() as db:
        await people.past_of_some(db, PAIRS)
    with there.ours() as ours:
        stages.append(await measuring.stage(there, ours, "10 k people", seconds))
    if quick:
        return stages
    async with there.sql() as db:
        await people.crowd(db, 1, LARGE_USERS - 2 * PAIRS, PAIRS, _progress(LARGE_USERS))
    with there.ours() as ours:
        stages.append(await measuring.stage(there, ours, "1 M people", seconds))
    async with there.sql() as db:
        known = LARGE_USERS - 2 * PAIRS
        await people.past(db, 1, LARGE_TRANSACTIONS, PAIRS, known, _progress(2 * LARGE_TRANSACTIONS), calls=LARGE_CALLS)
    with there.ours() as ours:
        stages.append(await measuring.stage(there, ours, "1 M people, 10 M entries", seconds))
    return stages


def _progress(total: int) -> people.Progress:
    last = [0.0]

    def shown(text: str) -> None:
        if time.monotonic() - last[0] > 5:
            last[0] = time.monotonic()
            say(f"  {text} of {total:,}")

    return shown


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench", description="Speed, measured.")
    options.add_argument("--quick", action="store_true", help="two short rounds, small tables; writes nothing")
    options.add_argument("--only", help=f"some of {','.join(PARTS)}; the others' figures stay as they were")
    chosen = options.parse_args()
    parts = chosen.only.split(",") if chosen.only else PARTS
    if not set(parts) <= set(PARTS):
        raise SystemExit(f"--only takes some of {','.join(PARTS)}")
    processes.end_cleanly()
    before = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    found = {**before, **asyncio.run(run(parts, quick=chosen.quick))}
    say(report.table(found))
    if not chosen.quick:
        MEASURED.write_text(json.dumps(found, indent=1) + "\n")
        report.write(found)


if __name__ == "__main__":
    main()
