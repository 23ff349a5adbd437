"""A house whose guard looks ten times a second, with somebody who may call even at one percent."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from stagedoor.flags import share_of
from stagedoor.ops import tally
from stagedoor.platform import Accounts
from stagedoor.settings import Operations, Settings
from tests.conftest import Caller, Stage, staged

QUICK = Operations(guard_seconds=0.1, audit_seconds=1, watch_minutes=dict.fromkeys(Operations().watch_minutes, 20))
SHORTEN = 3600.0  # 20 minutes become a third of a second, and a day 24 seconds


@pytest.fixture
def quick_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts are written at once, so that a watch of a third of a second has data."""
    monkeypatch.setattr(tally, "FLUSH_SECONDS", 0.05)


@pytest.fixture
async def watched(settings: Settings, dsn: str, quick_counts: None) -> AsyncIterator[Stage]:
    """Flags as a new installation has them, a proven backup on record, and a guard that looks often."""
    operations = replace(QUICK, stable_hours=1)
    async with staged(replace(settings, flags={}, operations=operations), dsn) as stage:
        await stage.sql("INSERT INTO events (type) VALUES ('backup.verified')")
        yield stage


async def among_the_first(stage: Stage, username: str = "lea") -> Caller:
    """A creator who is in the first percent of FEATURE_CALLS, and Sam follows her."""
    person = next(one for one in iter(uuid.uuid4, None) if share_of("FEATURE_CALLS", str(one)) < 1)
    await stage.sql(
        "INSERT INTO users (id, username, display_name, is_creator) VALUES ($1, $2, 'Lea', true)", person, username
    )
    await stage.sql("INSERT INTO follows VALUES ($1, $2)", stage.sam.id, person)
    token = stage.house.services[Accounts].session_for(person).token
    stage.people[username] = Caller(username, person, token, stage.http)
    return stage.people[username]


async def short_call(stage: Stage, creator: Caller) -> bool:
    """Ring Sam, connect, hang up. False when calls are switched off for this creator."""
    await stage.sql("DELETE FROM call_cooldowns")
    rang = await creator.ask("POST", "/api/calls/initiate", {"fanId": str(stage.sam.id), "callType": "voice"})
    if rang.status_code != 201:
        assert rang.json()["code"] == "FEATURE_DISABLED", rang.text
        return False
    call_id = rang.json()["call"]["id"]
    await stage.sam.post("/api/calls/accept", {"callId": call_id})
    for person in (creator, stage.sam):
        await person.post(f"/api/calls/{call_id}/media", {"state": "connected"})
    await creator.post("/api/calls/end", {"callId": call_id})
    return True


@contextlib.asynccontextmanager
async def again_and_again(work: Callable[[], Awaitable[object]], pause: float = 0.02) -> AsyncIterator[None]:
    """Do `work` in the background for as long as the block lasts; a failure of it fails the test."""

    async def run() -> None:
        while True:
            await work()
            await asyncio.sleep(pause)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], Awaitable[object]], seconds: float = 15.0) -> None:
    """Wait for it to become true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await true():
        assert asyncio.get_running_loop().time() < deadline, "not within the time"
        await asyncio.sleep(0.03)
