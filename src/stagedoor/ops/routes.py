"""What machines ask: alive, ready, how it goes."""

import ipaddress
from typing import Any, Literal

from litestar import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from stagedoor.core.address import client_address
from stagedoor.core.db import Database
from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.problems import NotFound, Unavailable
from stagedoor.core.wire import Reply
from stagedoor.ops.exposition import Exposition
from stagedoor.settings import Settings


class HealthReply(Reply, frozen=True, kw_only=True):
    status: Literal["alive"] = "alive"


class ReadyReply(Reply, frozen=True, kw_only=True):
    checks: dict[str, str]


@route("GET /health", access="anyone")
async def health(request: Req) -> HealthReply:
    """The process is alive."""
    return HealthReply()


@route("GET /ready", access="anyone", refuses=[Unavailable])
async def ready(request: Req) -> ReadyReply:
    """The process can serve: its dependencies answer. 503 when they do not."""
    async with service(request, Database).connection() as connection:
        await connection.fetchval("SELECT 1 FROM calls LIMIT 1")
    return ReadyReply(checks={"database": "ok"})


@route("GET /metrics", access="anyone", refuses=[NotFound], produces="text/plain")
async def metrics(request: Req) -> Response[bytes]:
    """Prometheus metrics, for scrapers on this machine or in a trusted network, and for operators."""
    if not (_is_inside(request) or (request.user is not None and request.user.is_operator)):
        raise NotFound(because="metrics asked for from outside")
    return Response(await service(request, Exposition).text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _is_inside(request: Request[Any, Any, Any]) -> bool:
    """On this machine or in a trusted network. What a proxy passed on that nobody configured is from outside."""
    trusted = service(request, Settings).trusted_proxies
    try:
        peer = ipaddress.ip_address(request.client.host if request.client else "")
        address = ipaddress.ip_address(client_address(request.scope, trusted).split("/")[0])
    except ValueError:
        return False
    if "x-forwarded-for" in request.headers and not any(peer in network for network in trusted):
        return False
    return address.is_loopback or any(address in network for network in trusted)


handlers: list[Handler] = [health, ready, metrics]
