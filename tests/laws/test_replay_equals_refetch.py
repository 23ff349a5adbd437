"""A client that only ever listened knows what one knows that has just asked: after every step of generated stories."""

import itertools
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conftest import Caller
from tests.ears import Ears
from tests.laws.stopped_clock import Theatre

RUNNING = ("ringing", "connecting", "active", "reconnecting")
# What a name says of the call, where the event does not say it itself (one written by hand in SQL).
SAYS = {
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
numbers = itertools.count()


@dataclass
class Listener:
    """One side's client: it applies what it hears, newer versions over older ones, and asks nothing."""

    calls: dict[str, dict[str, Any]] = field(default_factory=dict)

    def hears(self, name: str, data: dict[str, Any]) -> None:
        if name not in SAYS:
            return
        call_id = str(data["callId"])
        known = self.calls.get(call_id, {"version": 0})
        if data["version"] > known["version"]:
            told = {k: v for k, v in data.items() if k in ("endReason", "billableSeconds", "tokensCharged", "callType")}
            told |= {k: data[k] for k in ("tokensPerMinute", "callBackAt") if k in data}
            state = data.get("state", SAYS[name])
            if data.keys() == {"callId", "eventId", "version"}:  # by hand: the name is all that it says
                known = {}
            self.calls[call_id] = known | told | {"version": data["version"], "state": state}

    def answered(self, call: dict[str, Any]) -> None:
        """Who rings hears of it from the answer to her own request."""
        self.calls.setdefault(call["id"], {"version": call["version"], "state": call["state"]})


@dataclass
class Story:
    """A pair of its own, what they do, and what each of them has heard."""

    theatre: Theatre
    ears: Ears
    creator: Caller
    fan: Caller
    call_id: str = ""
    listeners: dict[str, Listener] = field(default_factory=lambda: {"creator": Listener(), "fan": Listener()})

    async def post(self, who: Caller, path: str, **body: Any) -> None:
        """Whatever comes of it: refusals are part of the story."""
        reply = await who.ask("POST", f"/api/calls/{path}", body)
        assert reply.status_code < 500, reply.text
        if path == "initiate" and reply.status_code == 201:
            self.call_id = reply.json()["call"]["id"]
            self.listeners["creator"].answered(reply.json()["call"])

    async def sql(self, statement: str) -> None:
        await self.theatre.sql(statement.format(creator=self.creator.id, fan=self.fan.id, call=self.call_id or None))

    async def everything_is_told(self) -> None:
        relay = self.theatre.house.relay
        await relay.drain()
        if await self.theatre.value("SELECT count(*) FROM events WHERE published_at IS NULL"):
            await self.theatre.later(1.5)  # what was written by hand is found once it is a second old
        while await self.theatre.value("SELECT count(*) FROM events WHERE published_at IS NULL"):
            await relay.republish()
            await relay.drain()
        for role, who in (("creator", self.creator), ("fan", self.fan)):
            for channel, name, data in self.ears.heard:
                if channel == f"{role}:{who.id}":
                    self.listeners[role].hears(name, data)
        self.ears.forget()

    async def replay_equals_refetch(self) -> None:
        await self.everything_is_told()
        for role, who in (("creator", self.creator), ("fan", self.fan)):
            known = self.listeners[role].calls
            for call_id, told in known.items():
                read = (await who.get(f"/api/calls/{call_id}"))["call"]
                spoken = {name: read[name] for name in told}
                if told["state"] == "ended" and read["state"] == "failed":
                    spoken["state"] = "ended"
                assert told == spoken, role
            listed = {call["id"] for call in (await who.get("/api/calls/current"))["calls"]}
            assert listed == {call_id for call_id, told in known.items() if told["state"] in RUNNING}, role


def post(role: str, path: str, **body: Any) -> Callable[[Story], Awaitable[None]]:
    async def step(story: Story) -> None:
        who = story.creator if role == "creator" else story.fan
        if path == "initiate":
            await story.sql("DELETE FROM call_cooldowns WHERE fan_id = '{fan}'")
            await story.post(who, path, fanId=str(story.fan.id), callType="video")
        elif story.call_id and path in ("media", "join"):
            await story.post(who, f"{story.call_id}/{path}", **body)
        elif story.call_id:
            await story.post(who, path, callId=story.call_id, **body)

    return step


def by_hand(statement: str) -> Callable[[Story], Awaitable[None]]:
    async def step(story: Story) -> None:
        await story.sql(statement)

    return step


def time_passes(seconds: float) -> Callable[[Story], Awaitable[None]]:
    async def step(story: Story) -> None:
        await story.theatre.tick(seconds)

    return step


def blocks(role: str) -> Callable[[Story], Awaitable[None]]:
    async def step(story: Story) -> None:
        if role == "fan":
            await story.fan.ask("PUT", f"/api/fans/blocks/{story.creator.id}")
        else:
            await story.creator.ask("PUT", f"/api/creators/me/blocks/{story.fan.id}")

    return step


async def connects(story: Story) -> None:
    for step in ("rings", "accepts", "creator has media", "fan has media"):
        await STEPS[step](story)


STEPS: dict[str, Callable[[Story], Awaitable[None]]] = {
    "rings": post("creator", "initiate"),
    "connects": connects,
    "accepts": post("fan", "accept", deviceId="phone"),
    "accepts on another": post("fan", "accept", deviceId="laptop"),
    "accepts for a little": post("fan", "accept", maxTokens=1),
    "declines": post("fan", "decline"),
    "asks to be called back": post("fan", "decline", callBackMinutes=15),
    "cancels": post("creator", "cancel"),
    "creator hangs up": post("creator", "end"),
    "fan hangs up": post("fan", "end"),
    "creator has media": post("creator", "media", state="connected"),
    "fan has media": post("fan", "media", state="connected"),
    "creator loses media": post("creator", "media", state="lost"),
    "fan loses media": post("fan", "media", state="lost", silentSeconds=1.5),
    "another device": post("fan", "join", deviceId="tablet"),
    "a moment": time_passes(2),
    "a while": time_passes(25),
    "two minutes": time_passes(120),
    "fan blocks": blocks("fan"),
    "creator blocks": blocks("creator"),
    "fan blocks by hand": by_hand(
        "INSERT INTO fan_blocked_creators VALUES ('{fan}', '{creator}') ON CONFLICT DO NOTHING"
    ),
    "creator blocks by hand": by_hand(
        "INSERT INTO creator_blocked_users VALUES ('{creator}', '{fan}') ON CONFLICT DO NOTHING"
    ),
    "all is forgiven": by_hand(
        "WITH one AS (DELETE FROM fan_blocked_creators WHERE fan_id = '{fan}')"
        " DELETE FROM creator_blocked_users WHERE blocked_user_id = '{fan}'"
    ),
    "expires by hand": by_hand(
        "UPDATE call_invitations i SET state = 'expired' FROM calls c"
        " WHERE c.id = i.call_id AND c.fan_id = '{fan}' AND i.state = 'pending'"
    ),
    "is cancelled by hand": by_hand(
        "UPDATE call_invitations i SET state = 'cancelled' FROM calls c"
        " WHERE c.id = i.call_id AND c.fan_id = '{fan}' AND i.state = 'pending'"
    ),
    "is ended by an operator": by_hand(
        "SELECT call_settle(id, clock_timestamp(), 'operator') FROM calls WHERE fan_id = '{fan}' AND ended_at IS NULL"
    ),
}
LATER = [name for name in STEPS if name not in ("rings", "connects")]


@settings(
    max_examples=int(os.environ.get("STORIES", "25")),
    derandomize="STORIES" not in os.environ,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    st.lists(
        st.tuples(st.sampled_from(["rings", "connects"]), st.lists(st.sampled_from(LATER), max_size=6)), max_size=4
    )
)
async def test_replaying_what_was_told_equals_reading_afresh(
    theatre: Theatre, told: list[tuple[str, list[str]]]
) -> None:
    number = next(numbers)
    creator = await theatre.person(f"creator{number}", creator=True)
    fan = await theatre.person(f"fan{number}", tokens=200)
    await theatre.sql("INSERT INTO follows VALUES ($1, $2)", fan.id, creator.id)
    story = Story(theatre, Ears(theatre), creator, fan)
    try:
        for begin, rest in told:
            for name in (begin, *rest):
                await STEPS[name](story)
                await story.replay_equals_refetch()
    finally:
        theatre.house.relay._sinks = [sink for sink in theatre.house.relay._sinks if sink is not story.ears]
        await story.sql("SELECT call_settle(id, clock_timestamp(), 'operator') FROM calls WHERE fan_id = '{fan}'")
