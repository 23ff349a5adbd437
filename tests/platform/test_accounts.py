"""Local accounts: made, entered and left, and nobody learns by asking whether one exists."""

import resource
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher

from stagedoor.core import identity
from stagedoor.platform import Accounts
from stagedoor.settings import Settings
from tests.conftest import Stage, fresh_database, staged
from tests.outside import assert_problem, bearer

PASSWORD = "a password of Nina's"


@pytest.fixture(scope="module")
async def house(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), limits=replace(Settings().limits, tight=10_000))
    async with fresh_database(server) as dsn, staged(settings, dsn) as found:
        yield found


async def sign_up(stage: Stage, username: str, **changed: Any) -> Any:
    said = {"username": username, "password": PASSWORD, "displayName": username.title(), **changed}
    return await stage.http.post("/api/accounts", json=said)


async def sign_in(stage: Stage, username: str, password: str = PASSWORD) -> Any:
    return await stage.http.post("/api/session", json={"username": username, "password": password})


async def test_who_signs_up_is_signed_in_a_fan_and_private(house: Stage) -> None:
    answer = await sign_up(house, "nina")
    assert answer.status_code == 201
    body = answer.json()
    assert body["user"] == {
        "id": body["user"]["id"],
        "username": "nina",
        "displayName": "Nina",
        "avatarUrl": None,
        "roles": ["fan"],
    }
    who = await house.http.get("/api/session", headers=bearer(body["session"]["token"]))
    assert who.json()["user"] == body["user"]
    (row,) = await house.sql("SELECT * FROM users WHERE username = 'nina'")
    assert (row["fan_privacy_visibility"], row["fan_allow_dm"], row["fan_allow_calls"]) == (
        "private",
        "interacted",
        "interacted",
    )
    assert row["password_hash"].startswith("$argon2id$")
    assert (row["is_creator"], row["is_operator"]) == (False, False)


async def test_a_creator_says_so_and_an_operator_cannot(house: Stage) -> None:
    assert (await sign_up(house, "oda", creator=True)).json()["user"]["roles"] == ["fan", "creator"]
    assert_problem(await sign_up(house, "otto", operator=True), 422, "VALIDATION_FAILED")


async def test_the_name_may_be_typed_in_any_case_and_with_spaces_around(house: Stage) -> None:
    await sign_up(house, "paula")
    for typed in ("paula", "Paula", " PAULA "):
        answer = await sign_in(house, typed)
        assert answer.status_code == 200, typed
        assert answer.json()["user"]["username"] == "paula"
        assert PASSWORD not in answer.text


async def test_a_name_is_taken_once(house: Stage) -> None:
    await sign_up(house, "quinn")
    taken = await sign_up(house, "quinn", password="another password")
    assert_problem(taken, 409, "USERNAME_TAKEN")
    assert (await sign_in(house, "quinn")).status_code == 200
    assert_problem(await sign_in(house, "quinn", "another password"), 401, "WRONG_CREDENTIALS")


@pytest.mark.parametrize("name", ["", "x", "Upper", "with space", "-dash", "é", "a" * 31, "a/b", "a\nb", "me too"])
async def test_a_name_that_would_not_fit_an_address_is_refused(house: Stage, name: str) -> None:
    assert_problem(await sign_up(house, name), 422, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    "changed", [{"password": "x" * 9}, {"password": "x" * 201}, {"displayName": ""}, {"displayName": "x" * 81}]
)
async def test_a_password_or_a_name_too_short_or_too_long_is_refused(house: Stage, changed: dict[str, str]) -> None:
    assert_problem(await sign_up(house, "ruth", **changed), 422, "VALIDATION_FAILED")


async def test_with_registration_off_nobody_signs_up_and_people_still_sign_in(settings: Settings, dsn: str) -> None:
    closed = replace(settings, identity=replace(settings.identity, registration=False))
    async with staged(closed, dsn) as stage:
        assert_problem(await sign_up(stage, "tess"), 403, "FEATURE_DISABLED")
        accounts: Accounts = stage.house.services[Accounts]
        await accounts.sign_up("uma", PASSWORD, "Uma", creator=False)
        assert (await sign_in(stage, "uma")).status_code == 200
        assert (await stage.sam.get("/api/session"))["registration"] is False


async def test_a_wrong_name_and_a_wrong_password_look_the_same(house: Stage) -> None:
    await sign_up(house, "vera")
    attempts = (("nobody", PASSWORD), ("vera", "wrong"), ("mia", "she has no password"), ("no such name at all", "x"))
    answers = [assert_problem(await sign_in(house, *attempt), 401, "WRONG_CREDENTIALS") for attempt in attempts]
    for body in answers:
        del body["timestamp"], body["requestId"]
    assert all(body == answers[0] for body in answers)


class Counting:
    """The hasher, which remembers the cost of every verification."""

    def __init__(self) -> None:
        self.costs: list[str] = []
        self._hasher = PasswordHasher()

    def verify(self, stored: str, password: str) -> bool:
        self.costs.append(stored.rsplit("$", 2)[0])
        return self._hasher.verify(stored, password)


async def test_a_wrong_name_costs_what_a_wrong_password_costs(house: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await sign_up(house, "wanda")
    counting = Counting()
    monkeypatch.setattr(identity, "_hasher", counting)
    for name in ("wanda", "nobody", "mia"):
        await sign_in(house, name, "wrong")
    assert len(counting.costs) == 3
    assert len(set(counting.costs)) == 1, "as many rounds over as much memory"
    monkeypatch.undo()

    async def cpu_seconds(name: str) -> float:
        before = resource.getrusage(resource.RUSAGE_SELF)
        await sign_in(house, name, "wrong")
        after = resource.getrusage(resource.RUSAGE_SELF)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    known = min([await cpu_seconds("wanda") for _ in range(5)])
    unknown = min([await cpu_seconds("nobody") for _ in range(5)])
    assert 0.6 < unknown / known < 1.7


def test_the_stand_in_for_a_missing_account_is_as_dear_as_a_new_password() -> None:
    assert not PasswordHasher().check_needs_rehash(identity._ABSENT)
    assert not identity.verify_password(None, "")


async def test_nobody_learns_more_of_the_session_than_what_a_client_needs(house: Stage) -> None:
    answer = (await house.http.get("/api/session")).json()
    assert answer.keys() == {
        "ok", "user", "flags", "media", "realtime", "demo", "topUp", "registration", "serverTime",
    }  # fmt: skip
    assert answer["user"] is None
    assert answer["flags"].keys() == {
        "FEATURE_CALLS", "FEATURE_FAN_SHARE_CARD", "FEATURE_FAN_PRIVACY", "FEATURE_FAN_MINI_PROFILE",
    }  # fmt: skip
    assert (answer["media"]["provider"], answer["realtime"]["provider"]) == ("webrtc", "socketio")
