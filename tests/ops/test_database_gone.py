"""PostgreSQL crashes under load and comes back: reads degrade as docs/operations.md says, a write is refused with a
time to try again, what was confirmed is there, and nobody restarts anything.

The outage is short here. OUTAGE_SECONDS=30 makes it as long as the promise, with the flags' own ten seconds.
"""

import asyncio
import contextlib
import json
import os
import signal
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from stagedoor.core import migrate
from stagedoor.flags import set_override
from stagedoor.flags.flags import TRUST_SECONDS
from stagedoor.settings import Settings
from tests.live import Live, serving
from tests.ops.command_line import stagedoor
from tests.ops.plain_postgres import PlainPostgres, plain_server
from tests.outside import assert_problem

OUTAGE_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "6"))
TRUSTED_SECONDS = TRUST_SECONDS if OUTAGE_SECONDS > TRUST_SECONDS + 2 else 4.0  # above the poll's two seconds
WRITERS = 4


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[PlainPostgres]:
    with plain_server(tmp_path / "postgres", shared_preload_libraries="pg_stat_statements") as server:
        asyncio.run(migrate.up(server.dsn))
        yield server


@dataclass
class Load:
    """People who tip Mia one token at a time and read between; each tip has a key of its own."""

    live: Live
    confirmed: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    slowest: float = 0.0
    over: bool = False

    async def tip(self, key: str) -> httpx.Response:
        return await self.live.ana.ask("POST", "/api/creators/mia/tip", {"tokens": 1}, Idempotency_Key=key)

    async def _write(self) -> None:
        while not self.over:
            key = uuid.uuid4().hex
            answer = await self._timed("tip", self.tip(key))
            if answer.status_code == 201:
                self.confirmed.add(key)
            else:
                assert_problem(answer, 503, "SERVICE_UNAVAILABLE")
                assert int(answer.headers["retry-after"]) >= 1
                self.refused.add(key)
            await asyncio.sleep(0.04)

    async def _read(self, path: str) -> None:
        while not self.over:
            answer = await self._timed(path, self.live.mia.ask("GET", path))
            if answer.status_code != 200:
                assert_problem(answer, 503, "SERVICE_UNAVAILABLE")
                assert int(answer.headers["retry-after"]) >= 1
            await asyncio.sleep(0.04)

    async def _timed(self, what: str, asking: Any) -> httpx.Response:
        began = time.monotonic()
        answer: httpx.Response = await asking
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.statuses[what, answer.status_code] += 1
        return answer

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        paths = ("/api/creators/mia", "/api/wallet", "/api/calls/current", "/api/calls/history", "/ready")
        work = [*(self._write() for _ in range(WRITERS)), *map(self._read, paths)]
        tasks = [asyncio.create_task(part) for part in work]
        try:
            yield
        finally:
            self.over = True
            await asyncio.wait(tasks)
        await asyncio.gather(*tasks)  # what one of them found wrong


