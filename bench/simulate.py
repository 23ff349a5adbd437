"""A day at ten million people and a hundred thousand calls at once, in virtual time, from measured costs.

    python -m bench.simulate [--users N] [--peak-calls N]

Nothing is assumed of the software: what a call, a socket and a second of talking cost is read from bench/measured.json.
What is assumed of people and prices stands in `Habits` and `Prices`. Of a large day, a sample of calls is simulated.
"""

import argparse
import heapq
import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bench import processes, report
from bench.machine import MEASURED

PAGE = processes.ROOT / "docs" / "scaling.md"
BEGIN, END = "<!-- simulate:begin -->", "<!-- simulate:end -->"
DAY, MINUTE = 86_400, 60
PRECISION = 1000  # simulated calls at once in the busiest minute; each stands for so many real ones
BUSY = 0.6  # how much of a core may be used on average in the busiest minute, so that seconds in it have room
SOCKETS_A_PROCESS = 20_000


@dataclass(frozen=True)
class Habits:
    """How people behave."""

    online_share: float = 0.1  # of all people, in the busiest minute, with a socket
    accepted: float = 0.6
    answer_seconds: float = 12.0
    call_seconds: float = 300.0  # the mean; exponential
    reads_a_minute: float = 2.0  # requests such as GET /api/fans/me, by who is online and does something
    active_share: float = 0.2  # of those online
    night: float = 0.2  # the quietest hour, as a share of the busiest


@dataclass(frozen=True)
class Costs:
    """What was measured, by one process and one database on the machine that docs/performance.md names."""

    read_server_us: float
    read_database_us: float
    call_server_ms: float
    call_database_ms: float
    wal_bytes: float
    stored_bytes: float
    socket_kib: float
    socket_core_share: float  # of a core, by one idle socket
    talking_server_share: float  # of a core, by one running call: its signs of life
    talking_database_share: float

    @classmethod
    def read(cls, found: dict[str, Any]) -> "Costs":
        """From what `make bench` and `make soak` wrote. Raises KeyError when one of them has not run."""
        me, cycles, sockets, soak = found["compare"]["me"]["ours"], found["cycles"], found["sockets"], found["soak"]
        rate = soak["ended"] / soak["seconds"]
        idle = sockets["idle_core_share"] / sockets["count"]
        server = soak["server_core_share"] - rate * cycles["server_ms"] / 1e3 - idle * soak["sockets"]
        database = soak["database_core_share"] - rate * cycles["database_ms"] / 1e3
        return cls(
            read_server_us=1e6 / me["per_core_second"],
            read_database_us=me["database_us"],
            call_server_ms=cycles["server_ms"],
            call_database_ms=cycles["database_ms"],
            wal_bytes=cycles["wal_bytes"],
            stored_bytes=cycles["stored_bytes"],
            socket_kib=sockets["kib_each"],
            socket_core_share=idle,
            talking_server_share=max(0.0, server / soak["most_at_once"]),
            talking_database_share=max(0.0, database / soak["most_at_once"]),
        )


@dataclass(frozen=True)
class Prices:
    """A month, in any currency; the usual order of size of large clouds."""

    core: float = 25.0
    gib_memory: float = 3.0
    gib_storage: float = 0.12


@dataclass
class Minute:
    """What happened in one minute of the day, in real calls."""

    rung: float = 0.0
    ended: float = 0.0
    talking: float = 0.0  # at its end
    online: float = 0.0


