"""Tokens of an external issuer: who it vouches for, by shared secret or by published keys, and nobody else."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest

from stagedoor.core import identity
from stagedoor.settings import Identity, Settings, SettingsError
from tests.conftest import Stage, fresh_database, staged
from tests.core.issuer import AUDIENCE, NAME, Issuer, claims, publishing
from tests.outside import assert_problem, bearer

SECRET = "a secret that the issuer and the house share"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with publishing(Issuer()) as found:
        yield found


def trusting(settings: Settings, **external: Any) -> Settings:
    return replace(settings, identity=replace(settings.identity, **external))


@pytest.fixture(scope="module")
async def by_secret(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with _house(server, tmp_path_factory.mktemp("data"), jwt_secret=SECRET) as found:
        yield found


@pytest.fixture(scope="module")
async def by_keys(server: str, tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> AsyncIterator[Stage]:
    async with _house(server, tmp_path_factory.mktemp("data"), jwt_jwks_url=issuer.url) as found:
        yield found


@asynccontextmanager
async def _house(server: str, folder: Path, **external: Any) -> AsyncIterator[Stage]:
    known = Identity(secret_key="k" * 32, jwt_issuer=NAME, jwt_audience=AUDIENCE, **external)
    async with fresh_database(server) as dsn, staged(Settings(data_dir=folder, identity=known), dsn) as found:
        yield found


async def who(stage: Stage, token: str) -> Any:
    answer = await stage.http.get("/api/session", headers=bearer(token))
    assert answer.status_code == 200, answer.text
    return answer.json()["user"]


async def refused(stage: Stage, token: str) -> None:
    assert_problem(await stage.http.get("/api/session", headers=bearer(token)), 401, "SESSION_INVALID")


def hs(said: dict[str, Any], key: str = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(said, key, algorithm=algorithm)


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "no end": {"exp": None},
    "ended": {"exp": 1_000_000_000},
    "an end that is no time": {"exp": "tomorrow"},
    "no subject": {"sub": None},
    "a subject that is no text": {"sub": 17},
    "no issuer": {"iss": None},
    "another issuer": {"iss": "https://elsewhere.example"},
    "the house itself as the issuer": {"iss": "stagedoor"},
    "no audience": {"aud": None},
    "another audience": {"aud": "somebody-else"},
    "not yet": {"nbf": 4_000_000_000},
}


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_a_shared_secret_vouches_and_nothing_else_does(by_secret: Stage, issuer: Issuer) -> None:
    for algorithm in ("HS256", "HS384", "HS512"):
        assert (await who(by_secret, hs(claims(sub="one"), algorithm=algorithm)))["roles"] == ["fan"]
    before = await by_secret.value("SELECT count(*) FROM users")
    for changed in BAD_CLAIMS.values():
        said = claims(**changed)
        await refused(by_secret, jwt.api_jws.encode(json.dumps(said).encode(), SECRET))
    await refused(by_secret, hs(claims(), key="another secret of the same length......"))
    await refused(by_secret, jwt.encode(claims(), "", algorithm="none"))
    await refused(by_secret, issuer.rs256(claims()))
    assert await by_secret.value("SELECT count(*) FROM users") == before


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_published_keys_vouch_and_nothing_else_does(by_keys: Stage, issuer: Issuer) -> None:
    assert (await who(by_keys, issuer.rs256(claims(preferred_username="rsa"))))["username"] == "rsa"
    assert (await who(by_keys, issuer.es256(claims(preferred_username="elliptic"))))["username"] == "elliptic"
    for changed in BAD_CLAIMS.values():
        said = claims(**changed)
        await refused(
            by_keys, jwt.api_jws.encode(json.dumps(said).encode(), issuer.rsa, "RS256", headers={"kid": "rsa-1"})
        )
    await refused(by_keys, issuer.rs256(claims(), key=issuer.rsa_2))
    await refused(by_keys, issuer.rs256(claims(), kid="ec-1"))
    await refused(by_keys, issuer.rs256(claims(), kid="nobodys"))
    await refused(by_keys, jwt.encode(claims(), issuer.rsa, algorithm="RS256"))
    await refused(by_keys, jwt.encode(claims(), "", algorithm="none", headers={"kid": "rsa-1"}))


async def test_the_public_key_is_no_shared_secret(by_keys: Stage, issuer: Issuer) -> None:
    """HS256 keyed with the RSA key's public text: the classic confusion."""
    for algorithm in ("HS256", "HS384", "HS512"):
        hashing: Any = jwt.algorithms.HMACAlgorithm(getattr(jwt.algorithms.HMACAlgorithm, "SHA" + algorithm[2:]))
        unsigned = jwt.encode(claims(), "s" * 64, algorithm=algorithm, headers={"kid": "rsa-1"}).rpartition(".")[0]
        signature = jwt.utils.base64url_encode(hashing.sign(unsigned.encode(), issuer.rsa_public_pem())).decode()
        await refused(by_keys, f"{unsigned}.{signature}")


