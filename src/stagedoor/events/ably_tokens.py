"""What a browser needs to listen through Ably: a signed request for a token that opens its own channels only.

The signature covers the channels, so a client cannot name another's; Ably checks it, and we never meet the token.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Literal
from urllib.parse import urlsplit

from litestar import Response

from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.identity import Person
from stagedoor.core.problems import NotFound
from stagedoor.core.wire import Reply, Wire
from stagedoor.settings import Ably, Settings


class TokenRequest(Wire, frozen=True):
    """Ably's TokenRequest. `ttl` and `timestamp` are milliseconds; `capability` is JSON text."""

    key_name: str
    ttl: int
    capability: str
    client_id: str
    timestamp: int
    nonce: str
    mac: str


class Endpoint(Wire, frozen=True):
    """Where the client finds Ably."""

    host: str
    port: int
    tls: bool


class RealtimeToken(Wire, frozen=True):
    provider: Literal["ably"]
    channels: list[str]
    token_request: TokenRequest
    endpoint: Endpoint


class RealtimeTokenReply(Reply, frozen=True, kw_only=True):
    realtime: RealtimeToken


def own_channels(person: Person) -> list[str]:
    """The channels that events for `person` go to, and no other."""
    return [f"fan:{person.id}", *([f"creator:{person.id}"] if person.is_creator else [])]


def token_request(
    config: Ably,
    client_id: str,
    channels: list[str],
    *,
    timestamp_ms: int | None = None,
    nonce: str | None = None,
) -> TokenRequest:
    """Signed with the key's secret. Source: Ably's "REST API Token Request Spec"."""
    name, _, secret = (config.api_key or "").partition(":")
    capability = json.dumps({channel: ["subscribe"] for channel in sorted(channels)}, separators=(",", ":"))
    ttl = config.token_ttl_seconds * 1000
    timestamp = int(time.time() * 1000) if timestamp_ms is None else timestamp_ms
    nonce = secrets.token_hex(16) if nonce is None else nonce
    signed = "".join(f"{part}\n" for part in (name, ttl, capability, client_id, timestamp, nonce))
    mac = base64.b64encode(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256)).decode()
    return TokenRequest(name, ttl, capability, client_id, timestamp, nonce, mac)


def endpoint(rest_url: str) -> Endpoint:
    parts = urlsplit(rest_url)
    tls = parts.scheme == "https"
    return Endpoint(parts.hostname or "", parts.port or (443 if tls else 80), tls)


@route("GET /api/realtime/token", budget="tight", refuses=[NotFound])
async def realtime_token(request: Req) -> Response[RealtimeTokenReply]:
    """A signed request for an Ably token that listens to my own channels. 404 where events come by the socket."""
    settings = service(request, Settings)
    if settings.realtime_provider != "ably":
        raise NotFound(because="REALTIME_PROVIDER is not ably")
    channels = own_channels(request.user)
    wanted = token_request(settings.ably, str(request.user.id), channels)
    realtime = RealtimeToken("ably", channels, wanted, endpoint(settings.ably.rest_url))
    return Response(RealtimeTokenReply(realtime=realtime), headers={"Cache-Control": "no-store"})


handlers: list[Handler] = [realtime_token]
