"""Kills the servers and the database, again and again, and starts them as whatever watches over them would."""

import asyncio
import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import asyncpg

from tests.chaos.processes import Process
from tests.chaos.world import World
from tests.core.embedded_pg_people import processes_of

PATIENCE_SECONDS = 90.0


class Reaper:
    def __init__(self, world: World, chance: random.Random, *, app_kills: int, database_kills: int) -> None:
        self._world = world
        self._chance = chance
        self._plan = ["app"] * app_kills + ["database"] * database_kills
        chance.shuffle(self._plan)
        self.app_kills = self.alone_kills = self.postmaster_kills = self.backend_kills = self.failed_starts = 0
        self._victim: Process | None = None  # whoever is being killed is started again by its killer

    async def run(self) -> None:
        watch = asyncio.create_task(self._keep_running())
        try:
            for what in self._plan:
                await asyncio.sleep(self._chance.uniform(0.1, 1.2))
                await (self._kill_a_server() if what == "app" else self._kill_the_database())
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        for server in self._world.servers:
            if not server.runs():
                server.start()

    @property
    def kills(self) -> int:
        return self.app_kills + self.postmaster_kills + self.backend_kills

    async def _kill_a_server(self) -> None:
        """Mostly one while another is up; every sixth time whichever it is, so that nobody may be up."""
        others_up = self._chance.random() > 1 / 6
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            ready = [server for server in self._world.servers if await asyncio.to_thread(server.is_ready)]
            if len(ready) > (1 if others_up else 0):
                victim = self._chance.choice(ready)
                self._victim = victim
                await asyncio.to_thread(victim.kill)
                victim.start()
                self._victim = None
                self.app_kills += 1
                self.alone_kills += len(ready) == 1
                return
            await asyncio.sleep(0.1)
        self._world.journal.fault("the servers did not become ready again")

    async def _kill_the_database(self) -> None:
        """Its postmaster, or one of its children, upon which it ends all others and recovers."""
        await self._database_answers()
        postmaster = int((self._world.data_dir / "pg" / "postmaster.pid").read_text().split("\n", 1)[0])
        children = [pid for pid in _database_processes(self._world.data_dir) if pid != postmaster]
        if self._chance.random() < 0.6 or not children:
            os.kill(postmaster, signal.SIGKILL)
            self.postmaster_kills += 1
        else:
            with suppress(ProcessLookupError):
                os.kill(self._chance.choice(children), signal.SIGKILL)
            self.backend_kills += 1

    async def _database_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                connection = await asyncpg.connect(self._world.dsn, timeout=5)
                await connection.execute("SELECT 1")
                await connection.close()
                return
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.05)
        self._world.journal.fault("the database did not come back")

    async def _keep_running(self) -> None:
        """A server that ended because it could not start just then is started again, as systemd would."""
        while True:
            await asyncio.sleep(0.3)
            for server in self._world.servers:
                if server is not self._victim and not server.runs():
                    self.failed_starts += 1
                    server.start()


def _database_processes(data_dir: Path) -> list[int]:
    """Its postmaster and that one's children, which all work in the data's folder."""
    return sorted(pid for pid, title in processes_of(data_dir / "pg").items() if title != "supervisor")