async def test_a_new_key_is_found_without_a_restart_and_a_withdrawn_one_ends(
    settings: Settings, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "JWKS_AGAIN_SECONDS", 0.2)
    monkeypatch.setattr(identity, "REMEMBER_SECONDS", 0)
    with publishing(Issuer()) as issuer:
        external = trusting(settings, jwt_jwks_url=issuer.url, jwt_issuer=NAME, jwt_audience=AUDIENCE)
        async with staged(external, dsn) as stage:
            old = issuer.rs256(claims(sub="one"))
            assert await who(stage, old)
            issuer.published = {"rsa-2": issuer.rsa_2}
            await asyncio.sleep(0.25)
            assert await who(stage, issuer.rs256(claims(sub="one"), kid="rsa-2", key=issuer.rsa_2))
            await refused(stage, old)
            before = issuer.fetches
            for n in range(20):
                await refused(stage, issuer.rs256(claims(), kid=f"invented-{n}"))
            assert issuer.fetches <= before + 3, "an invented kid is no way to make the house ask the issuer"


async def test_keys_that_cannot_be_fetched_are_a_503_and_sign_nobody_out(settings: Settings, dsn: str) -> None:
    issuer = Issuer()
    with publishing(issuer):
        pass
    external = trusting(settings, jwt_jwks_url=issuer.url, jwt_issuer=NAME, jwt_audience=AUDIENCE)
    async with staged(external, dsn) as stage:
        answer = await stage.http.get("/api/session", headers=bearer(issuer.rs256(claims())))
        assert_problem(answer, 503, "SERVICE_UNAVAILABLE")
        assert (await who(stage, stage.mia.token))["username"] == "mia"


async def test_without_an_issuer_only_local_sessions_count(stage: Stage, issuer: Issuer) -> None:
    await refused(stage, hs(claims()))
    await refused(stage, issuer.rs256(claims()))


async def test_a_subject_is_an_account_from_first_sight_on_private_by_default(by_secret: Stage) -> None:
    said = claims(preferred_username="Ada", name="Ada L.")
    first, again = await who(by_secret, hs(said)), await who(by_secret, hs(said | {"nonce": 2}))
    assert first == again
    assert (first["username"], first["displayName"], first["roles"]) == ("ada", "Ada L.", ["fan"])
    (row,) = await by_secret.sql("SELECT * FROM users WHERE username = 'ada'")
    assert (row["fan_privacy_visibility"], row["fan_allow_calls"], row["password_hash"]) == (
        "private",
        "interacted",
        None,
    )


async def test_twenty_first_sights_at_once_are_one_account(by_secret: Stage) -> None:
    said = claims(sub="crowd", preferred_username="crowd")
    found = await asyncio.gather(*(who(by_secret, hs(said | {"n": n})) for n in range(20)))
    assert len({user["id"] for user in found}) == 1
    assert await by_secret.value("SELECT count(*) FROM users WHERE subject = 'crowd'") == 1


@pytest.mark.parametrize("wanted", ["mia", "", "no spaces allowed", "x", "é" * 10, "-dash", "a" * 200, None])
async def test_a_name_that_is_taken_or_not_allowed_becomes_one_that_is(by_secret: Stage, wanted: str | None) -> None:
    user = await who(by_secret, hs(claims(preferred_username=wanted)))
    assert user["username"] != "mia"
    assert 2 <= len(user["username"]) <= 30
    assert user["displayName"]


async def test_a_subject_that_is_a_users_id_is_that_user(by_secret: Stage) -> None:
    user = await who(by_secret, hs(claims(sub=str(by_secret.mia.id))))
    assert (user["username"], user["roles"]) == ("mia", ["fan", "creator"])
    stranger = await who(by_secret, hs(claims(sub=str(uuid.uuid4()))))
    assert stranger["username"] != "mia"


async def test_the_roles_claim_gives_and_takes_and_its_absence_changes_nothing(by_secret: Stage) -> None:
    async def roles(claim: Any) -> list[str]:
        found: list[str] = (await who(by_secret, hs(claims(sub="role", roles=claim, nonce=str(uuid.uuid4())))))["roles"]
        return found

    assert await roles(None) == ["fan"]
    assert await roles(["creator"]) == ["fan", "creator"]
    assert await roles(None) == ["fan", "creator"]
    assert await roles(["operator", "unheard-of"]) == ["fan", "operator"]
    assert await roles("creator") == ["fan", "operator"], "a text is no list"
    assert await roles([]) == ["fan"]


async def test_an_external_token_cannot_be_signed_out_here_and_says_so_plainly(by_secret: Stage) -> None:
    """Its issuer ends it; what we can do is to forget it."""
    token = hs(claims(sub="leaving"))
    assert (await by_secret.http.delete("/api/session", headers=bearer(token))).status_code == 200
    assert await by_secret.value("SELECT count(*) FROM revoked_sessions") == 0


def test_two_ways_to_trust_an_issuer_are_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match="JWT_SECRET and JWT_JWKS_URL are both set"):
        Settings.from_env({"JWT_SECRET": "s", "JWT_JWKS_URL": "http://127.0.0.1/jwks"})
