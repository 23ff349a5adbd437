"""A stand-in for Ably on a free local port: publishing and token requests by REST, listening by WebSocket.

It checks what Ably checks (keys, signatures, capabilities, ids already seen) and can be made to fail as networks do.
Source: Ably's REST API reference, its token request specification, and the realtime protocol that ably-js speaks.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import random
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BasicAuth, WSMsgType, web

KEY_NAME, KEY_SECRET = "appid.keyid", "a-secret-of-ably"
KEY = f"{KEY_NAME}:{KEY_SECRET}"
HEARTBEAT, CONNECTED, CLOSE, CLOSED, ERROR = 0, 4, 7, 8, 9
ATTACH, ATTACHED, DETACH, DETACHED, MESSAGE, AUTH = 10, 11, 12, 13, 15, 17
MAY_SUBSCRIBE = 1 << 18
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*", "Access-Control-Allow-Methods": "*"}


@dataclass
class Weather:
    """How often a publish goes wrong, and how: shares of 1."""

    refused: float = 0.0  # a 500, nothing kept
    lost_request: float = 0.0  # no answer in time, nothing kept
    lost_answer: float = 0.0  # kept, but no answer in time
    cut: float = 0.0  # the connection breaks
    silence_seconds: float = 1.0


@dataclass
class Ably:
    """What was published, in order of acceptance and without repetitions, and who listens."""

    url: str = ""
    weather: Weather = field(default_factory=Weather)
    chance: random.Random = field(default_factory=lambda: random.Random(11))
    accepted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    attempts: int = 0
    faults: int = 0
    repeated: int = 0
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    listeners: list[tuple[web.WebSocketResponse, str, set[str]]] = field(default_factory=list)
    connections: int = 0
    refused_channels: list[str] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _nonces: set[str] = field(default_factory=set)

    async def publish(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != BasicAuth(KEY_NAME, KEY_SECRET).encode():
            return refusal(401, 40101, "invalid credentials")
        self.attempts += 1
        fate, weather = self.chance.random(), self.weather
        for share, kind in (
            (weather.refused, "refused"),
            (weather.lost_request, "lost_request"),
            (weather.lost_answer, "lost_answer"),
            (weather.cut, "cut"),
        ):
            if fate < share:
                return await self._fail(kind, request)
            fate -= share
        await self._accept(request.match_info["channel"], await request.json())
        return web.json_response({"channel": request.match_info["channel"]}, status=201)

    async def _fail(self, kind: str, request: web.Request) -> web.StreamResponse:
        self.faults += 1
        if kind == "refused":
            return refusal(500, 50000, "internal error")
        if kind == "lost_answer":
            await self._accept(request.match_info["channel"], await request.json())
        if kind == "cut":
            assert request.transport is not None
            request.transport.close()
        else:
            await asyncio.sleep(self.weather.silence_seconds)
        return web.Response(status=504)

    async def _accept(self, channel: str, messages: Any) -> None:
        fresh = []
        for message in messages if isinstance(messages, list) else [messages]:
            if (channel, message["id"]) in self._seen:
                self.repeated += 1
                continue
            self._seen.add((channel, message["id"]))
            fresh.append(message)
            assert message["encoding"] == "json"
            self.accepted.append((channel, {"name": message["name"], **json.loads(message["data"])}))
        if fresh:
            await self._tell(channel, fresh)

    async def _tell(self, channel: str, messages: list[dict[str, Any]]) -> None:
        told = {
            "action": MESSAGE,
            "channel": channel,
            "id": secrets.token_hex(6),
            "channelSerial": f"{len(self.accepted)}",
            "timestamp": now_ms(),
            "messages": messages,
        }
        for socket, _, channels in list(self.listeners):
            if channel in channels:
                with contextlib.suppress(ConnectionError):
                    await socket.send_json(told)

    async def request_token(self, request: web.Request) -> web.StreamResponse:
        """A token for a signed request: its channels are covered by the signature, its nonce counts once."""
        asked = await request.json()
        parts = ("keyName", "ttl", "capability", "clientId", "timestamp", "nonce")
        signed = "".join(f"{asked.get(part, '')}\n" for part in parts).encode()
        mac = base64.b64encode(hmac.digest(KEY_SECRET.encode(), signed, hashlib.sha256)).decode()
        if asked.get("keyName") != KEY_NAME or not hmac.compare_digest(mac, str(asked.get("mac"))):
            return refusal(401, 40101, "signature does not match")
        if asked["nonce"] in self._nonces or abs(now_ms() - asked["timestamp"]) > 120_000:
            return refusal(401, 40104, "timestamp not current, or nonce used")
        self._nonces.add(asked["nonce"])
        details = {
            "token": f"appid.{secrets.token_urlsafe(24)}",
            "keyName": KEY_NAME,
            "issued": now_ms(),
            "expires": now_ms() + int(asked["ttl"]),
            "capability": asked["capability"],
            "clientId": asked["clientId"],
        }
        self.tokens[details["token"]] = details
        return web.json_response(details)

    async def listen(self, request: web.Request) -> web.StreamResponse:
        if "Upgrade" not in request.headers:
            return web.Response(text="here")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        query = request.query
        token = self.tokens.get(query.get("access_token") or query.get("accessToken") or "")
        if token is None or token["expires"] < now_ms():
            await socket.send_json({"action": ERROR, "error": {"code": 40142, "statusCode": 401, "message": "token"}})
            return socket
        self.connections += 1
        held: set[str] = set()
        entry = (socket, token["clientId"], held)
        self.listeners.append(entry)
        await socket.send_json(connected(token))
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    await self._heard(socket, token, held, json.loads(message.data))
        finally:
            self.listeners.remove(entry)
        return socket

    async def _heard(
        self, socket: web.WebSocketResponse, token: dict[str, Any], held: set[str], said: dict[str, Any]
    ) -> None:
        action, channel = said["action"], said.get("channel", "")
        if action == HEARTBEAT:
            await socket.send_json({"action": HEARTBEAT, **({"id": said["id"]} if "id" in said else {})})
        elif action == ATTACH and "subscribe" in json.loads(token["capability"]).get(channel, []):
            held.add(channel)
            await socket.send_json(
                {"action": ATTACHED, "channel": channel, "channelSerial": "0", "flags": MAY_SUBSCRIBE}
            )
        elif action == ATTACH:
            self.refused_channels.append(channel)
            error = {"code": 40160, "statusCode": 401, "message": "capability does not allow this channel"}
            await socket.send_json({"action": ERROR, "channel": channel, "error": error})
        elif action == DETACH:
            held.discard(channel)
            await socket.send_json({"action": DETACHED, "channel": channel})
        elif action == AUTH:
            await socket.send_json(connected(token))
        elif action == CLOSE:
            await socket.send_json({"action": CLOSED})
            await socket.close()


def connected(token: dict[str, Any]) -> dict[str, Any]:
    identity = secrets.token_hex(5)
    details = {
        "clientId": token["clientId"],
        "connectionKey": f"{identity}!key",
        "connectionStateTtl": 120_000,
        "maxIdleInterval": 15_000,
        "maxMessageSize": 65_536,
        "maxInboundRate": 100,
        "serverId": "here",
    }
    return {"action": CONNECTED, "connectionId": identity, "connectionDetails": details}


def now_ms() -> int:
    return int(time.time() * 1000)


def refusal(status: int, code: int, message: str) -> web.Response:
    error = {"code": code, "statusCode": status, "message": message}
    return web.json_response({"error": error}, status=status, headers={"X-Ably-Errorcode": str(code)})


@web.middleware
async def from_any_page(request: web.Request, handler: Any) -> web.StreamResponse:
    if request.method == "OPTIONS":
        return web.Response(headers=CORS)
    response: web.StreamResponse = await handler(request)
    if not response.prepared:
        response.headers.update(CORS)
    return response


@contextlib.asynccontextmanager
async def ably_server() -> AsyncIterator[Ably]:
    ably = Ably()
    app = web.Application(middlewares=[from_any_page])
    app.router.add_post("/channels/{channel}/messages", ably.publish)
    app.router.add_post("/keys/{key}/requestToken", ably.request_token)
    app.router.add_get("/time", lambda _request: _time())
    app.router.add_get("/", ably.listen)
    app.router.add_route("OPTIONS", "/{path:.*}", ably.listen)
    runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    ably.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield ably
    finally:
        await runner.cleanup()


async def _time() -> web.Response:
    return web.json_response([now_ms()])
