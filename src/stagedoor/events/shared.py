"""Sockets of several processes, joined through Redis: what one emits, the clients of all hear.

The library alone drops a message that Redis does not take, says nothing of it, waits on a silent Redis for ever and
listens again after up to a minute. Here a message that was not taken is an error, so that its event stays unpublished
and is delivered again; and listening is taken up again at once. Redis keeps nothing for whoever does not listen yet: so
after an outage a process calls nothing told before the others had time to listen again.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import socketio
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

log = structlog.get_logger("sockets")
PUBLISH_SECONDS = 1.0
LISTEN_AGAIN_SECONDS = 0.2
OTHERS_LISTEN_AGAIN = 5  # times that, since Redis was last found away; until then events stay unpublished


class SharedManager(socketio.AsyncRedisManager):  # type: ignore[misc]  # the library has no types
    redis: Any
    pubsub: Any
    _deaf_until = 0.0  # by the loop's clock: until then others may miss what is said

    def __init__(self, url: str) -> None:
        # A client that connected again by itself would hide from us that Redis was away.
        super().__init__(url, redis_options={"retry": Retry(NoBackoff(), 0)})

    async def _publish(self, data: Any) -> None:
        """Raises when Redis did not take it, or others may not hear it. Clients of this process have by then."""
        self._open()
        if asyncio.get_running_loop().time() < self._deaf_until:
            raise ConnectionError("Redis was away, and the other processes may not listen yet")
        try:
            await asyncio.wait_for(self.redis.publish(self.channel, self.json.dumps(data)), PUBLISH_SECONDS)
        except Exception:
            self._was_away()
            raise

    def _was_away(self) -> None:
        self._deaf_until = asyncio.get_running_loop().time() + OTHERS_LISTEN_AGAIN * LISTEN_AGAIN_SECONDS

    async def _listen(self) -> AsyncIterator[Any]:
        waiting = False
        while True:
            self._open()
            try:
                await self.pubsub.subscribe(self.channel)
                waiting = False
                async for message in self.pubsub.listen():
                    if message["type"] == "message":
                        yield message["data"]
            except Exception as error:
                if not waiting:
                    log.warning("sockets wait for Redis", because=f"{type(error).__name__}: {error}")
                waiting = True
                self._was_away()
                await self.pubsub.aclose()
                self.pubsub = self.redis.pubsub(ignore_subscribe_messages=True)
                await asyncio.sleep(LISTEN_AGAIN_SECONDS)

    def _open(self) -> None:
        if not self.connected:
            self._redis_connect()

    async def close(self) -> None:
        """Stop listening and give the connections back."""
        listening = getattr(self, "thread", None)
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        if self.connected:
            await self.pubsub.aclose()
            await self.redis.aclose()
