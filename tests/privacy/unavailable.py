"""The ways in which a fan can be out of Mia's reach, which she must not be able to tell apart."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests.conftest import Stage

OPEN = {"visibility": "creators", "allowDm": "everyone", "allowCalls": "everyone", "searchable": True}
# What each fan sets; who blocks whom is done beside.
SETTINGS: dict[str, dict[str, Any]] = {
    "hidden": {**OPEN, "visibility": "hidden"},
    "blocked_by_fan": OPEN,
    "blocked_by_creator": OPEN,
    "private": {**OPEN, "visibility": "private"},
    "denied": {**OPEN, "allowDm": "nobody", "allowCalls": "nobody", "searchable": False},
}
KINDS = ["unknown", *SETTINGS]
Asks = dict[str, Callable[[str], Awaitable[httpx.Response]]]


def name(kind: str) -> str:
    """What each is searched by: a longer word takes longer, whoever it finds."""
    return f"shadow{KINDS.index(kind)}"


async def fans(stage: Stage) -> dict[str, str]:
    """The id of one fan a kind."""
    ids = {"unknown": str(uuid.uuid4())}
    for kind, settings in SETTINGS.items():
        fan = await stage.person(name(kind))
        assert (await fan.ask("PATCH", "/api/fans/me", settings)).status_code == 200
        ids[kind] = str(fan.id)
        if kind == "blocked_by_fan":
            assert (await fan.ask("PUT", f"/api/fans/blocks/{stage.mia.id}")).status_code == 200
        if kind == "blocked_by_creator":
            assert (await stage.mia.ask("PUT", f"/api/creators/me/blocks/{fan.id}")).status_code == 200
    await stage.sql("ANALYZE")
    return ids


def asks(stage: Stage, ids: dict[str, str]) -> tuple[Asks, dict[str, list[str]]]:
    """How Mia asks, by action, and which kinds are out of reach of which action."""
    names = {ids[kind]: name(kind) for kind in KINDS}

    async def see(fan: str) -> httpx.Response:
        return await stage.mia.ask("GET", f"/api/fans/{fan}/mini-profile")

    async def message(fan: str) -> httpx.Response:
        return await stage.mia.ask("POST", f"/api/messages/{fan}", {"body": "Hello"})

    async def call(fan: str) -> httpx.Response:
        return await stage.mia.ask("POST", "/api/calls/initiate", {"fanId": fan, "callType": "voice"})

    async def search(fan: str) -> httpx.Response:
        return await stage.mia.ask("GET", f"/api/fans/search?q={names[fan]}")

    everybody = list(KINDS)
    seen = [kind for kind in KINDS if kind != "denied"]  # may be seen, and neither written to nor called
    return {"see": see, "message": message, "call": call, "search": search}, {
        "see": seen,
        "message": everybody,
        "call": everybody,
        "search": everybody,
    }