@dataclass
class Day:
    minutes: list[Minute] = field(default_factory=lambda: [Minute() for _ in range(DAY // MINUTE)])

    def busiest(self) -> Minute:
        return max(self.minutes, key=lambda one: one.talking)

    @property
    def rung(self) -> float:
        return sum(one.rung for one in self.minutes)


def demand(second: float, habits: Habits) -> float:
    """The share of the busiest moment's demand at this second of the day: one long evening peak."""
    wave = (1 + math.cos(2 * math.pi * (second / DAY - 20.5 / 24))) / 2
    return habits.night + (1 - habits.night) * wave**2


def arrivals(peak_a_second: float, habits: Habits, chance: random.Random) -> Iterator[float]:
    """Moments at which calls ring, a Poisson process whose rate follows the day (by thinning)."""
    at = 0.0
    while (at := at + chance.expovariate(peak_a_second)) < DAY:
        if chance.random() < demand(at, habits):
            yield at


def live_a_day(users: int, peak_calls: int, habits: Habits, seed: int = 1) -> Day:
    """Every sampled call from its ring to its end, in the order of virtual time."""
    chance = random.Random(seed)
    day = Day()
    sample = max(1, peak_calls // PRECISION)
    talking = 0
    endings: list[float] = []
    at_peak = peak_calls / (habits.call_seconds * habits.accepted) / sample
    minute = 0

    def close_minutes(until: int) -> None:
        nonlocal minute
        while minute < until:
            one = day.minutes[minute]
            one.talking = talking * sample
            one.online = users * habits.online_share * demand(minute * MINUTE, habits)
            minute += 1

    def end_until(now: float) -> None:
        nonlocal talking
        while endings and endings[0] <= now:
            over = heapq.heappop(endings)
            if over >= DAY:
                return
            close_minutes(int(over // MINUTE))
            talking -= 1
            day.minutes[int(over // MINUTE)].ended += sample

    for now in arrivals(at_peak, habits, chance):
        end_until(now)
        close_minutes(int(now // MINUTE))
        day.minutes[int(now // MINUTE)].rung += sample
        if chance.random() < habits.accepted:
            talking += 1
            spent = chance.expovariate(1 / habits.answer_seconds) + chance.expovariate(1 / habits.call_seconds)
            heapq.heappush(endings, now + spent)
    end_until(DAY - 1e-9)
    close_minutes(DAY // MINUTE)
    return day


@dataclass(frozen=True)
class Need:
    """What the busiest minute and the whole day ask for."""

    rings_a_second: float
    calls_at_once: float
    sockets: float
    server_cores: float
    database_cores: dict[str, float]
    processes: int
    memory_gib: float
    connections: int
    wal_mib_a_second: float
    stored_gib_a_month: float
    cost_a_month: float

    @property
    def all_database_cores(self) -> float:
        return sum(self.database_cores.values())


def need(day: Day, costs: Costs, habits: Habits, prices: Prices, pool: int = 10) -> Need:
    most = day.busiest()
    rings = max(one.rung for one in day.minutes) / MINUTE
    reads = most.online * habits.active_share * habits.reads_a_minute / MINUTE
    server = (
        reads * costs.read_server_us / 1e6
        + rings * costs.call_server_ms / 1e3
        + most.online * costs.socket_core_share
        + most.talking * costs.talking_server_share
    )
    database = {
        "signs of life": most.talking * costs.talking_database_share,
        "calls and bills": rings * costs.call_database_ms / 1e3,
        "reads": reads * costs.read_database_us / 1e6,
    }
    processes_needed = math.ceil(max(server / BUSY, most.online / SOCKETS_A_PROCESS))
    memory = (most.online * costs.socket_kib / 2**20) + processes_needed * 0.15
    stored = day.rung * 30 * costs.stored_bytes / 2**30
    cores = processes_needed + math.ceil(sum(database.values()) / BUSY)
    cost = cores * prices.core + memory * prices.gib_memory + stored * 12 * prices.gib_storage
    return Need(
        rings, most.talking, most.online, server, database, processes_needed, memory, processes_needed * pool,
        rings * costs.wal_bytes / 2**20, stored, cost,
    )  # fmt: skip


def breaks_first(found: Need, cores_of_one_machine: int = 64) -> str:
    """The part of the database that takes the most, and whether one large machine still carries all of them."""
    name, most = max(found.database_cores.items(), key=lambda one: one[1])
    carries = found.all_database_cores <= cores_of_one_machine * BUSY
    return f"{name}: {most:,.0f} cores of the database" + (
        f"; one machine of {cores_of_one_machine} cores still carries all of it"
        if carries
        else f", more than the {cores_of_one_machine * BUSY:.0f} that one machine of {cores_of_one_machine} gives"
    )


SIZES = ((10_000, 100), (100_000, 1_000), (1_000_000, 10_000), (10_000_000, 100_000))


def table(costs: Costs, sizes: tuple[tuple[int, int], ...] = SIZES) -> str:
    habits, prices = Habits(), Prices()
    found = [need(live_a_day(users, peak, habits), costs, habits, prices) for users, peak in sizes]
    lines = ["| | " + " | ".join(f"{users:,} people" for users, _ in sizes) + " |", "|---" + "|--:" * len(sizes) + "|"]
    for name, read in _ROWS.items():
        lines.append(f"| {name} | " + " | ".join(read(one) for one in found) + " |")
    lines += ["", f"What breaks first at {sizes[-1][0]:,} people: {breaks_first(found[-1])}."]
    return "\n".join(lines)


_ROWS: dict[str, Any] = {
    "calls at once, busiest minute": lambda one: f"{one.calls_at_once:,.0f}",
    "rings a second, busiest minute": lambda one: f"{one.rings_a_second:,.1f}",
    "sockets": lambda one: f"{one.sockets:,.0f}",
    "server cores used": lambda one: f"{one.server_cores:,.1f}",
    "server processes": lambda one: f"{one.processes:,}",
    "memory of the servers, GiB": lambda one: f"{one.memory_gib:,.1f}",
    "connections to the database": lambda one: f"{one.connections:,}",
    "database cores: signs of life": lambda one: f"{one.database_cores['signs of life']:,.1f}",
    "database cores: calls and bills": lambda one: f"{one.database_cores['calls and bills']:,.1f}",
    "database cores: reads": lambda one: f"{one.database_cores['reads']:,.1f}",
    "write-ahead log of calls, MiB a second": lambda one: f"{one.wal_mib_a_second:,.1f}",
    "storage a month, GiB": lambda one: f"{one.stored_gib_a_month:,.1f}",
    "cost a month, with a year's storage": lambda one: f"{one.cost_a_month:,.0f}",
}


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.simulate", description="A large day, from measured costs.")
    options.add_argument("--users", type=int)
    options.add_argument("--peak-calls", type=int)
    chosen = options.parse_args()
    costs = Costs.read(json.loads(MEASURED.read_text()))
    if chosen.users and chosen.peak_calls:
        print(table(costs, ((chosen.users, chosen.peak_calls),)))
        return
    text = table(costs)
    print(text)
    report.put(PAGE, text, BEGIN, END)


if __name__ == "__main__":
    main()
