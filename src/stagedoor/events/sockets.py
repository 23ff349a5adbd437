"""The Socket.IO side: who is connected, on which channels, and events on their way to them.

A client is put on its own channels when it connects (`fan:{id}`, and `creator:{id}` for creators) and cannot join
another. Commands travel over HTTP only; what clients may send here is rate-limited and small.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import socketio
import structlog

from stagedoor.core.identity import Authenticator, Person
from stagedoor.core.problems import NotAuthenticated, Refusal, body_of
from stagedoor.events.journal import Event
from stagedoor.events.shared import SharedManager

log = structlog.get_logger("sockets")
MAX_MESSAGE_BYTES = 16 * 1024
MESSAGES_A_SECOND = 40
BURST = 200
PING_SECONDS = 5
LONGEST_TIMER_SECONDS = 24 * 3600.0
Receive = Callable[["Client", dict[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class Client:
    """One connected socket and its allowance of messages (a token bucket)."""

    sid: str
    person: Person
    allowance: float = BURST
    counted_at: float = field(default_factory=time.monotonic)
    end: asyncio.TimerHandle | None = None

    def may_send(self) -> bool:
        now = time.monotonic()
        self.allowance = min(BURST, self.allowance + (now - self.counted_at) * MESSAGES_A_SECOND)
        self.counted_at = now
        if self.allowance < 1:
            return False
        self.allowance -= 1
        return True


class _Server(socketio.AsyncServer):  # type: ignore[misc]  # the library has no types
    """Takes the events that somebody here listens to, and nothing else.

    Left to itself the library lets a client call the handlers of `connect` and `disconnect` by sending events of
    those names, and logs a traceback for a name that is no text.
    """

    listened: frozenset[str] = frozenset()

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: Any, data: Any) -> None:  # noqa: A002
        if isinstance(data, list) and data and isinstance(data[0], str) and data[0] in self.listened:
            await super()._handle_event(eio_sid, namespace, id, data)


class Sockets:
    """A sink of events, and the registry of who is connected to this process."""

    def __init__(self, authenticator: Authenticator, *, origins: list[str] | None, redis_url: str | None) -> None:
        self._shared = SharedManager(redis_url) if redis_url else None
        self.server = _Server(
            async_mode="asgi",
            client_manager=self._shared,
            cors_allowed_origins=origins,
            max_http_buffer_size=MAX_MESSAGE_BYTES,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            http_compression=False,
            logger=False,
            engineio_logger=False,
        )
        self._authenticator = authenticator
        authenticator.when_forgotten.append(self._drop_session)
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
        self.server.listened |= {name}

    async def close(self) -> None:
        if self._shared is not None:
            await self._shared.close()

    def people(self) -> list[uuid.UUID]:
        """Everyone with a socket on this process."""
        return list(self._people)

    async def deliver(self, event: Event) -> None:
        for delivery in event.deliveries:
            if self._shared is None and not self._is_here(delivery["channel"]):
                continue
            data = {**delivery["data"], "eventId": event.id, "version": event.version}
            await self.server.emit(delivery["name"], data, room=delivery["channel"])

    def _is_here(self, channel: str) -> bool:
        """Has somebody on that channel a socket on this process, which without Redis is the only one?"""
        return uuid.UUID(channel.partition(":")[2]) in self._people

    async def send(self, channel: str, name: str, data: dict[str, Any]) -> None:
        """A message that is no event: signalling, which is worthless a moment later and never stored."""
        try:
            await self.server.emit(name, data, room=channel)
        except Exception as error:  # a Redis that is away; who is on this process has it
            log.warning("a message reached this process alone", because=f"{type(error).__name__}: {error}")

    async def drop(self, user_id: uuid.UUID) -> None:
        """Disconnect a person's sockets on this process (signed out everywhere, erased)."""
        for sid in list(self._people.get(user_id, ())):
            await self.server.disconnect(sid)

    def _drop_session(self, session_id: uuid.UUID) -> None:
        for sid in [sid for sid, client in self._clients.items() if client.person.session_id == session_id]:
            self.server.start_background_task(self.server.disconnect, sid)

    async def _connect(self, sid: str, _environ: dict[str, Any], auth: Any = None) -> None:
        token = auth.get("token") if isinstance(auth, dict) else None
        try:
            if not isinstance(token, str):
                raise NotAuthenticated
            person = await self._authenticator.authenticate(token)
        except Refusal as refusal:
            body = msgspec.to_builtins(body_of(refusal, uuid.uuid4().hex))
            raise socketio.exceptions.ConnectionRefusedError(refusal.code, body) from refusal
        self._clients[sid] = Client(sid, person)
        self._people.setdefault(person.id, set()).add(sid)
        self._end_with_session(sid)
        await self.server.enter_room(sid, f"fan:{person.id}")
        if person.is_creator:
            await self.server.enter_room(sid, f"creator:{person.id}")

    def _end_with_session(self, sid: str) -> None:
        """A socket lasts no longer than the session that opened it."""
        client = self._clients.get(sid)
        if client is None:
            return
        left = client.person.expires_at - time.time()
        if left <= 0:
            self.server.start_background_task(self.server.disconnect, sid)
        else:
            wait = min(left, LONGEST_TIMER_SECONDS)
            client.end = asyncio.get_running_loop().call_later(wait, self._end_with_session, sid)

    async def _disconnect(self, sid: str, *_reason: Any) -> None:
        client = self._clients.pop(sid, None)
        if client is None:
            return
        if client.end is not None:
            client.end.cancel()
        sids = self._people.get(client.person.id, set())
        sids.discard(sid)
        if not sids:
            self._people.pop(client.person.id, None)
