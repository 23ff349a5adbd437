"""Every route of the table × every wrong user: refused, in the right shape, whatever the route."""

import re
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import jwt

from stagedoor.app import handlers
from stagedoor.core.identity import LOCAL_ISSUER
from stagedoor.core.secret_key import local_key
from stagedoor.platform import Accounts
from stagedoor.settings import Settings
from tests.conftest import Caller, Stage

SHAPE = {"ok", "code", "error", "timestamp", "requestId", "type", "title", "status", "detail"}
SOMEBODY = "00000000-0000-4000-8000-000000000001"
# A body that would do, where the role or the part in the call is asked for after it. Other routes with a body may
# answer 422 before they come to the role; they never answer as if it were granted.
BODIES: dict[str, Any] = {
    "PUT /api/creators/me/prices": {"voiceTokensPerMinute": 1, "videoTokensPerMinute": 1},
    "POST /api/calls/initiate": {"fanId": SOMEBODY, "callType": "voice"},
    "POST /api/calls/accept": {"callId": "{call_id}"},
    "POST /api/calls/decline": {"callId": "{call_id}"},
    "POST /api/calls/cancel": {"callId": "{call_id}"},
    "POST /api/calls/end": {"callId": "{call_id}"},
    "POST /api/calls/{call_id}/join": {"deviceId": "tab"},
    "POST /api/calls/{call_id}/media": {"state": "connected"},
    "POST /api/calls/{call_id}/quality": {"quality": 3},
    "POST /api/calls/{call_id}/rating": {"stars": 5},
    "POST /api/calls/{call_id}/report": {"reason": "other", "text": "Hello"},
    "POST /api/calls/{call_id}/dispute": {"text": "Hello"},
}
WORDS = {"username": "mia", "user_id": SOMEBODY, "token": "none", "key": "FEATURE_CALLS", "verb": "pause"}


class Route(NamedTuple):
    """One row of the route table, its path filled in with ids that are nobody's."""

    method: str
    template: str
    access: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"

    def path(self, **ids: str) -> str:
        return re.sub(r"{(\w+)}", lambda part: ids.get(part[1]) or WORDS.get(part[1], SOMEBODY), self.template)

    def body(self, **ids: str) -> Any:
        body = BODIES.get(self.name)
        return None if body is None else {k: ids.get("call_id") if v == "{call_id}" else v for k, v in body.items()}


def routes(settings: Settings) -> list[Route]:
    return [
        Route(method, re.sub(r":\w+}", "}", path), handler.opt["rule"].access)
        for handler in handlers(settings)
        if "rule" in handler.opt
        for path in handler.paths
        for method in handler.http_methods
        if method not in ("HEAD", "OPTIONS")
    ]


def refused(response: httpx.Response, status: int, code: str) -> bool:
    body = response.json()
    shaped = set(body) >= SHAPE and body["ok"] is False and body["status"] == response.status_code
    challenge = status != 401 or response.headers["www-authenticate"] == "Bearer"
    return shaped and challenge and (response.status_code, body["code"]) == (status, code)


async def bad_tokens(stage: Stage, settings: Settings) -> dict[str, str]:
    """Tokens that must open nothing, by what is wrong with them."""
    key = local_key(settings)
    now = datetime.now(UTC)
    good = {
        "iss": LOCAL_ISSUER,
        "sub": str(stage.sam.id),
        "jti": str(uuid.uuid4()),
        "exp": now + timedelta(hours=1),
    }
    without_exp = {name: value for name, value in good.items() if name != "exp"}
    signed_out = stage.house.services[Accounts].session_for(stage.sam.id).token
    await stage.http.delete("/api/session", headers={"Authorization": f"Bearer {signed_out}"})
    gone = await stage.person("ines-who-left")
    assert (await gone.ask("DELETE", "/api/fans/me", {"confirm": "ines-who-left"})).status_code == 200
    return {
        "garbage": "not.a.token",
        "expired": jwt.encode({**good, "exp": now - timedelta(minutes=10)}, key),
        "forged": jwt.encode(good, b"another key, which is also thirty-two bytes long"),
        "alg none": jwt.encode(good, "", algorithm="none"),
        "no exp": jwt.encode(without_exp, key),
        "no sub": jwt.encode({name: value for name, value in good.items() if name != "sub"}, key),
        "a stranger's issuer": jwt.encode({**good, "iss": "https://elsewhere.example"}, key),
        "nobody's": jwt.encode({**good, "sub": str(uuid.uuid4())}, key),
        "signed out": signed_out,
        "erased": gone.token,
    }


