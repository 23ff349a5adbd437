"""`make soak`: 200 calls at every moment and 1,000 sockets for ten minutes. No error, no wrong bill, memory that stays.

python -m bench.soak [--calls N] [--sockets N] [--seconds N]
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

from bench import processes
from bench.arena import Arena, Server, arena
from bench.machine import MEASURED
from bench.measuring import crowd, say

SAMPLE_SECONDS = 5.0
WARM_SHARE = 0.3  # of the time: caches fill, and the allocator finds its size
GROWTH_MIB_AN_HOUR_MAX = 60.0
WHOLE_SECONDS = 600  # less is a trial
NOISE_MIB = 6.0  # a process that grows by less over the whole measured time has not been seen to grow


@dataclass
class Memory:
    """The server's memory over time."""

    samples: list[tuple[float, float]] = field(default_factory=list)  # seconds, MiB

    def add(self, seconds: float, mib: float) -> None:
        self.samples.append((seconds, mib))

    def slope(self) -> float:
        """MiB an hour, by the median of the slopes between the samples (Theil–Sen), the warm-up left out."""
        last = self.samples[-1][0] if self.samples else 0.0
        kept = [one for one in self.samples if one[0] >= last * WARM_SHARE]
        slopes = [(b[1] - a[1]) / (b[0] - a[0]) for n, a in enumerate(kept) for b in kept[n + 1 :] if b[0] > a[0]]
        return statistics.median(slopes) * 3600 if slopes else 0.0

    def grown(self) -> bool:
        """By more than a stable process does."""
        if not self.samples:
            return False
        lasted = self.samples[-1][0] * (1 - WARM_SHARE) / 3600
        return self.slope() > GROWTH_MIB_AN_HOUR_MAX and self.slope() * lasted > NOISE_MIB


async def soak(
    there: Arena, ours: Server, calls: int, sockets: int, seconds: float, call_seconds: float
) -> dict[str, Any]:
    """What the crowd saw, what the server used, and what the books say."""
    memory = Memory()
    began = time.monotonic()
    server, database = ours.cpu(), there.database_cpu()
    watching = asyncio.create_task(_watch(ours, memory, began))
    try:
        told = await crowd(
            "hold", ours, say_lines=True, calls=calls, sockets=sockets, seconds=seconds, call_seconds=call_seconds
        )
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    took = time.monotonic() - began
    async with there.sql() as db:
        audit = await db.fetchval("SELECT count(*) FROM ledger_audit()")
        running = await db.fetchval("SELECT count(*) FROM calls WHERE ended_at IS NULL")
        untold = await db.fetchval("SELECT count(*) FROM events WHERE published_at IS NULL")
        bills = await db.fetchval(
            "SELECT count(*) FROM calls c JOIN ledger_holds h ON h.call_id = c.id AND h.purpose = 'call'"
            " WHERE c.tokens_charged <> call_charge(c.billable_seconds, c.tokens_per_minute)"
            " OR h.captured <> c.tokens_charged OR h.closed_at IS NULL"
        )
    return {
        **told,
        "seconds": took,
        "server_core_share": (ours.cpu() - server) / took,
        "database_core_share": (there.database_cpu() - database) / took,
        "client_core_share": told["client_cpu_seconds"] / took,
        "memory_mib": memory.samples[-1][1] if memory.samples else 0.0,
        "slope_mib_an_hour": memory.slope(),
        "grown": memory.grown(),
        "audit": audit,
        "running": running,
        "untold": untold,
        "bills_unlike_the_ledger": bills,
    }


async def _watch(ours: Server, memory: Memory, began: float) -> None:
    while True:
        memory.add(time.monotonic() - began, ours.rss() / 2**20)
        await asyncio.sleep(SAMPLE_SECONDS)


def faults(found: dict[str, Any], calls: int) -> list[str]:
    """What should not have been; empty when all is well."""
    wrong = [f"{found[name]} {name}" for name in _NONE if found[name]]
    wrong += found["errors"] + found["wrong"]
    if found["grown"]:
        wrong.append(f"memory grows by {found['slope_mib_an_hour']:.0f} MiB an hour")
    if found["most_at_once"] < calls * 0.9:
        wrong.append(f"never more than {found['most_at_once']} calls at once")
    return wrong


_NONE = ("errors_count", "wrong_count", "sockets_lost", "audit", "running", "untold", "bills_unlike_the_ledger")


async def run(calls: int, sockets: int, seconds: float, call_seconds: float) -> dict[str, Any]:
    async with arena(max(calls, sockets - calls) + 10) as there:
        with there.ours(CALL_COOLDOWN_SECONDS="0") as ours:
            return await soak(there, ours, calls, sockets, seconds, call_seconds)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.soak", description="Many calls, for long.")
    options.add_argument("--calls", type=int, default=200)
    options.add_argument("--sockets", type=int, default=1000)
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--call-seconds", type=float, default=60)
    chosen = options.parse_args()
    processes.end_cleanly()
    found = asyncio.run(run(chosen.calls, chosen.sockets, chosen.seconds, chosen.call_seconds))
    for name, value in found.items():
        say(f"{name:26} {value:.3f}" if isinstance(value, float) else f"{name:26} {value}")
    wrong = faults(found, chosen.calls)
    if wrong:
        raise SystemExit("Not well:\n  " + "\n  ".join(wrong))
    say("All well.")
    if chosen.seconds >= WHOLE_SECONDS:
        keep(found)


def keep(found: dict[str, Any]) -> None:
    """Beside what `make bench` measured, for the simulation."""
    measured = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    MEASURED.write_text(json.dumps({**measured, "soak": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
