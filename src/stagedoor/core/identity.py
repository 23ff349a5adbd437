"""Who is asking: local sessions, or an external issuer's JWT by shared secret or JWKS.

A verified token is remembered by its hash for a few seconds (bounded, never past `exp`), so that a request
costs no signature check and no query; signing out forgets it at once here and within seconds elsewhere.
"""

import asyncio
import base64
import hashlib
import json
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar, cast

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from stagedoor.core.problems import NotAuthenticated, SessionInvalid, Unavailable
from stagedoor.settings import Identity as Config

T = TypeVar("T")
LOCAL_ISSUER = "stagedoor"
REMEMBER_SECONDS = 5.0
REMEMBER_TOKENS = 20_000
JWKS_AGAIN_SECONDS = 5
ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_REQUIRED: Any = {"require": ["exp", "sub"]}


@dataclass(frozen=True, slots=True)
class Person:
    """An authenticated user. Every user is a fan; `is_creator` and `is_operator` add to that."""

    id: uuid.UUID
    username: str
    display_name: str
    avatar_url: str | None
    is_creator: bool
    is_operator: bool
    session_id: uuid.UUID | None
    expires_at: float

    @property
    def roles(self) -> list[str]:
        return ["fan", *(["creator"] if self.is_creator else []), *(["operator"] if self.is_operator else [])]


class Accounts(Protocol):
    """What identity asks of the platform's accounts."""

    async def by_session(
        self, user_id: uuid.UUID, session_id: uuid.UUID | None, expires_at: float
    ) -> Person | None: ...

    async def by_issuer(self, issuer: str, claims: dict[str, Any]) -> Person | None: ...


class Authenticator:
    """Turns a bearer token into a Person, or raises SessionInvalid; Unavailable when that cannot be told now."""

    def __init__(self, config: Config, local_key: bytes, accounts: Accounts) -> None:
        self._config = config
        self._local_key = local_key
        self._has_external = config.jwt_secret is not None or config.jwt_jwks_url is not None
        self._accounts = accounts
        self._remembered: OrderedDict[bytes, tuple[float, Person]] = OrderedDict()
        self._local_claims: OrderedDict[bytes, dict[str, Any]] = OrderedDict()
        self.when_forgotten: list[Callable[[uuid.UUID], None]] = []
        # A kid that is not known has the keys fetched again, at most once in five seconds: that is a rotation.
        self._jwks = (
            jwt.PyJWKClient(config.jwt_jwks_url, lifespan=300, timeout=5, cooldown_duration=JWKS_AGAIN_SECONDS)
            if config.jwt_jwks_url
            else None
        )

    async def authenticate(self, token: str) -> Person:
        key = hashlib.sha256(token.encode()).digest()
        now = time.time()
        known = self._remembered.get(key)
        if known is not None and now < known[0] and now < known[1].expires_at:
            return known[1]
        person = await self._verified(token, key)
        _remember(self._remembered, key, (now + REMEMBER_SECONDS, person))
        return person

    def forget(self, token: str, session_id: uuid.UUID | None) -> None:
        """The token was signed out. Whoever keeps something open for its session hears of it."""
        self._remembered.pop(hashlib.sha256(token.encode()).digest(), None)
        if session_id is not None:
            for tell in self.when_forgotten:
                tell(session_id)

    def forget_user(self, user_id: uuid.UUID) -> None:
        for key in [key for key, (_, person) in self._remembered.items() if person.id == user_id]:
            del self._remembered[key]

    async def _verified(self, token: str, key: bytes) -> Person:
        try:
            if not self._has_external or _claimed_issuer(token) == LOCAL_ISSUER:
                claims = self._local(token, key)
                person = await self._accounts.by_session(
                    uuid.UUID(claims["sub"]), uuid.UUID(claims["jti"]), float(claims["exp"])
                )
            else:
                claims = await self._external(token)
                person = await self._accounts.by_issuer(str(claims.get("iss", "")), claims)
        except jwt.PyJWKClientConnectionError as error:
            raise Unavailable(retry_after=5, because=f"JWT_JWKS_URL: {error}") from error
        except (jwt.PyJWTError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise SessionInvalid(because=f"{type(error).__name__}: {error}") from error
        if person is None:
            raise SessionInvalid(because="revoked, or no such account")
        return person

    def _local(self, token: str, key: bytes) -> dict[str, Any]:
        """The claims of a token that this service signed. That it did stays true for as long as the process lives: what
        may change (the session, the account) is asked anew, and so is the time."""
        claims = self._local_claims.get(key)
        if claims is None or claims["exp"] <= time.time():
            claims = jwt.decode(token, self._local_key, algorithms=["HS256"], issuer=LOCAL_ISSUER, options=_REQUIRED)
            _remember(self._local_claims, key, claims)
        return claims

    async def _external(self, token: str) -> dict[str, Any]:
        config = self._config
        if config.jwt_secret is not None:
            key: Any = config.jwt_secret
            algorithms = ["HS256", "HS384", "HS512"]
        elif self._jwks is not None:
            key = (await asyncio.to_thread(self._jwks.get_signing_key_from_jwt, token)).key
            algorithms = ASYMMETRIC
        else:
            raise SessionInvalid(because="no external issuer is configured")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            issuer=config.jwt_issuer,
            audience=config.jwt_audience,
            options=cast(Any, {**_REQUIRED, "verify_aud": config.jwt_audience is not None}),
            leeway=5,
        )
        return claims


def _remember(kept: "OrderedDict[bytes, T]", key: bytes, value: T) -> None:
    """Keep the REMEMBER_TOKENS that were told last."""
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > REMEMBER_TOKENS:
        kept.popitem(last=False)


def _claimed_issuer(token: str) -> Any:
    """Whom the token names, to choose the key that it is then verified with. Raises ValueError and the like."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).get("iss")


def bearer(headers: Any) -> str | None:
    """The bearer token of an ASGI header list; None without one. Raises NotAuthenticated for another scheme."""
    for name, value in headers:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            if scheme.lower() != "bearer" or not token.strip():
                raise NotAuthenticated(because="not a bearer token")
            return str(token.strip())
    return None


@dataclass(frozen=True)
class Session:
    """A local session as handed to its owner."""

    token: str
    expires_at: datetime


def issue_session(local_key: bytes, user_id: uuid.UUID, hours: float) -> Session:
    """Sign a local session that ends after `hours`."""
    now = datetime.now(UTC)
    expires_at = (now + timedelta(hours=hours)).replace(microsecond=0)
    claims = {"iss": LOCAL_ISSUER, "sub": str(user_id), "jti": str(uuid.uuid4()), "iat": now, "exp": expires_at}
    return Session(jwt.encode(claims, local_key, algorithm="HS256"), expires_at)


_hasher = PasswordHasher()
# Nobody's password, hashed with the hasher's own parameters: verified against when there is no such account, so
# that a wrong name costs what a wrong password costs. Written out because making one takes a tenth of a second.
_ABSENT = "$argon2id$v=19$m=65536,t=3,p=4$o1g2CKLFl5n74/Mhv930tA$QKeOihm4fHOgeQHmRKEuEk4Zc5yae4XcqLJ7y+MOq3A"


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Constant work whether or not the account exists. Runs for tens of milliseconds: call it in a thread."""
    try:
        return _hasher.verify(password_hash or _ABSENT, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False
