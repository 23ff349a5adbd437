"""Rings that are asked for while others are being written go together: one statement and one commit for all of them.

The commit and the way to the database cost as much as half a ring, so a crowd costs less a head the larger it is;
whoever rings alone waits for nobody. Each ring is judged and refused by itself, and one that would have to wait for
somebody, or that breaks a constraint, is asked again alone.
"""

import asyncio
import contextvars
from collections import deque
from dataclasses import dataclass

import asyncpg

from stagedoor.calls import queries, tell
from stagedoor.calls.model import Ring
from stagedoor.events import Journal
from stagedoor.settings import Calls as Rules

AT_ONCE = 2  # statements under way: one is written while the answers to the other are told
MOST = 16  # rings in one: more save nothing, and all of them wait for the last


@dataclass(slots=True)
class _Asked:
    ring: Ring
    answer: "asyncio.Future[asyncpg.Record | None]"


class Rings:
    """The rings of this process."""

    def __init__(self, journal: Journal, rules: Rules, media_provider: str) -> None:
        self._journal = journal
        self._rules = rules
        self._media_provider = media_provider
        self._waiting: deque[_Asked] = deque()
        self._under_way: set[asyncio.Task[None]] = set()

    async def ask(self, ring: Ring) -> asyncpg.Record:
        """What call_ring says of `ring`, committed and its event on its way to be told.

        Raises asyncpg.IntegrityConstraintViolationError when the ring broke a constraint.
        """
        asked = _Asked(ring, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        self._go_on()
        answer = await asked.answer
        return answer if answer is not None else await self._ask_alone(ring)

    def _go_on(self) -> None:
        while len(self._under_way) < AT_ONCE and (crowd := self._next()):
            task = asyncio.create_task(self._answer(crowd), context=contextvars.Context())  # of no request
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        self._go_on()

    def _next(self) -> list[_Asked]:
        """Those who have waited longest, a creator once, in the order in which every process locks them."""
        taken: dict[object, _Asked] = {}
        again = []
        while self._waiting and len(taken) < MOST:
            asked = self._waiting.popleft()
            if asked.answer.done():
                continue  # nobody waits for it any more
            if taken.setdefault(asked.ring.creator.id, asked) is not asked:
                again.append(asked)
        self._waiting.extendleft(reversed(again))
        return sorted(taken.values(), key=lambda asked: asked.ring.creator.id)

    async def _answer(self, crowd: list[_Asked]) -> None:
        try:
            answers = await self._write([asked.ring for asked in crowd])
        except asyncpg.IntegrityConstraintViolationError:
            answers = [None] * len(crowd)
        except Exception as error:
            for asked in crowd:
                if not asked.answer.done():
                    asked.answer.set_exception(error)
            return
        for asked, answer in zip(crowd, answers, strict=True):
            if not asked.answer.done():
                asked.answer.set_result(answer)

    async def _write(self, rings: list[Ring]) -> list[asyncpg.Record | None]:
        async with self._journal.statement() as tx:
            answers = await queries.rings(tx.db, rings, self._rules, self._media_provider)
            for ring, answer in zip(rings, answers, strict=True):
                if answer is not None:
                    tell.rang(tx, answer, ring)
            return answers

    async def _ask_alone(self, ring: Ring) -> asyncpg.Record:
        async with self._journal.statement() as tx:
            answer = await queries.ring(tx.db, ring, self._rules, self._media_provider)
            tell.rang(tx, answer, ring)
            return answer
