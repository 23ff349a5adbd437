"""Events by way of Ably's REST API, with the outbox's guarantee: at least once, and in order of each call.

An event is published when Ably has answered, and not before. Within a call none overtakes an earlier one, whichever
process recorded it and whatever became of that process. What arrives twice within minutes Ably drops by its id.
"""

import asyncio
import time
import uuid
from collections import OrderedDict
from typing import Any

import httpx
import msgspec
import structlog

from stagedoor.core.db import Database
from stagedoor.events.journal import Event
from stagedoor.settings import Ably

log = structlog.get_logger("ably")
ANSWER_SECONDS = 2.0
PAUSES_SECONDS = (0.0, 0.05, 0.2, 0.5, 1.0)  # before each attempt; after the last the backstop takes over
TURN_SECONDS = 3.0
TURN_LOOK_SECONDS = 0.05
REMEMBER_CALLS = 20_000
CONNECTIONS = 64
NEVER = (400, 413)  # malformed or too large: no other attempt will fare better

_EARLIER = """
SELECT EXISTS (SELECT 1 FROM events WHERE call_id = $1 AND id > $2 AND id < $3 AND published_at IS NULL)
"""


class NotPublished(Exception):
    """Ably did not take the event, or it is not its turn: it stays in the outbox."""


class AblySink:
    """A sink of events. Publishes each delivery on its channel, with the same name and data as over the socket."""

    def __init__(self, config: Ably, database: Database) -> None:
        name, _, secret = (config.api_key or "").partition(":")
        self._database = database
        self._told: OrderedDict[uuid.UUID, int] = OrderedDict()  # the last event of a call that went out from here
        self._client = httpx.AsyncClient(
            base_url=config.rest_url,
            auth=httpx.BasicAuth(name, secret),
            headers={"Content-Type": "application/json", "X-Ably-Version": "2"},
            timeout=ANSWER_SECONDS,
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def deliver(self, event: Event) -> None:
        """Raises NotPublished: the event is then delivered again later."""
        if event.call_id is not None:
            await self._await_turn(event.call_id, event.id)
        for channel, messages in messages_of(event).items():
            await self._publish(channel, messages)
        if event.call_id is not None:
            self._remember(event.call_id, event.id)

    async def _await_turn(self, call_id: uuid.UUID, event_id: int) -> None:
        """Until every earlier event of the call has gone out, from here or from another process."""
        until = time.monotonic() + TURN_SECONDS
        while True:
            async with self._database.connection() as connection:
                if not await connection.fetchval(_EARLIER, call_id, self._told.get(call_id, 0), event_id):
                    return
            if time.monotonic() > until:
                raise NotPublished("an earlier event of the call is not out yet")
            await asyncio.sleep(TURN_LOOK_SECONDS)

    async def _publish(self, channel: str, messages: list[dict[str, Any]]) -> None:
        body = msgspec.json.encode(messages)
        trouble = ""
        for pause in PAUSES_SECONDS:
            await asyncio.sleep(pause)
            try:
                answer = await self._client.post(f"/channels/{channel}/messages", content=body)
            except httpx.HTTPError as error:
                trouble = type(error).__name__
                continue
            if answer.is_success:
                return
            trouble = f"status {answer.status_code}"
            if answer.status_code in NEVER:
                log.error("ably will never take this", status=answer.status_code, ids=[m["id"] for m in messages])
                return
        raise NotPublished(trouble)

    def _remember(self, call_id: uuid.UUID, event_id: int) -> None:
        self._told[call_id] = max(event_id, self._told.get(call_id, 0))
        self._told.move_to_end(call_id)
        if len(self._told) > REMEMBER_CALLS:
            self._told.popitem(last=False)


def messages_of(event: Event) -> dict[str, list[dict[str, Any]]]:
    """An event's messages by channel, as Ably's REST API takes them: data as JSON text, ids `{event}:{serial}`."""
    by_channel: dict[str, list[dict[str, Any]]] = {}
    for delivery in event.deliveries:
        messages = by_channel.setdefault(delivery["channel"], [])
        data = {**delivery["data"], "eventId": event.id, "version": event.version}
        messages.append(
            {
                "id": f"{event.id}:{len(messages)}",
                "name": delivery["name"],
                "data": msgspec.json.encode(data).decode(),
                "encoding": "json",
            }
        )
    return by_channel
