"""The parts of `make bench`, each a few interleaved rounds. What they return goes into bench/measured.json."""

import asyncio
import json
import statistics
from typing import Any

from bench import growth, people, pgbench, processes
from bench.arena import POOL, Arena, Server
from bench.asking import Round, ask, asks_me, initiates

CONNECTIONS = 16
PAIRS = 5_000  # ten thousand people
SIGNED_IN = 200  # fans who ask for themselves, over and over


def say(text: str) -> None:
    print(text, flush=True)


async def crowd(kind: str, server: Server, *, say_lines: bool = False, **args: Any) -> dict[str, Any]:
    """Run a part of bench.crowd to its end."""
    process = await asyncio.create_subprocess_exec(
        *processes.alone(),
        *processes.python("bench.crowd", kind, json.dumps({"port": server.port, **args})),
        stdout=asyncio.subprocess.PIPE,
        cwd=processes.ROOT,
    )
    assert process.stdout is not None
    last = b""
    async for line in process.stdout:
        if say_lines and not line.startswith(b"{"):
            say("  " + line.decode().rstrip())
        last = line
    if await process.wait():
        raise RuntimeError(f"the crowd failed at {kind}")
    answer: dict[str, Any] = json.loads(last)
    return answer


async def warm(arena: Arena, *servers: Server) -> None:
    for server in servers:
        await ask(arena, server, asks_me(SIGNED_IN), connections=CONNECTIONS, seconds=1)
        await fresh(arena)
        await ask(arena, server, initiates(PAIRS), connections=CONNECTIONS, seconds=4, cycle=False)
        await fresh(arena)


async def fresh(arena: Arena) -> None:
    async with arena.sql() as db:
        await people.nothing_rings(db)


