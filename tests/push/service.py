"""A push service and a browser, as far as this server can tell: what it sends is checked and decrypted here.

The decryption is written out from RFC 8291 and RFC 8188, not borrowed from the library that encrypts.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stagedoor.push.base64url import decode, encode


class Browser:
    """The keys that one browser made when it subscribed."""

    def __init__(self, name: str, origin: str) -> None:
        self.endpoint = f"{origin}/push/{name}"
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._point = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self._auth = name.encode().ljust(16, b".")[:16]

    def subscription(self) -> dict[str, Any]:
        return {
            "endpoint": self.endpoint,
            "expirationTime": None,
            "keys": {"p256dh": encode(self._point), "auth": encode(self._auth)},
        }

    def decrypt(self, body: bytes) -> Any:
        salt, record, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert length == 65 and len(sealed) <= record
        shared = self._private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        secret = _hkdf(self._auth, shared, b"WebPush: info\0" + self._point + sender, 32)
        key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
        text = AESGCM(key).decrypt(nonce, sealed, None)
        assert text.rstrip(b"\0").endswith(b"\x02"), "the last record says that it is"
        return json.loads(text.rstrip(b"\0")[:-1])


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """One block of HKDF-SHA-256."""
    pseudorandom = hmac.digest(salt, secret, hashlib.sha256)
    return hmac.digest(pseudorandom, info + b"\x01", hashlib.sha256)[:length]


@dataclass
class Received:
    browser: str
    headers: dict[str, str]
    body: bytes
    claims: dict[str, Any]
    signed_by: str
    began: float
    ended: float = 0.0


@dataclass
class PushService:
    """Answers 201, or what `answers` holds for a browser; each after `delays` seconds, taken one by one."""

    origin: str = ""
    received: list[Received] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  # every path, of whatever request
    answers: dict[str, list[int]] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        began, name = time.monotonic(), request.match_info["name"]
        self.asked.append(request.path)
        scheme, _, parameters = request.headers["Authorization"].partition(" ")
        token, key = (part.strip().partition("=")[2] for part in parameters.split(","))
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(key))
        claims = jwt.decode(token, public, algorithms=["ES256"], audience=self.origin)
        assert scheme == "vapid"
        got = Received(name, dict(request.headers), await request.read(), claims, key, began)
        self.received.append(got)
        if self.delays:
            await asyncio.sleep(self.delays.pop(0))
        waiting = self.answers.get(name, [])
        status = waiting.pop(0) if waiting else 201
        got.ended = time.monotonic()
        return web.Response(status=status, headers={"Location": f"{self.origin}/elsewhere"})

    async def stray(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        return web.Response()

    async def wait_for(self, count: int, seconds: float = 8.0) -> list[Received]:
        """The first `count` pushes. Fails when they do not come."""
        until = time.monotonic() + seconds
        while len(self.received) < count or any(got.ended == 0.0 for got in self.received[:count]):
            assert time.monotonic() < until, f"{len(self.received)} of {count} pushes came"
            await asyncio.sleep(0.01)
        return self.received[:count]


@contextlib.asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    """A push service on a free port."""
    service = PushService()
    app = web.Application()
    app.router.add_post("/push/{name}", service.take)
    app.router.add_route("*", "/elsewhere", service.stray)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    service.origin = f"http://127.0.0.1:{port}"
    try:
        yield service
    finally:
        await runner.cleanup()
