"""Sockets of several processes, joined through Redis: what one emits, the clients of all hear.

The library alone drops a message that Redis does not take, says nothing of it, waits on a silent Redis for ever and
listens again after up to a minute. Here a message that was not taken is an error, so that its event stays unpublished
and is delivered again; and listening is taken up again at once.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import socketio
import structlog

log = structlog.get_logger("sockets")
PUBLISH_SECONDS = 1.0
LISTEN_AGAIN_SECONDS = 0.2  # well before an event is published again


class SharedManager(socketio.AsyncRedisManager):  # type: ignore[misc]  # the library has no types
    redis: Any
    pubsub: Any

    async def _publish(self, data: Any) -> None:
        """Raises when Redis did not take it. Clients of this process have heard it by then."""
        self._open()
        await asyncio.wait_for(self.redis.publish(self.channel, self.json.dumps(data)), PUBLISH_SECONDS)

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