async def compare(arena: Arena, ours: Server, peer: Server, rounds: int, seconds: int) -> dict[str, Any]:
    """(a) Ours, the peer and the database by itself, in turns."""
    jobs = {"me": (asks_me(SIGNED_IN), True, pgbench.ME), "initiate": (initiates(PAIRS), False, pgbench.INITIATE)}
    taken: dict[str, dict[str, list[Any]]] = {job: {"ours": [], "peer": [], "limit": []} for job in jobs}
    for number in range(rounds):
        for job, (requests, cycle, script) in jobs.items():
            order = [("ours", ours), ("peer", peer)]
            for name, server in order if number % 2 == 0 else order[::-1]:
                await fresh(arena)
                one = await ask(arena, server, requests, connections=CONNECTIONS, seconds=seconds, cycle=cycle)
                taken[job][name].append(one)
            await fresh(arena)
            taken[job]["limit"].append(await pgbench.limit(arena, job, script, seconds, PAIRS // POOL))
        say(f"  round {number + 1} of {rounds}: " + "; ".join(_line(job, taken[job]) for job in jobs))
    return {job: _compared(found) for job, found in taken.items()}


def _line(job: str, found: dict[str, list[Any]]) -> str:
    ours, peer = found["ours"][-1], found["peer"][-1]
    return f"{job} {ours.per_core_second:,.0f} to {peer.per_core_second:,.0f} a core-second"


def _compared(found: dict[str, list[Any]]) -> dict[str, Any]:
    answer: dict[str, Any] = {name: _medians(found[name]) for name in ("ours", "peer")}
    answer["limit_per_second"] = statistics.median(one.per_second for one in found["limit"])
    answer["limit_database_us"] = statistics.median(one.database_us for one in found["limit"])
    pairs = list(zip(found["ours"], found["peer"], strict=True))
    answer["ratio"] = statistics.median(a.per_core_second / b.per_core_second for a, b in pairs)
    answer["ratios"] = [a.per_core_second / b.per_core_second for a, b in pairs]
    answer["ratio_throughput"] = statistics.median(a.per_second / b.per_second for a, b in pairs)
    answer["of_limit"] = answer["ours"]["per_second"] / answer["limit_per_second"]
    return answer


def _medians(rounds: list[Round]) -> dict[str, float]:
    names = ("per_second", "per_core_second", "database_us", "p50", "p95", "p99")
    found = {name: statistics.median(getattr(one, name) for one in rounds) for name in names}
    return {**found, "errors": sum(one.errors for one in rounds)}


async def overload(arena: Arena, ours: Server, compared: dict[str, Any], seconds: int) -> dict[str, Any]:
    """Requests at twice the rate at which the peer is saturated, whether or not ours keeps up."""
    answer = {}
    for job, requests, cycle in (("me", asks_me(SIGNED_IN), True), ("initiate", initiates(PAIRS), False)):
        await fresh(arena)
        rate = 2 * compared[job]["peer"]["per_second"]
        one = await ask(arena, ours, requests, connections=64, seconds=seconds, cycle=cycle, rate=rate)
        answer[job] = {
            "rate": rate,
            "p50": one.p50,
            "p95": one.p95,
            "p99": one.p99,
            "errors": one.errors,
            "good": one.good,
        }
        say(f"  {job} at {rate:,.0f} a second: p95 {one.p95 * 1e3:.0f} ms, {one.errors} errors")
    return answer


async def ringing(arena: Arena, ours: Server, count: int, live: int) -> dict[str, Any]:
    """(b) Initiate to ring."""
    answer = {}
    for name, beside in (("idle", 0), ("busy", live)):
        await fresh(arena)
        answer[name] = await crowd("rings", ours, count=count, live=beside)
        shown = ", ".join(f"{key} {answer[name][key] * 1e3:.1f} ms" for key in ("p50", "p95", "p99"))
        say(f"  beside {beside} calls: {shown}")
    return answer


async def connected(arena: Arena, ours: Server, count: int) -> dict[str, Any]:
    """(c) What a socket costs, and how long one event takes to reach them all."""
    await fresh(arena)
    before = ours.rss()
    holding = await asyncio.create_subprocess_exec(
        *processes.alone(),
        *processes.python("bench.crowd", "sockets", json.dumps({"port": ours.port, "count": count})),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=processes.ROOT,
    )
    assert holding.stdout is not None
    await holding.stdout.readline()
    await asyncio.sleep(6)  # past the first heartbeat of every one
    cpu = ours.cpu()
    await asyncio.sleep(5)
    idle = (ours.cpu() - cpu) / 5
    kib = (ours.rss() - before) / count / 1024
    out, _ = await holding.communicate(b"\n")
    told = json.loads(out.splitlines()[-1])
    spread = await crowd("fan_out", ours, count=count, times=5)
    shown = f"one ring at all of them in {spread['all'] * 1e3:.0f} ms"
    say(f"  {kib:.1f} KiB a socket, {idle:.1%} of a core for {count} idle ones, {shown}")
    return {"count": count, "kib_each": kib, "idle_core_share": idle, "lost": told["lost"], "fan_out": spread}


async def cycling(arena: Arena, ours: Server, seconds: int) -> dict[str, Any]:
    """(d) Whole calls with their bills: a second, and what each costs in CPU, log and storage."""
    await fresh(arena)
    async with arena.sql() as db:
        size = await db.fetchval("SELECT pg_database_size(current_database())")
        log = await db.fetchval("SELECT pg_current_wal_lsn()::text")
        server, database = ours.cpu(), arena.database_cpu()
        told = await crowd("cycles", ours, pairs=CONNECTIONS, seconds=seconds)
        server, database = ours.cpu() - server, arena.database_cpu() - database
        wal = await db.fetchval("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), $1::text::pg_lsn)::bigint", log)
        size = await db.fetchval("SELECT pg_database_size(current_database())") - size
        audit = await db.fetchval("SELECT count(*) FROM ledger_audit()")
    count = told["cycles"]
    say(f"  {told['per_second']:.1f} calls a second, {len(told['wrong'])} wrong bills, {audit} ledger violations")
    return {
        **told,
        "audit": audit,
        "server_ms": server / count * 1e3,
        "database_ms": database / count * 1e3,
        "wal_bytes": wal / count,
        "stored_bytes": max(0, size) / count,
    }


async def stage(arena: Arena, ours: Server, label: str, seconds: int) -> dict[str, Any]:
    """(e) The same figures at one size of the tables."""
    await fresh(arena)
    await warm(arena, ours)
    me = [await ask(arena, ours, asks_me(SIGNED_IN), connections=CONNECTIONS, seconds=seconds) for _ in range(2)]
    ring = []
    for _ in range(2):
        await fresh(arena)
        ring.append(await ask(arena, ours, initiates(PAIRS), connections=CONNECTIONS, seconds=seconds, cycle=False))
    calls = await cycling(arena, ours, seconds)
    async with arena.sql() as db:
        await db.execute("VACUUM ANALYZE calls")
        costs = await growth.costs(db)
        rows = dict(await db.fetchrow(_SIZES))
    say(f"  {label}: me {me[-1].per_second:,.0f}/s, initiate {ring[-1].per_second:,.0f}/s")
    return {
        "label": label,
        "me": _medians(me),
        "initiate": _medians(ring),
        "cycles": calls,
        "costs": costs,
        "rows": rows,
    }


_SIZES = """
SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM ledger_entries) AS entries,
    (SELECT count(*) FROM events) AS events, pg_database_size(current_database()) AS bytes
"""
