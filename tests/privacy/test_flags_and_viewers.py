"""What everybody gets from every fan route under every combination of flags: off means 403 and enforces no less."""

import dataclasses
import itertools
from typing import Any

import pytest

from stagedoor.settings import FLAG_DEFAULTS
from tests.conftest import Caller, Stage, staged
from tests.privacy.cells import CELLS, Cell
from tests.privacy.conftest import Matrix
from tests.privacy.test_matrix import all_right

COMBINATIONS = [dict(zip(FLAG_DEFAULTS, values, strict=True)) for values in itertools.product((False, True), repeat=4)]
OPEN = Cell("creators", "everyone", "everyone", True, "follow", "none")  # everybody may everything
SHUT = Cell("hidden", "everyone", "everyone", True, "follow", "none")  # nobody may anything
VIEWERS = ("stranger", "noor", "mia", "herself", "ops")  # anonymous, unrelated, related, the fan, an operator

# Method and path, the body, the flag that switches it off, and who may at all.
ROUTES: list[tuple[str, str, Any, str | None, str]] = [
    ("GET", "/api/fans/me", None, None, "signed_in"),
    ("PATCH", "/api/fans/me", {}, "FEATURE_FAN_PRIVACY", "signed_in"),
    ("GET", "/api/fans/me/relationships", None, None, "signed_in"),
    ("DELETE", "/api/fans/me/relationships/{nobody}", None, None, "signed_in"),
    ("GET", "/api/fans/me/preview?creatorId={mia}", None, "FEATURE_FAN_PRIVACY", "preview"),
    ("GET", "/api/fans/me/export", None, None, "signed_in"),
    ("DELETE", "/api/fans/me", {"confirm": "not my name"}, None, "unconfirmed"),
    ("GET", "/api/fans/me/events", None, None, "signed_in"),
    ("GET", "/api/fans/blocks", None, None, "signed_in"),
    ("PUT", "/api/fans/blocks/{nobody}", None, None, "no_such_creator"),
    ("DELETE", "/api/fans/blocks/{nobody}", None, None, "signed_in"),
    ("GET", "/api/fans/share", None, None, "signed_in"),
    ("POST", "/api/fans/share/enable", {}, "FEATURE_FAN_SHARE_CARD", "signed_in"),
    ("POST", "/api/fans/share/disable", None, None, "signed_in"),
    ("GET", "/api/fans/share/unknown", None, "FEATURE_FAN_SHARE_CARD", "dead_card"),
    ("GET", "/api/fans/search?q={name}", None, "FEATURE_FAN_PRIVACY", "creator"),
    ("GET", "/api/fans/{fan}/mini-profile", None, "FEATURE_FAN_MINI_PROFILE", "profile"),
    ("POST", "/api/messages/{fan}", {"body": "Hello"}, None, "message"),
    ("POST", "/api/calls/initiate", {"fanId": "{fan}", "callType": "voice"}, "FEATURE_CALLS", "call"),
]


def expected(viewer: str, cell: Cell, flags: dict[str, bool], flag: str | None, who: str) -> tuple[int, str | None]:
    """Authentication → flag → role → permission, as the order of checks is ruled."""
    if viewer == "stranger" and who != "dead_card":
        return 401, "NOT_AUTHENTICATED"
    if flag is not None and not flags[flag]:
        return 403, "FEATURE_DISABLED"
    return _allowed(viewer, who, open_to_all=cell is OPEN)


def _allowed(viewer: str, who: str, *, open_to_all: bool) -> tuple[int, str | None]:
    creator = viewer in ("mia", "noor")
    if who in ("creator", "profile", "call") and not creator:
        return 403, "CREATOR_ONLY"
    unavailable = 404, "FAN_UNAVAILABLE"
    answers: dict[str, tuple[int, str | None]] = {
        "signed_in": (200, None),
        "creator": (200, None),
        "dead_card": (404, "CARD_NOT_FOUND"),
        "no_such_creator": (404, "CREATOR_NOT_FOUND"),
        "unconfirmed": (422, "VALIDATION_FAILED"),
        # The viewer's own preview: Mia sees this fan, and neither herself nor people who never met her.
        "preview": (200, None) if viewer == "herself" and open_to_all else unavailable,
        "profile": (200, None) if open_to_all else unavailable,
        "call": (201, None) if open_to_all else unavailable,
        # Fans and operators write to creators alone, and nobody to herself.
        "message": (201, None) if creator and open_to_all else unavailable,
    }
    return answers[who]


