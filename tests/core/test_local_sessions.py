"""A local session is what this house signed, until it ends or its owner signs out; nothing else opens the door."""

import asyncio
import base64
import json
import time
import uuid
from typing import Any

import jwt
import pytest

from stagedoor.core import identity
from stagedoor.core.identity import REMEMBER_SECONDS, issue_session
from stagedoor.core.secret_key import local_key
from stagedoor.platform import Accounts
from stagedoor.settings import Settings
from tests.conftest import Stage, staged
from tests.outside import assert_problem, bearer

FORGERIES = (
    "alg none",
    "alg None",
    "unsigned",
    "another key",
    "no key",
    "no end",
    "no subject",
    "no session",
    "ended",
    "ended a second ago",
    "another issuer",
    "no issuer",
    "somebody's name for an id",
    "an account that is gone",
    "changed after signing",
    "nonsense",
    "three dots",
)


def forged(kind: str, key: bytes, user: uuid.UUID) -> str:
    now = int(time.time())
    said: dict[str, Any] = {"iss": "stagedoor", "sub": str(user), "jti": str(uuid.uuid4()), "iat": now, "exp": now + 60}
    changed: dict[str, dict[str, Any]] = {
        "no end": {"exp": None},
        "no subject": {"sub": None},
        "no session": {"jti": None},
        "ended": {"exp": now - 3600},
        "ended a second ago": {"exp": now - 1},
        "another issuer": {"iss": "https://elsewhere.example"},
        "no issuer": {"iss": None},
        "somebody's name for an id": {"sub": "mia"},
        "an account that is gone": {"sub": str(uuid.uuid4())},
    }
    said = {name: value for name, value in (said | changed.get(kind, {})).items() if value is not None}
    signed = jwt.encode(said, b"k" * 32 if kind == "another key" else key, algorithm="HS256")
    head, body, _ = signed.split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": kind.removeprefix("alg "), "typ": "JWT"}).encode()).decode()
    return {
        "alg none": f"{none.rstrip('=')}.{body}.",
        "alg None": f"{none.rstrip('=')}.{body}.",
        "unsigned": f"{head}.{body}.",
        "no key": jwt.encode(said, b"\0" * 32, algorithm="HS256"),
        "changed after signing": f"{head}.{body[:-4]}AAAA.{signed.rpartition('.')[2]}",
        "nonsense": "nonsense",
        "three dots": "a.b.c",
    }.get(kind, signed)


@pytest.mark.parametrize("kind", FORGERIES)
async def test_a_forged_session_is_refused_on_every_kind_of_route(shared_stage: Stage, kind: str) -> None:
    key = local_key(shared_stage.house.settings)
    token = forged(kind, key, shared_stage.mia.id)
    for path in ("/api/wallet", "/api/session", "/api/creators/mia"):
        answer = await shared_stage.http.get(path, headers=bearer(token))
        assert_problem(answer, 401, "SESSION_INVALID")


async def test_the_real_one_is_good(shared_stage: Stage) -> None:
    token = forged("none of them", local_key(shared_stage.house.settings), shared_stage.mia.id)
    answer = await shared_stage.http.get("/api/session", headers=bearer(token))
    assert answer.json()["user"]["username"] == "mia"


@pytest.mark.parametrize("name", ["token", "access_token", "authorization", "jwt"])
async def test_a_token_in_the_address_opens_nothing(shared_stage: Stage, name: str) -> None:
    answer = await shared_stage.http.get("/api/wallet", params={name: shared_stage.mia.token})
    assert_problem(answer, 401, "NOT_AUTHENTICATED")
    answer = await shared_stage.http.get("/api/wallet", cookies={name: shared_stage.mia.token})
    assert_problem(answer, 401, "NOT_AUTHENTICATED")


async def test_the_scheme_may_be_written_in_any_case_and_must_be_bearer(shared_stage: Stage) -> None:
    for scheme, good in (("Bearer", True), ("bearer", True), ("BEARER", True), ("Token", False), ("", False)):
        headers = {"Authorization": f"{scheme} {shared_stage.mia.token}".strip()}
        assert (await shared_stage.http.get("/api/wallet", headers=headers)).status_code == (200 if good else 401)


async def test_a_session_ends_on_the_second_though_it_is_remembered(shared_stage: Stage) -> None:
    key = local_key(shared_stage.house.settings)
    ending = issue_session(key, shared_stage.mia.id, hours=2 / 3600)
    assert (await shared_stage.http.get("/api/wallet", headers=bearer(ending.token))).status_code == 200
    await asyncio.sleep(ending.expires_at.timestamp() - time.time() + 0.05)
    assert_problem(await shared_stage.http.get("/api/wallet", headers=bearer(ending.token)), 401, "SESSION_INVALID")


async def test_signing_out_ends_this_session_at_once_and_no_other(stage: Stage) -> None:
    accounts: Accounts = stage.house.services[Accounts]
    elsewhere = accounts.session_for(stage.mia.id).token
    assert (await stage.mia.ask("GET", "/api/wallet")).status_code == 200
    assert (await stage.mia.ask("DELETE", "/api/session")).json() == {"ok": True, "session": None}
    assert_problem(await stage.mia.ask("GET", "/api/wallet"), 401, "SESSION_INVALID")
    assert_problem(await stage.mia.ask("DELETE", "/api/session"), 401, "SESSION_INVALID")
    assert (await stage.http.get("/api/wallet", headers=bearer(elsewhere))).status_code == 200
    assert (await stage.sam.ask("GET", "/api/wallet")).status_code == 200


async def test_a_session_is_good_in_every_house_and_signing_out_reaches_them_within_seconds(
    settings: Settings, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert REMEMBER_SECONDS <= 5
    monkeypatch.setattr(identity, "REMEMBER_SECONDS", 0.5)
    async with staged(settings, dsn) as here, staged(settings, dsn) as there:
        headers = bearer(here.mia.token)
        assert (await there.http.get("/api/session", headers=headers)).json()["user"]["username"] == "mia"
        await here.mia.ask("DELETE", "/api/session")
        await asyncio.sleep(0.6)
        assert_problem(await there.http.get("/api/wallet", headers=headers), 401, "SESSION_INVALID")


async def test_what_is_remembered_of_tokens_is_bounded(shared_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "REMEMBER_TOKENS", 3)
    accounts: Accounts = shared_stage.house.services[Accounts]
    authenticator = shared_stage.house.authenticator
    authenticator.forget_user(shared_stage.sam.id)
    for _ in range(6):
        token = accounts.session_for(shared_stage.sam.id).token
        assert (await authenticator.authenticate(token)).username == "sam"
        assert len(authenticator._remembered) <= 3 + 3  # what other tests left goes one by one
    assert len(authenticator._remembered) <= 3
