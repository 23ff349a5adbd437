"""How long these tests wait for the database."""

import asyncio
from collections.abc import Awaitable, Callable

from stagedoor.core.migrate import Patience

HURRIED = Patience(lock_seconds=5, busy_seconds=5, poll_seconds=0.05)


async def eventually(question: Callable[[], Awaitable[object]], seconds: float = 5) -> None:
    """Ask until the answer is yes."""
    async with asyncio.timeout(seconds):
        while not await question():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def said_something(said: list[str]) -> None:
    async with asyncio.timeout(5):
        while not said:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