async def until(true: Any, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110  # the answer is on the other side
            await asyncio.sleep(0.05)


@pytest.mark.timeout(240)
async def test_an_outage_under_load_loses_nothing_and_heals_by_itself(
    postgres: PlainPostgres, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stagedoor.flags.flags.TRUST_SECONDS", TRUSTED_SECONDS)
    settings = replace(settings, flags={}, pool_size=8, redis_url=None)
    async with serving(settings, postgres.dsn) as live, live.phone("mia") as mia, live.phone("sam") as sam:
        await set_override(live.house.journal, "FEATURE_CALLS", True, reason="", author="ines")
        await live.person("ana", tokens=100_000)
        await live.sql("CREATE EXTENSION pg_stat_statements")
        await until(lambda: is_on(live, True))
        before = await figures(live)
        call_id, connected_at = await live.connect(), time.monotonic()
        load = Load(live)
        async with load.running():
            await until(lambda: has_confirmed(load, 20))
            await asyncio.sleep(1)
            for phone in (mia, sam):
                await phone.say("call:alive", {"callId": call_id})
            await asyncio.sleep(2)  # until that is written: a long outage ends the call where it was last heard of
            await asyncio.to_thread(postgres.end, signal.SIGQUIT)
            gone_at = time.monotonic()
            await assert_degraded(live, call_id)
            await until(lambda: is_on(live, False))
            assert time.monotonic() - gone_at >= TRUSTED_SECONDS - 3, "not before its time"
            ring = await live.noor.ask("POST", "/api/calls/initiate", {"fanId": str(live.ines.id), "callType": "voice"})
            assert ring.status_code in (403, 503), "nothing new rings"
            await asyncio.sleep(max(0.0, gone_at + OUTAGE_SECONDS - time.monotonic()))
            postgres.start()
            back = len(load.confirmed)
            await until(lambda: has_confirmed(load, back + 20))
            await until(lambda: is_on(live, True))
        assert load.refused and load.statuses["tip", 503] and load.statuses["/api/wallet", 503]
        await live.ops.get("/api/ops/overview")
        await settled(live, call_id, connected_at)
        await nothing_lost(live, load, before)
        told = await stagedoor("doctor", "--json", dsn=postgres.dsn, data_dir=settings.data_dir)
        slow = json.loads(told.output)["diagnosis"]["slow"]
        assert len(slow) == 5 and all(" ms × " in line for line in slow), "where the database's time went"


async def is_on(live: Live, wanted: bool) -> bool:
    answer = await live.http.get("/api/session")
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["flags"]["FEATURE_CALLS"]) is wanted


async def has_confirmed(load: Load, tips: int) -> bool:
    return len(load.confirmed) >= tips


async def assert_degraded(live: Live, call_id: str) -> None:
    """As docs/operations.md has it, in its order."""
    assert (await live.http.get("/health")).status_code == 200
    assert_problem(await live.http.get("/ready"), 503, "SERVICE_UNAVAILABLE")
    assert (await live.http.get("/robots.txt")).status_code == 200
    session = (await live.http.get("/api/session")).json()
    assert session["flags"]["FEATURE_FAN_PRIVACY"] is True
    metrics = await live.http.get("/metrics")
    assert metrics.status_code == 200 and "stagedoor_http_requests_total" in metrics.text
    for path in ("/api/creators/mia", "/api/wallet", f"/api/calls/{call_id}", "/api/fans/me"):
        assert_problem(await live.sam.ask("GET", path), 503, "SERVICE_UNAVAILABLE")
    for path, body in (
        ("/api/calls/end", {"callId": call_id}),
        ("/api/wallet/top-up", {"tokens": 1}),
        (f"/api/calls/{call_id}/media", {"state": "lost"}),
    ):
        assert_problem(await live.sam.ask("POST", path, body), 503, "SERVICE_UNAVAILABLE")


async def settled(live: Live, call_id: str, connected_at: float) -> None:
    """The call that ran is over when she ends it, or was ended at the moment that its media stopped: paid for once, for
    no more than the time that it had."""
    await live.mia.ask("POST", "/api/calls/end", {"callId": call_id})
    talked = time.monotonic() - connected_at
    receipt = (await live.sam.get(f"/api/calls/{call_id}/receipt"))["receipt"]
    assert 0 < receipt["billableSeconds"] <= talked + 1
    seconds, rate = receipt["billableSeconds"], receipt["tokensPerMinute"]
    assert receipt["tokensCharged"] == -(-seconds * rate // 60)
    call = (await live.sam.get(f"/api/calls/{call_id}"))["call"]
    assert call["state"] == "ended" and call["endReason"] in ("creator_hung_up", "connection_lost")
    wallet = (await live.sam.get("/api/wallet"))["wallet"]
    assert (wallet["balance"], wallet["held"]) == (240 - receipt["tokensCharged"], 0)


async def figures(live: Live) -> int:
    balance: int = (await live.ana.get("/api/wallet"))["wallet"]["balance"]
    return balance


async def nothing_lost(live: Live, load: Load, before: int) -> None:
    """What was confirmed is in the books once; what was refused may be asked again, and is then there once too."""
    a_few = asyncio.Semaphore(WRITERS)

    async def again(key: str) -> None:
        async with a_few:
            answer = await load.tip(key)
            assert answer.status_code == 201, answer.text

    await asyncio.gather(*map(again, load.refused | load.confirmed))
    assert await figures(live) == before - len(load.confirmed | load.refused)
    await live.audit()
    waiting = "SELECT count(*) FROM events WHERE published_at IS NULL"

    async def all_told() -> bool:
        return bool(await live.value(waiting) == 0)

    await until(all_told)
