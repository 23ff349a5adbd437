"""The two jobs that are compared, as plans for the load, and one measured round of them."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from bench import people, processes
from bench.arena import Arena, Server


@dataclass(frozen=True)
class Round:
    """What one server did in one round."""

    good: int
    errors: int
    seconds: float
    server_cpu: float
    database_cpu: float
    p50: float
    p95: float
    p99: float
    statuses: dict[str, int]

    @property
    def per_second(self) -> float:
        return self.good / self.seconds

    @property
    def per_core_second(self) -> float:
        """Requests per second of the server process's CPU time."""
        return self.good / self.server_cpu if self.server_cpu else float("nan")

    @property
    def database_us(self) -> float:
        """Microseconds of the database's CPU time a request."""
        return self.database_cpu / self.good * 1e6 if self.good else float("nan")


def address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def asks_me(count: int) -> list[dict[str, Any]]:
    """GET /api/fans/me by fans 1…count, each signed in once."""
    return [
        {"method": "GET", "path": "/api/fans/me", "token": people.token("f", n), "address": address(n)}
        for n in range(1, count + 1)
    ]


def initiates(count: int) -> list[dict[str, Any]]:
    """POST /api/calls/initiate by creators 1…count, each to her own fan."""
    return [
        {
            "method": "POST",
            "path": "/api/calls/initiate",
            "token": people.token("c", n),
            "address": address(n),
            "body": {"fanId": str(people.identity("f", n)), "callType": "video"},
        }
        for n in range(1, count + 1)
    ]


async def ask(arena: Arena, server: Server, requests: list[dict[str, Any]], **plan: Any) -> Round:
    """One round: `connections`, `seconds`, `rate` and `cycle` as bench.load takes them."""
    told = json.dumps({"port": server.port, "requests": requests, **plan}).encode()
    cpu, database = server.cpu(), arena.database_cpu()
    loading = await asyncio.create_subprocess_exec(
        *processes.alone(),
        *processes.python("bench.load"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=processes.ROOT,
    )
    out, _ = await loading.communicate(told)
    if loading.returncode:
        raise RuntimeError("the load failed")
    result = json.loads(out)
    if result["exhausted"] and plan.get("rate") is None:
        result["seconds"] = min(result["seconds"], plan["seconds"])
    return Round(
        result["good"],
        result["errors"],
        result["seconds"],
        server.cpu() - cpu,
        arena.database_cpu() - database,
        result["p50"],
        result["p95"],
        result["p99"],
        result["statuses"],
    )
