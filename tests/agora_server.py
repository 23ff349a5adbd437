"""A stand-in for Agora's cloud on a free local port: the REST API that removes people from channels, and rooms.

A room lets in whoever shows a token that Agora would accept for that channel and uid, tells its members of each
other, passes on what the stand-in SDK (agora_sdk.mjs) says between them, and shows out whom a rule bans.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BasicAuth, WSMsgType, web

from tests.agora_tokens import CERTIFICATE, opened

CUSTOMER = ("customer-key", "customer-secret")


@dataclass
class AgoraCloud:
    """What was asked of it, and how it is to behave. `answers` are used up first: a status, or seconds to stay mute."""

    url: str = ""
    rules: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[float, int]] = field(default_factory=list)
    answers: list[int | float] = field(default_factory=list)
    rooms: dict[str, dict[str, web.WebSocketResponse]] = field(default_factory=dict)
    joins: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    on_ask: Callable[[], Any] | None = None

    @property
    def socket_url(self) -> str:
        return self.url.replace("http://", "ws://") + "/room"

    async def kick(self, request: web.Request) -> web.Response:
        if self.on_ask is not None:
            await self.on_ask()
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = 504
        if request.headers.get("Authorization") != BasicAuth(*CUSTOMER).encode():
            answer = 401
        self.asked.append((time.monotonic(), answer))
        if answer != 200:
            return web.json_response({"message": "no"}, status=answer)
        rule = await request.json()
        self.rules.append(rule)
        for socket in list(self.rooms.get(rule["cname"], {}).values()):
            with contextlib.suppress(ConnectionError):
                await socket.send_json({"type": "banned"})
        return web.json_response({"status": "success", "id": len(self.rules)})

    async def room(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        hello = json.loads((await socket.receive(timeout=5)).data)
        channel, uid = hello["channel"], str(hello["uid"])
        trouble = self._trouble(hello)
        if trouble is not None:
            self.refused.append(trouble)
            await socket.send_json({"type": "refused", "code": trouble})
            return socket
        members = self.rooms.setdefault(channel, {})
        self.joins.append((channel, uid))
        await socket.send_json({"type": "joined", "others": list(members)})
        for other in members.values():
            await other.send_json({"type": "user-joined", "uid": uid})
        members[uid] = socket
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    await self._pass_on(channel, uid, message.data)
        finally:
            if members.get(uid) is socket:
                del members[uid]
                for other in members.values():
                    with contextlib.suppress(ConnectionError):
                        await other.send_json({"type": "user-left", "uid": uid})
        return socket

    async def _pass_on(self, channel: str, uid: str, text: str) -> None:
        for number, other in list(self.rooms[channel].items()):
            if number != uid:
                with contextlib.suppress(ConnectionError):
                    await other.send_json({"type": "said", "uid": uid, "said": json.loads(text)})

    def _trouble(self, hello: dict[str, Any]) -> str | None:
        """Why Agora would not let somebody in; the names are its SDK's."""
        if any(rule["cname"] == hello["channel"] for rule in self.rules):
            return "CHANNEL_BANNED"
        try:
            token = opened(hello["token"], CERTIFICATE)
        except Exception:
            return "CAN_NOT_GET_GATEWAY_SERVER"
        right = token.signed and token.app_id == hello["appId"] and token.channel == hello["channel"]
        if not right or token.uid not in ("", str(hello["uid"])):
            return "CAN_NOT_GET_GATEWAY_SERVER"
        return "TOKEN_EXPIRE" if time.time() > token.issued_at + token.expire else None


@contextlib.asynccontextmanager
async def agora_cloud() -> AsyncIterator[AgoraCloud]:
    cloud = AgoraCloud()
    app = web.Application()
    app.router.add_post("/dev/v1/kicking-rule", cloud.kick)
    app.router.add_get("/room", cloud.room)
    runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    cloud.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield cloud
    finally:
        await runner.cleanup()
