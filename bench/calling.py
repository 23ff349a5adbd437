"""Calls as two people make them: ring, accept, both have media, signs of life, end; and whether the bill is right."""

import asyncio
import contextlib
import math
import time
from dataclasses import dataclass, field
from typing import Any

from bench import people
from bench.phones import Asker, Crowd, Phone

ALIVE_SECONDS = 1.0
HEARTBEAT_SECONDS = 2.0  # a word a second, its way through a busy server, and until it is written
SILENCE_SECONDS_MAX = 2.5


@dataclass
class Pair:
    """Creator `number` and fan `number`, and the call that they have now."""

    creator: Asker
    fan: Asker
    fan_id: str
    call_id: str = ""
    _connected_between: tuple[float, float] = (0.0, 0.0)
    phones: list[Phone] = field(default_factory=list)
    _said: float = 0.0
    _silence: float = 0.0  # the longest of this call, which is the crowd's own fault

    @classmethod
    def of(cls, crowd: Crowd, number: int) -> "Pair":
        return cls(crowd.person("c", number), crowd.person("f", number), str(people.identity("f", number)))

    async def ring(self) -> None:
        told = await self.creator.post("/api/calls/initiate", {"fanId": self.fan_id, "callType": "video"})
        self.call_id = told["call"]["id"]

    async def cancel(self) -> None:
        await self.creator.post("/api/calls/cancel", {"callId": self.call_id})

    async def connect(self) -> None:
        await self.ring()
        await self.fan.post("/api/calls/accept", {"callId": self.call_id})
        await self.creator.post(f"/api/calls/{self.call_id}/media", {"state": "connected"})
        before = time.monotonic()
        await self.fan.post(f"/api/calls/{self.call_id}/media", {"state": "connected"})
        self._said, self._silence = before, 0.0
        self._connected_between = (before, time.monotonic())

    async def give_up(self) -> None:
        """After an error: leave no call behind that would make the next one fail too."""
        await asyncio.sleep(1)
        if self.call_id:
            with contextlib.suppress(Exception):
                await self.fan.post("/api/calls/end", {"callId": self.call_id})

    async def alive(self) -> None:
        self._hush()
        for phone in self.phones:
            await phone.say("call:alive", {"callId": self.call_id})

    def _hush(self) -> None:
        now = time.monotonic()
        self._silence, self._said = max(self._silence, now - self._said), now

    @property
    def was_silent(self) -> bool:
        """This process gave no sign of life for so long that the call may have paused, and rightly so."""
        return bool(self.phones) and self._silence > SILENCE_SECONDS_MAX

    async def hang_up(self) -> str | None:
        """End the call. What is wrong with its bill; None when it is right."""
        self._hush()
        before = time.monotonic()
        call = (await self.fan.post("/api/calls/end", {"callId": self.call_id}))["call"]
        first, last = self._connected_between
        said = before - last - (HEARTBEAT_SECONDS if self.phones else 0.0)
        return wrong(call, least=0.0 if self.was_silent else said, most=time.monotonic() - first)


def wrong(call: dict[str, Any], least: float, most: float) -> str | None:
    """A call that was connected for `least` to `most` seconds: are its seconds and tokens those?"""
    seconds, tokens = call["billableSeconds"], call["tokensCharged"]
    if call["state"] != "ended":
        return f"{call['id']} is {call['state']}"
    if not math.floor(max(0.0, least)) <= seconds <= math.ceil(most):
        return f"{call['id']} bills {seconds} s of {least:.2f} to {most:.2f}"
    if tokens != math.ceil(seconds * call["tokensPerMinute"] / 60):
        return f"{call['id']} charges {tokens} tokens for {seconds} s"
    return None


async def keep_alive(pairs: list[Pair], until: asyncio.Event) -> None:
    """Signs of life of all the pairs' phones, once a second each, spread over the second."""
    while not until.is_set():
        began = time.monotonic()
        for number, pair in enumerate(pairs):
            if pair.call_id:
                await pair.alive()
            ahead = (number + 1) / len(pairs) * ALIVE_SECONDS - (time.monotonic() - began)
            if ahead > 0.005:
                await asyncio.sleep(ahead)
        await asyncio.sleep(max(0.0, ALIVE_SECONDS - (time.monotonic() - began)))
