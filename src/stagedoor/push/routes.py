"""A browser's subscription, as HTTP nouns. No decisions here."""

from typing import Annotated

import msgspec

from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.problems import NotAuthenticated
from stagedoor.core.wire import Reply, Request, Wire
from stagedoor.push.keys import VapidKeys
from stagedoor.push.subscriptions import Subscriptions

Endpoint = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Key = Annotated[str, msgspec.Meta(max_length=200)]


class KeyWire(Wire, frozen=True):
    """`publicKey` is the `applicationServerKey` of pushManager.subscribe."""

    public_key: str


class KeyReply(Reply, frozen=True, kw_only=True):
    push: KeyWire


class SubscriptionKeys(Request, frozen=True):
    p256dh: Key
    auth: Key


class SubscribeRequest(Request, frozen=True):
    """What PushSubscription.toJSON() gives."""

    endpoint: Endpoint
    keys: SubscriptionKeys
    expiration_time: float | None = None


class UnsubscribeRequest(Request, frozen=True):
    endpoint: Endpoint


class RenewRequest(Request, frozen=True):
    """`before` is the endpoint that this browser had, `token` the `renewToken` it was given with it."""

    token: Key
    before: Endpoint
    endpoint: Endpoint
    keys: SubscriptionKeys
    expiration_time: float | None = None


class SubscriptionWire(Wire, frozen=True):
    """`renewToken` lets this browser's service worker say where the subscription moved; it allows nothing else."""

    active: bool
    renew_token: str | None = None


class SubscriptionReply(Reply, frozen=True, kw_only=True):
    subscription: SubscriptionWire


@route("GET /api/push/key", access="anyone")
async def key(request: Req) -> KeyReply:
    """The public key that a browser subscribes with."""
    return KeyReply(push=KeyWire(service(request, VapidKeys).public_key))


@route("PUT /api/push/subscription")
async def subscribe(request: Req, data: SubscribeRequest) -> SubscriptionReply:
    """Let this browser ring for me while no tab is open. It rings for nobody else then."""
    keys = data.keys
    token = await service(request, Subscriptions).put(request.user, data.endpoint, keys.p256dh, keys.auth)
    return SubscriptionReply(subscription=SubscriptionWire(True, token))


@route("POST /api/push/renewal", access="anyone", budget="tight", refuses=[NotAuthenticated])
async def renew(request: Req, data: RenewRequest) -> SubscriptionReply:
    """This browser changed its subscription by itself. Its service worker says so, with the pass it was given."""
    keys = data.keys
    token = await service(request, Subscriptions).renew(data.token, data.before, data.endpoint, keys.p256dh, keys.auth)
    return SubscriptionReply(subscription=SubscriptionWire(True, token))


@route("DELETE /api/push/subscription")
async def unsubscribe(request: Req, data: UnsubscribeRequest) -> SubscriptionReply:
    """This browser does not ring for me any more; before signing out, for instance."""
    await service(request, Subscriptions).delete(request.user, data.endpoint)
    return SubscriptionReply(subscription=SubscriptionWire(False))


handlers: list[Handler] = [key, subscribe, renew, unsubscribe]
