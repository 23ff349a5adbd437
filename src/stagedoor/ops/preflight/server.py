"""The running server, asked as a client would: alive, limiting, refusing in one shape, closed to strangers."""

import asyncio
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from stagedoor.ops.preflight.checks import Answer, Db, Place, bad, check, database_check, good, not_asked

STRANGER = "https://preflight.invalid"
MOST_TRIES = 200
SKEW_SECONDS_MAX = 2.0
_SHAPE = {"ok", "code", "error", "timestamp", "requestId"}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


async def ask(place: Place, path: str, method: str = "GET", **headers: str) -> Reply:
    """One request, whatever its status. Raises OSError when nobody answers."""

    def send() -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = b"" if method == "POST" else None
        request = urllib.request.Request(f"{place.url}{path}", data=data, method=method, headers=named)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # the operator's own server
                return Reply(answer.status, _lower(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, _lower(error.headers), error.read())

    return await asyncio.to_thread(send)


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@check("server.ready", needs="server")
async def ready(place: Place) -> Answer:
    for path in ("/health", "/ready"):
        reply = await ask(place, path)
        if reply.status != 200:
            return bad(f"{path} answers {reply.status}", "stagedoor doctor")
    return good(f"{place.url} is alive and ready")


@check("server.rate_limit", needs="server")
async def rate_limit(place: Place) -> Answer:
    """Rings from one address without a session are refused for their rate in the end."""
    limit = place.settings.limits.calls_per_ip
    for _ in range(min(limit, MOST_TRIES) + 1):
        reply = await ask(place, "/api/calls/initiate", "POST")
        if reply.status == 429:
            told = reply.json()
            if told.get("code") == "RATE_LIMITED" and reply.headers.get("retry-after") == str(told.get("retryAfter")):
                return good(f"429 after at most {limit} a minute, and says when to come back")
            return bad("429 without RATE_LIMITED or Retry-After", "something in front answers for the server")
    return bad(
        f"{limit + 1} rings from one address and no 429", "mend RATE_LIMIT_CALLS_PER_IP, TRUSTED_PROXIES, REDIS_URL"
    )


@check("server.errors", needs="server")
async def errors(place: Place) -> Answer:
    reply = await ask(place, "/api/there-is-nothing-here")
    told = reply.json()
    if reply.status == 404 and told.keys() >= _SHAPE and told["ok"] is False:
        return good("a refusal has its shape")
    return bad(f"a missing page answers {reply.status} without the shape", "let the proxy pass errors on as they are")


@check("server.cors", needs="server")
async def cors(place: Place) -> Answer:
    wanted = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization"}
    reply = await ask(place, "/api/session", "OPTIONS", Origin=STRANGER, **wanted)
    plain = await ask(place, "/api/session", Origin=STRANGER)
    for answer in (reply, plain):
        allowed = answer.headers.get("access-control-allow-origin")
        if allowed in ("*", STRANGER):
            return bad(f"a stranger's page is let in ({allowed})", "mend FRONTEND_URL, and what the proxy adds")
    return good("a stranger's page is not let in")


@check("server.metrics", needs="server")
async def metrics(place: Place) -> Answer:
    reply = await ask(place, "/metrics")
    if reply.status != 200:
        mend = "ask from the server's own machine, or add this one to TRUSTED_PROXIES"
        return bad(f"/metrics answers {reply.status}", mend)
    try:
        names = {family.name for family in text_string_to_metric_families(reply.body.decode())}
    except ValueError as error:
        return bad(f"/metrics does not parse ({error})", "let the proxy pass it on as it is")
    missing = {"stagedoor_http_requests", "stagedoor_database_up"} - names
    if missing:
        return bad(f"/metrics does not tell {', '.join(sorted(missing))}", "something else answers there")
    return good(f"{len(names)} metrics")


@database_check("server.clock")
async def clock(place: Place, db: Db) -> Answer:
    """The server signs tokens and shows deadlines by its own clock, and calls run by the database's."""
    if place.url is None:
        return not_asked("no server was named (--url)")
    asked = "SELECT extract(epoch FROM clock_timestamp())::float8"
    before = await db.fetchval(asked)
    told = (await ask(place, "/api/session")).json().get("serverTime")
    if told is None:
        return bad("the server does not tell its time", "stagedoor doctor")
    skew = abs((before + await db.fetchval(asked)) / 2 - datetime.fromisoformat(told).timestamp())
    says = f"the server and the database differ by {skew:.2f} s"
    if skew > SKEW_SECONDS_MAX:
        return bad(says, "run a time service on the server (timedatectl set-ntp true)")
    return good(says)
