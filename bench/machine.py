"""What it was measured on."""

import asyncio
import importlib.metadata
import json
import os
import platform
from pathlib import Path
from typing import Any

import psutil

from bench import processes
from bench.arena import PEER, Arena

MEASURED = processes.ROOT / "bench" / "measured.json"
_PACKAGES = ("litestar", "uvicorn", "uvloop", "asyncpg", "python-socketio")


async def describe(arena: Arena) -> dict[str, Any]:
    async with arena.sql() as db:
        postgres = await db.fetchval("SHOW server_version")
    node = await asyncio.create_subprocess_exec("node", "--version", stdout=asyncio.subprocess.PIPE)
    out, _ = await node.communicate()
    peer = json.loads((PEER / "package-lock.json").read_text())["packages"]
    return {
        "cpu": _cpu(),
        "cores": len(processes.CORES),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "postgresql": postgres,
        "node": out.decode().strip(),
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
        "peer": {name: peer[f"node_modules/{name}"]["version"] for name in ("express", "pg", "jsonwebtoken", "zod")},
        "load_average": round(os.getloadavg()[0], 1),
        "split": f"server on core {processes.SERVER_CORE}, database and load on {processes.OTHER_CORES}",
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