async def test_no_route_takes_a_bad_token(stage: Stage, settings: Settings) -> None:
    tokens = await bad_tokens(stage, settings)
    table = routes(settings)
    assert len(table) > 50
    taken = []
    for wrong, token in tokens.items():
        for route in table:
            response = await stage.http.request(
                route.method, route.path(), json=route.body(), headers={"Authorization": f"Bearer {token}"}
            )
            if not refused(response, 401, "SESSION_INVALID"):
                taken.append((wrong, route.name, response.status_code))
    assert not taken, taken[:5]


async def test_no_route_but_the_public_ones_answers_a_stranger(stage: Stage, settings: Settings) -> None:
    for route in routes(settings):
        for headers in ({}, {"Authorization": "Basic c2FtOnNhbQ=="}):
            response = await stage.http.request(route.method, route.path(), json=route.body(), headers=headers)
            if route.access != "anyone" or headers:
                assert refused(response, 401, "NOT_AUTHENTICATED"), (route.name, response.text)
            else:
                assert response.status_code != 401 or route.name == "POST /api/session", route.name


async def test_creators_and_operators_routes_are_theirs_alone(stage: Stage, settings: Settings) -> None:
    wrong_users = {"creator": ("sam", "ops", "CREATOR_ONLY"), "operator": ("sam", "mia", "FORBIDDEN")}
    opened = []
    for route in routes(settings):
        *users, code = wrong_users.get(route.access, ("",))
        for user in users:
            response = await stage.people[user].ask(route.method, route.path(), route.body())
            unread = response.status_code == 422 and route.name not in BODIES and route.method != "GET"
            if not refused(response, 403, code) and not unread:
                opened.append((user, route.name, response.text))
    assert not opened, opened[:5]


async def test_a_call_is_nobody_elses(stage: Stage, settings: Settings) -> None:
    """While it rings and while it runs: another fan, another creator, an operator, on every route that takes a call."""
    for prepare in (stage.ring, stage.connect):
        call_id = await prepare()
        before = (await stage.mia.get(f"/api/calls/{call_id}"))["call"]["version"]
        opened = []
        for route in routes(settings):
            takes_call = "{call_id}" in route.template or "{call_id}" in str(BODIES.get(route.name, ""))
            if not takes_call or route.access != "signed_in":
                continue
            for user in ("leo", "noor", "ops"):
                response = await stage.people[user].ask(
                    route.method, route.path(call_id=call_id), route.body(call_id=call_id)
                )
                if not refused(response, 404, "CALL_NOT_FOUND"):
                    opened.append((user, route.name, response.text))
        assert not opened, opened[:5]
        assert (await stage.mia.get(f"/api/calls/{call_id}"))["call"]["version"] == before
        await stage.mia.post("/api/calls/end", {"callId": call_id})


async def test_each_side_of_a_call_has_its_own_verbs(stage: Stage) -> None:
    call_id = await stage.ring()
    for caller, verb in ((stage.mia, "accept"), (stage.mia, "decline"), (stage.sam, "cancel")):
        response = await caller.ask("POST", f"/api/calls/{verb}", {"callId": call_id})
        assert refused(response, 404, "CALL_NOT_FOUND"), (caller.username, verb, response.text)


async def test_what_is_mine_is_not_found_by_asking_with_anothers_session(stage: Stage) -> None:
    """Routes without an id in them answer for whoever asks; nothing of Sam's is in what Leo gets."""
    marks = {"Sam", str(stage.sam.id)}
    await stage.sam.post(f"/api/messages/{stage.mia.id}", {"body": "Only for Mia"})
    await stage.sam.post("/api/fans/share/enable", {})
    private: list[Caller] = [stage.leo, stage.ines]
    for route in routes(stage.house.settings):
        if route.method != "GET" or "{" in route.template or route.access != "signed_in":
            continue
        for caller in private:
            text = (await caller.ask("GET", route.path())).text
            assert not [mark for mark in marks | {"Only for Mia"} if mark in text], route.name


async def test_an_expired_session_ends_though_it_was_remembered(stage: Stage, settings: Settings) -> None:
    """The verified-token cache never outlives the token."""
    claims = {"iss": LOCAL_ISSUER, "sub": str(stage.sam.id), "jti": str(uuid.uuid4()), "exp": int(time.time()) + 2}
    headers = {"Authorization": f"Bearer {jwt.encode(claims, local_key(settings))}"}
    assert (await stage.http.get("/api/fans/me", headers=headers)).status_code == 200
    while time.time() < claims["exp"]:
        assert (await stage.http.get("/api/fans/me", headers=headers)).status_code in (200, 401)
        time.sleep(0.1)  # noqa: ASYNC251  # a token ends by the clock; nothing else runs here
    assert refused(await stage.http.get("/api/fans/me", headers=headers), 401, "SESSION_INVALID")
