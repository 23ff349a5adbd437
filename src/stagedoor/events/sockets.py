"""The Socket.IO side: who is connected, on which channels, and events on their way to them.

A client is put on its own channels when it connects (`fan:{id}`, and `creator:{id}` for creators) and cannot join
another. Commands travel over HTTP only; what clients may send here is rate-limited and small.
"""

import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import socketio
import structlog

from stagedoor.core.identity import Authenticator, Person
from stagedoor.core.problems import Refusal
from stagedoor.events.journal import Event

log = structlog.get_logger("sockets")
MAX_MESSAGE_BYTES = 16 * 1024
MESSAGES_A_SECOND = 40
BURST = 200
PING_SECONDS = 5
Receive = Callable[["Client", dict[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class Client:
    """One connected socket and its allowance of messages (a token bucket)."""

    sid: str
    person: Person
    allowance: float = BURST
    counted_at: float = field(default_factory=time.monotonic)

    def may_send(self) -> bool:
        now = time.monotonic()
        self.allowance = min(BURST, self.allowance + (now - self.counted_at) * MESSAGES_A_SECOND)
        self.counted_at = now
        if self.allowance < 1:
            return False
        self.allowance -= 1
        return True


class Sockets:
    """A sink of events, and the registry of who is connected to this process."""

    def __init__(self, authenticator: Authenticator, *, origins: list[str] | None, redis_url: str | None) -> None:
        manager = socketio.AsyncRedisManager(redis_url) if redis_url else None
        self.server = socketio.AsyncServer(
            async_mode="asgi",
            client_manager=manager,
            cors_allowed_origins=origins,
            max_http_buffer_size=MAX_MESSAGE_BYTES,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            http_compression=False,
            logger=False,
            engineio_logger=False,
        )
        self._authenticator = authenticator
        self._clients: dict[str, Client] = {}
        self._people: dict[uuid.UUID, set[str]] = {}
        self.server.on("connect", self._connect)
        self.server.on("disconnect", self._disconnect)

    def on(self, name: str, receive: Receive) -> None:
        """Let clients send `name`; `receive` gets the client and its object. Anything else is dropped."""

        async def handler(sid: str, data: Any = None, *_rest: Any) -> None:
            client = self._clients.get(sid)
            if client is not None and isinstance(data, dict) and client.may_send():
                await receive(client, data)

        self.server.on(name, handler)

    def people(self) -> list[uuid.UUID]:
        """Everyone with a socket on this process."""
        return list(self._people)

    async def deliver(self, event: Event) -> None:
        for delivery in event.deliveries:
            data = {**delivery["data"], "eventId": event.id, "version": event.version}
            await self.server.emit(delivery["name"], data, room=delivery["channel"])

    async def send(self, channel: str, name: str, data: dict[str, Any]) -> None:
        """A message that is no event: signalling, which is worthless a moment later and never stored."""
        await self.server.emit(name, data, room=channel)

    async def drop(self, user_id: uuid.UUID) -> None:
        """Disconnect a person's sockets on this process (signed out everywhere, erased)."""
        for sid in list(self._people.get(user_id, ())):
            await self.server.disconnect(sid)

    async def _connect(self, sid: str, _environ: dict[str, Any], auth: Any = None) -> None:
        token = auth.get("token") if isinstance(auth, dict) else None
        if not isinstance(token, str):
            raise socketio.exceptions.ConnectionRefusedError("NOT_AUTHENTICATED")
        try:
            person = await self._authenticator.authenticate(token)
        except Refusal as refusal:
            raise socketio.exceptions.ConnectionRefusedError(refusal.code) from refusal
        self._clients[sid] = Client(sid, person)
        self._people.setdefault(person.id, set()).add(sid)
        await self.server.enter_room(sid, f"fan:{person.id}")
        if person.is_creator:
            await self.server.enter_room(sid, f"creator:{person.id}")

    async def _disconnect(self, sid: str, *_reason: Any) -> None:
        client = self._clients.pop(sid, None)
        if client is None:
            return
        sids = self._people.get(client.person.id, set())
        sids.discard(sid)
        if not sids:
            self._people.pop(client.person.id, None)
