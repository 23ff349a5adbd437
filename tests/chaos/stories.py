"""What a creator and a fan may do with a call, from ring to end, told from both clients' side."""

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.chaos.client import Client
from tests.chaos.journal import Journal, Known, Role

ATTEST_EVERY_SECONDS = 1.2
ALIVE_EVERY_SECONDS = 0.9
OVER_SECONDS = 75.0  # gap and presence limits, and everything dying meanwhile


@dataclass
class Pair:
    """Two people, one call, and the chance that decides what they do."""

    journal: Journal
    creator: Client
    fan: Client
    chance: random.Random

    def who(self, role: Role) -> Client:
        return self.creator if role == "creator" else self.fan

    async def ring(self, rate: int, max_tokens: int | None = None) -> Known | None:
        body = {"fanId": self.fan.id, "callType": "video"}
        key = str(uuid.UUID(int=self.chance.getrandbits(128)))
        asked = await self.creator.ask("initiate", "POST", "/api/calls/initiate", body, key=key)
        if not asked.ok:
            return None
        call = Known(asked.body["call"]["id"], self.creator.name, self.fan.name, rate, max_tokens)
        if call.id in self.journal.calls:
            self.journal.fault(f"call {call.id} was given to two rings")
        self.journal.calls[call.id] = call
        return call

    async def accept(self, call: Known) -> bool:
        more = {} if call.max_tokens is None else {"maxTokens": call.max_tokens}
        return (await self.fan.about(call, "accept", deviceId=f"phone of {self.fan.name}", **more)).ok

    async def meet(self, call: Known) -> bool:
        """Ring, answer, and media on both sides."""
        if not await self.accept(call):
            return False
        return all(await asyncio.gather(self._connect(call, "creator"), self._connect(call, "fan")))

    async def _connect(self, call: Known, role: Role) -> bool:
        return await self.who(role).join(call) and await self.who(role).attest(call, role, "connected")

    async def over(self, call: Known, role: Role) -> None:
        """Wait, as that side, until the call has ended by itself."""
        deadline = time.monotonic() + OVER_SECONDS
        while not (await self.who(role).read(call)).get("endedAt"):
            if time.monotonic() > deadline:
                self.journal.fault(f"call {call.id} did not end within {OVER_SECONDS:.0f} s")
                return
            await self.who(role).news(1.0)

    async def talk(self, call: Known, seconds: float, roles: tuple[Role, ...] = ("creator", "fan")) -> None:
        """Both say again and again that media flows, by HTTP and by socket, until the time or the call is over."""
        await asyncio.gather(*(self._speak(call, role, time.monotonic() + seconds) for role in roles))

    async def _speak(self, call: Known, role: Role, until: float) -> None:
        me = self.who(role)
        attest_at = 0.0
        while time.monotonic() < until and call.over_at is None:
            await me.say_alive(call)
            if time.monotonic() >= attest_at:
                if not await me.attest(call, role, "connected"):
                    return
                attest_at = time.monotonic() + ATTEST_EVERY_SECONDS
            await asyncio.sleep(min(ALIVE_EVERY_SECONDS, max(0.05, until - time.monotonic())))

    async def hang_up(self, call: Known) -> None:
        """One of them, or both at once."""
        sides = self.chance.choice([[self.creator], [self.fan], [self.creator, self.fan]])
        await asyncio.gather(*(side.about(call, "end") for side in sides))


Story = Callable[[Pair, Known], Awaitable[None]]


async def talks(pair: Pair, call: Known) -> None:
    if await pair.meet(call):
        await pair.talk(call, pair.chance.uniform(0.5, 6))
    await pair.hang_up(call)


async def loses_media(pair: Pair, call: Known) -> None:
    """A gap, which is free, and media again."""
    if await pair.meet(call):
        await pair.talk(call, pair.chance.uniform(0.5, 2.5))
        role: Role = pair.chance.choice(["creator", "fan"])
        if await pair.who(role).attest(call, role, "lost"):
            await asyncio.sleep(pair.chance.uniform(0.2, 2))
        await pair.talk(call, pair.chance.uniform(0.5, 3))
    await pair.hang_up(call)


async def falls_silent(pair: Pair, call: Known) -> None:
    """Somebody's phone dies; the other stays, and nobody hangs up."""
    role: Role = pair.chance.choice(["creator", "fan"])
    other: Role = "fan" if role == "creator" else "creator"
    if await pair.meet(call):
        await pair.talk(call, pair.chance.uniform(0.5, 3))
        await pair.who(role).switch_off()
        call.gone_at[role] = time.time()
        await pair.talk(call, OVER_SECONDS, (other,))
        pair.who(role).switch_on()
    await pair.over(call, other)


async def spends_the_limit(pair: Pair, call: Known) -> None:
    """The fan gave a limit, and the call ends itself there."""
    if await pair.meet(call):
        await pair.talk(call, OVER_SECONDS)
    await pair.over(call, "fan")


async def declines(pair: Pair, call: Known) -> None:
    await pair.fan.news(1.0)
    await asyncio.sleep(pair.chance.uniform(0, 1))
    await pair.fan.about(call, "decline")
    await pair.over(call, "creator")


async def cancels(pair: Pair, call: Known) -> None:
    await asyncio.sleep(pair.chance.uniform(0, 2))
    await pair.creator.about(call, "cancel")
    await pair.over(call, "fan")


async def nobody_answers(pair: Pair, call: Known) -> None:
    await pair.over(call, "creator")


async def answer_meets_cancel(pair: Pair, call: Known) -> None:
    """At the same moment: one of the two wins."""
    await asyncio.gather(pair.accept(call), pair.creator.about(call, "cancel"))
    await pair.hang_up(call)


async def never_connects(pair: Pair, call: Known) -> None:
    if await pair.accept(call):
        role: Role = pair.chance.choice(["creator", "fan"])
        await pair.who(role).attest(call, role, "connected")
    await pair.over(call, "fan")


STORIES: list[tuple[Story, int]] = [
    (talks, 34),
    (loses_media, 14),
    (falls_silent, 6),
    (spends_the_limit, 8),
    (declines, 10),
    (cancels, 10),
    (nobody_answers, 6),
    (answer_meets_cancel, 7),
    (never_connects, 5),
]
