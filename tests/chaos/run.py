"""One run: many clients call each other while everything is killed; then quiet, and the verdict."""

import asyncio
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import asyncpg

from tests.chaos.client import Client
from tests.chaos.journal import Journal
from tests.chaos.reaper import Reaper
from tests.chaos.stories import STORIES, Pair, falls_silent, spends_the_limit
from tests.chaos.verdict import Verdict, judge
from tests.chaos.world import World, world

SETTLE_SECONDS = 60.0
UNSETTLED = """
SELECT (SELECT count(*) FROM calls WHERE ended_at IS NULL) AS calls,
    (SELECT count(*) FROM events WHERE published_at IS NULL) AS events
"""


@dataclass(frozen=True)
class Size:
    """How much is done to whom."""

    calls: int
    app_kills: int
    database_kills: int
    servers: int
    pairs: int
    short: bool = False  # without the story that waits for a silence to be over


@dataclass
class Outcome:
    seed: int
    size: Size
    journal: Journal
    verdict: Verdict = field(default_factory=Verdict)
    figures: dict[str, str] = field(default_factory=dict)


Tell = Callable[[str], None]


async def run(size: Size, seed: int, tell: Tell) -> Outcome:
    journal = Journal()
    outcome = Outcome(seed, size, journal)
    async with world(journal, servers=size.servers, pairs=size.pairs) as stage:
        began = time.monotonic()
        reaper = Reaper(stage, random.Random(seed), app_kills=size.app_kills, database_kills=size.database_kills)
        killing = asyncio.create_task(reaper.run())
        try:
            await _storm(stage, size, seed, killing, lambda: tell(_progress(journal, reaper, size, began)))
            await killing
        finally:
            await _end(killing)
        stormed = time.monotonic() - began
        tell("Quiet. Waiting until nothing is owed any more …")
        await stage.all_ready()
        await _settle(stage)
        outcome.verdict = await judge(stage)
        stage.keep = not outcome.verdict.clean
        outcome.figures = _figures(journal, reaper, stormed) | outcome.verdict.figures
    return outcome


async def _storm(stage: World, size: Size, seed: int, killing: "asyncio.Task[None]", tell: Callable[[], None]) -> None:
    """Calls, tips and top-ups until there were enough calls and every kill was made."""
    pool = Pool(stage, random.Random(seed + 1), short=size.short)
    busy = [asyncio.create_task(pool.work(lambda: killing.done() and len(stage.journal.calls) >= size.calls))
            for _ in range(size.pairs - 1)]  # fmt: skip
    told_at = 0.0
    try:
        while not all(task.done() for task in busy):
            await asyncio.wait([*busy, killing], timeout=0.5, return_when=asyncio.FIRST_EXCEPTION)
            for task in (killing, *busy):
                if task.done():
                    task.result()  # raises what it ended with
            if time.monotonic() - told_at > 10:
                told_at = time.monotonic()
                tell()
    finally:
        await _end(*busy)


async def _end(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Pool:
    """Creators and fans who are free."""

    def __init__(self, stage: World, chance: random.Random, *, short: bool) -> None:
        self._stage = stage
        self._chance = chance
        self._short = short
        self._creators, self._fans = list(stage.creators), list(stage.fans)

    async def work(self, enough: Callable[[], bool]) -> None:
        while not enough():
            chance = random.Random(self._chance.getrandbits(64))
            creator, fan = self._take(self._creators), self._take(self._fans)
            try:
                await asyncio.gather(self._call(creator, fan, chance), self._spend(creator, fan, chance))
            finally:
                self._creators.append(creator)
                self._fans.append(fan)

    def _take(self, some: list[Client]) -> Client:
        return some.pop(self._chance.randrange(len(some)))

    async def _call(self, creator: Client, fan: Client, chance: random.Random) -> None:
        told = [(story, weight) for story, weight in STORIES if not (self._short and story is falls_silent)]
        story = chance.choices([story for story, _ in told], [weight for _, weight in told])[0]
        rate = self._stage.rates[creator.name]
        limit = rate * chance.randint(2, 6) // 60 if story is spends_the_limit else None
        pair = Pair(self._stage.journal, creator, fan, chance)
        call = await pair.ring(rate, limit)
        if call is None:
            await asyncio.sleep(0.3)
            return
        await story(pair, call)
        await pair.over(call, chance.choice(["creator", "fan"]))

    async def _spend(self, creator: Client, fan: Client, chance: random.Random) -> None:
        """A tip, or tokens bought, while the call goes on."""
        await asyncio.sleep(chance.uniform(0, 3))
        key = str(uuid.UUID(int=chance.getrandbits(128)))
        tokens = chance.randint(1, 500)
        if chance.random() < 0.5:
            path = f"/api/creators/{creator.name}/tip"
            await fan.ask("tip", "POST", path, {"tokens": tokens}, subject=creator.name, key=key)
        elif chance.random() < 0.5:
            body = {"tokens": tokens * 10}
            await fan.ask("top-up", "POST", "/api/wallet/top-up", body, subject=str(tokens * 10), key=key)


async def _settle(stage: World) -> None:
    """Until no call runs and no event waits; not for ever."""
    connection = await asyncpg.connect(stage.dsn)
    try:
        deadline = time.monotonic() + SETTLE_SECONDS
        while any(left := list(await connection.fetchrow(UNSETTLED) or ())):
            if time.monotonic() > deadline:
                stage.journal.fault(f"still there after {SETTLE_SECONDS:.0f} quiet seconds (calls, events): {left}")
                return
            await asyncio.sleep(0.2)
    finally:
        await connection.close()


def _progress(journal: Journal, reaper: Reaper, size: Size, began: float) -> str:
    kills = f"{reaper.kills}/{size.app_kills + size.database_kills} kills"
    calls = f"{len(journal.calls)}/{size.calls} calls"
    return (
        f"{time.monotonic() - began:6.0f} s  {kills:>14}  {calls:>16}  {len(journal.acknowledged):6} acknowledged"
        f"  {journal.retries.total():6} tried again  {len(journal.faults)} faults"
    )


def _figures(journal: Journal, reaper: Reaper, seconds: float) -> dict[str, str]:
    databases = reaper.postmaster_kills + reaper.backend_kills
    return {
        "kills of a server": f"{reaper.app_kills}, {reaper.alone_kills} of the only one that was up",
        "kills of the database": f"{databases} ({reaper.postmaster_kills} postmaster, {reaper.backend_kills} others)",
        "starts that met a dead database": str(reaper.failed_starts),
        "seconds under fire": f"{seconds:.0f}",
        "calls": str(len(journal.calls)),
        "requests acknowledged": str(len(journal.acknowledged)),
        "requests tried again": f"{journal.retries.total()} ({_most(journal)})",
        "longest until an answer": f"{journal.slowest:.1f} s",
        "refused": ", ".join(f"{verb} {code} {count}" for (verb, code), count in journal.refused.most_common(8))
        or "none",
    }


def _most(journal: Journal) -> str:
    return ", ".join(f"{what} {count}" for what, count in journal.retries.most_common(5))