@pytest.mark.parametrize("flags", COMBINATIONS, ids=lambda flags: "".join("01"[on] for on in flags.values()))
async def test_everybody_gets_what_the_flags_and_the_fan_allow(matrix: Matrix, flags: dict[str, bool]) -> None:
    settings = dataclasses.replace(matrix.settings, flags=flags)
    wrong = []
    async with staged(settings, matrix.dsn) as stage:
        for viewer, cell in itertools.product(VIEWERS, (OPEN, SHUT)):
            caller = _caller(stage, matrix, viewer, cell)
            for method, path, body, flag, who in ROUTES:
                response = await _ask(stage, matrix, caller, cell, (method, path, body))
                answer = response.json()
                found = (response.status_code, answer.get("code"))
                if found != expected(viewer, cell, flags, flag, who):
                    wrong.append((viewer, cell.visibility, method, path, found))
                if who == "creator" and found[0] == 200 and bool(answer["fans"]) != (cell is OPEN):
                    wrong.append((viewer, cell.visibility, path, answer))
                if who == "call" and found[0] == 201:
                    await caller.post("/api/calls/cancel", {"callId": answer["call"]["id"]})
                    await stage.sql("DELETE FROM call_cooldowns")
    assert not wrong, wrong[:5]


def _caller(stage: Stage, matrix: Matrix, viewer: str, cell: Cell) -> Caller:
    if viewer == "herself":
        return dataclasses.replace(matrix.herself(cell), http=stage.http)
    if viewer == "stranger":
        return Caller("", stage.mia.id, "", stage.http)
    return stage.people[viewer]


async def _ask(stage: Stage, matrix: Matrix, caller: Caller, cell: Cell, request: tuple[str, str, Any]) -> Any:
    method, path, body = request
    names = {
        "{fan}": str(matrix.fans[cell]),
        "{name}": matrix.herself(cell).username,
        "{mia}": str(stage.mia.id),
        "{nobody}": "00000000-0000-4000-8000-000000000000",
    }
    for name, value in names.items():
        path = path.replace(name, value)
        if body is not None:
            body = {key: value if text == name else text for key, text in body.items()}
    headers = {"Authorization": f"Bearer {caller.token}"} if caller.token else {}
    return await stage.http.request(method, path, json=body, headers=headers)


async def test_with_its_flag_off_a_route_tells_no_cell_from_another_and_the_rest_enforce_as_before(
    matrix: Matrix,
) -> None:
    """The matrix asks every cell with every flag on; here all are off. Between the two, each flag by itself: above."""
    off = (403, "FEATURE_DISABLED")
    settings = dataclasses.replace(matrix.settings, flags=dict.fromkeys(FLAG_DEFAULTS, False))
    async with staged(settings, matrix.dsn) as stage:

        async def ask(cell: Cell, _fan: Any) -> str | None:
            herself = dataclasses.replace(matrix.herself(cell), http=stage.http)
            asked = [(herself, ("GET", "/api/fans/me/preview?creatorId={mia}", None), off)]
            for creator in (stage.mia, stage.noor):
                may = cell.towards(creator.username).may("message")
                asked += [
                    (creator, ("GET", "/api/fans/{fan}/mini-profile", None), off),
                    (creator, ("GET", "/api/fans/search?q={name}", None), off),
                    (creator, ("POST", "/api/calls/initiate", {"fanId": "{fan}", "callType": "voice"}), off),
                    (creator, ("POST", "/api/messages/{fan}", {"body": "Hello"}),
                     (201, None) if may else (404, "FAN_UNAVAILABLE")),
                ]  # fmt: skip
            for caller, request, expected in asked:
                response = await _ask(stage, matrix, caller, cell, request)
                if (response.status_code, response.json().get("code")) != expected:
                    return f"{caller.username} {request[1]}: {response.status_code} {response.text[:200]}"
            return None

        await all_right(matrix, CELLS, ask)


async def test_with_privacy_off_blocks_forget_and_revoke_still_work(matrix: Matrix) -> None:
    settings = dataclasses.replace(matrix.settings, flags=dict.fromkeys(FLAG_DEFAULTS, False))
    async with staged(settings, matrix.dsn) as stage:
        fan = dataclasses.replace(matrix.herself(OPEN), http=stage.http)
        mia = stage.mia
        assert (await mia.ask("POST", f"/api/messages/{fan.id}", {"body": "Hello"})).status_code == 201
        assert (await fan.ask("PUT", f"/api/fans/blocks/{mia.id}")).status_code == 200
        assert (await mia.ask("POST", f"/api/messages/{fan.id}", {"body": "Hello"})).status_code == 404
        assert (await fan.ask("DELETE", f"/api/fans/blocks/{mia.id}")).status_code == 200
        assert (await fan.ask("POST", "/api/fans/share/disable")).status_code == 200
        assert (await fan.ask("DELETE", f"/api/fans/me/relationships/{mia.id}")).status_code == 200
        assert (await mia.get("/api/creators/me/fans?limit=100"))["fans"] != []
        assert str(fan.id) not in str(await mia.get("/api/creators/me/fans?limit=100"))
