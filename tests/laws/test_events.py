"""What happened is recorded with the change, told at least once, and tells the same story as a fresh read."""

import asyncio
from typing import Any

import pytest

from stagedoor.calls.model import LIVE
from stagedoor.events import Event
from stagedoor.events.journal import Elsewhere
from stagedoor.settings import Settings
from tests.conftest import Stage, staged

HEARD = {
    "call:incoming": "ringing",
    "call:accepted": "connecting",
    "call:answered_elsewhere": "connecting",
    "call:connected": "active",
    "call:reconnecting": "reconnecting",
    "call:ended": "ended",
    "call:declined": "declined",
    "call:cancelled": "cancelled",
    "call:missed": "missed",
}


class Ear:
    """A sink that keeps what each channel heard, as a client would."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.states: dict[str, dict[str, tuple[int, str]]] = {}

    async def deliver(self, event: Event) -> None:
        self.events.append(event)
        for delivery in event.deliveries:
            if delivery["name"] in HEARD:
                heard = self.states.setdefault(delivery["channel"], {})
                call_id = str(delivery["data"]["callId"])
                if event.version > heard.get(call_id, (0, ""))[0]:
                    heard[call_id] = (event.version, HEARD[delivery["name"]])


def listen(stage: Stage) -> Ear:
    ear = Ear()
    stage.house.relay._sinks = [*stage.house.relay._sinks, ear]
    return ear


async def settled(stage: Stage) -> None:
    """Wait until everything recorded so far was published."""
    for _ in range(100):
        if await stage.value("SELECT count(*) FROM events WHERE published_at IS NULL") == 0:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("events stay unpublished")


async def agrees(stage: Stage, ear: Ear, call_id: str) -> None:
    """What each side heard is what it reads."""
    await settled(stage)
    for who, channel in ((stage.sam, f"fan:{stage.sam.id}"), (stage.mia, f"creator:{stage.mia.id}")):
        heard = ear.states.get(channel, {}).get(call_id)
        read = (await who.get(f"/api/calls/{call_id}"))["call"]
        if heard is None:
            assert who is stage.mia  # who rings knows it from the answer
            assert read["state"] == "ringing"
            continue
        spoken = "ended" if read["state"] == "failed" else read["state"]
        assert heard == (read["version"], spoken)
        listed = [call["id"] for call in (await who.get("/api/calls/current"))["calls"]]
        assert (call_id in listed) == (heard[1] == "ringing" or heard[1] in LIVE)


STORIES: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "talk": [
        ("sam", "accept", {}),
        ("mia", "media", {"state": "connected"}),
        ("sam", "media", {"state": "connected"}),
        ("sam", "media", {"state": "lost"}),
        ("sam", "media", {"state": "connected"}),
        ("mia", "end", {}),
    ],
    "declined": [("sam", "decline", {})],
    "called back": [("sam", "decline", {"callBackMinutes": 15})],
    "cancelled": [("mia", "cancel", {})],
    "never connected": [("sam", "accept", {}), ("sam", "end", {})],
}


@pytest.mark.parametrize("story", STORIES)
async def test_replaying_events_equals_reading_afresh(stage: Stage, story: str) -> None:
    ear = listen(stage)
    call_id = await stage.ring()
    await agrees(stage, ear, call_id)
    for who, verb, body in STORIES[story]:
        path = f"/api/calls/{call_id}/media" if verb == "media" else f"/api/calls/{verb}"
        await stage.people[who].post(path, body if verb == "media" else {"callId": call_id, **body})
        await agrees(stage, ear, call_id)


@pytest.mark.parametrize("blocker", ["fan", "creator", "sql"])
async def test_a_block_tells_each_side_what_it_reads(stage: Stage, blocker: str) -> None:
    ear = listen(stage)
    call_id = await stage.ring()
    if blocker == "fan":
        await stage.sam.ask("PUT", f"/api/fans/blocks/{stage.mia.id}")
    elif blocker == "creator":
        await stage.mia.ask("PUT", f"/api/creators/me/blocks/{stage.sam.id}")
    else:
        await stage.sql("INSERT INTO fan_blocked_creators VALUES ($1, $2)", stage.sam.id, stage.mia.id)
    await asyncio.sleep(0.2)
    await agrees(stage, ear, call_id)
    state = (await stage.mia.get(f"/api/calls/{call_id}"))["call"]["state"]
    assert state == ("cancelled" if blocker == "creator" else "declined")


async def test_every_transition_has_its_event_in_order(stage: Stage) -> None:
    ear = listen(stage)
    call_id = await stage.connect()
    await stage.mia.post("/api/calls/end", {"callId": call_id})
    await settled(stage)
    versions = [event.version for event in ear.events if str(event.call_id) == call_id]
    assert versions == [1, 2, 3, 4]
    assert await stage.value("SELECT version FROM calls WHERE id = $1", call_id) == 4


async def test_what_a_crashed_process_left_untold_is_told_by_another(dsn: str, settings: Settings) -> None:
    """The first house commits and never publishes, as if it died right after each commit."""
    async with staged(settings, dsn) as mute:
        mute.house.relay.publish = lambda events: None  # type: ignore[method-assign]
        mute.house.journal._publisher = Elsewhere()
        for task in mute.house._tasks:
            task.cancel()
        call_id = await mute.ring()
        await mute.sam.post("/api/calls/decline", {"callId": call_id})
        async with staged(settings, dsn) as other:
            ear = listen(other)
            for _ in range(80):
                if len([event for event in ear.events if str(event.call_id) == call_id]) >= 2:
                    break
                await asyncio.sleep(0.1)
            told = [(event.type, event.version) for event in ear.events if str(event.call_id) == call_id]
            assert told == [("call.ringing", 1), ("call.declined", 2)]


async def test_an_event_is_told_again_when_a_sink_fails(stage: Stage) -> None:
    class Deaf:
        tries = 0

        async def deliver(self, event: Event) -> None:
            Deaf.tries += 1
            if Deaf.tries == 1:
                raise OSError("not now")

    stage.house.relay._sinks = [Deaf(), *stage.house.relay._sinks]
    ear = listen(stage)
    call_id = await stage.ring()
    await settled(stage)
    assert [str(event.call_id) for event in ear.events if event.type == "call.ringing"] == [call_id]
    assert Deaf.tries >= 2


async def test_the_record_cannot_be_changed(stage: Stage) -> None:
    await stage.ring()
    for statement in ("UPDATE events SET data = '{}'", "DELETE FROM events", "TRUNCATE events"):
        with pytest.raises(Exception, match="append-only"):
            await stage.sql(statement)
