"""Which browsers ring for whom. A browser's subscription is whoever's who signed in there last."""

import asyncio
import uuid
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from stagedoor.core.db import Database
from stagedoor.core.identity import Person
from stagedoor.core.problems import NotAuthenticated, ValidationFailed
from stagedoor.events import Journal
from stagedoor.push import base64url
from stagedoor.push.hosts import allowed
from stagedoor.push.passes import Passes

MOMENT_SECONDS = 0.01
EACH_MAX = 20  # browsers a person; the ones that subscribed first go

_OF = "SELECT user_id, id, endpoint, public_key, auth FROM push_subscriptions WHERE user_id = ANY ($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One browser: where to send, and its keys (the point on P-256 as 65 bytes, the secret as 16)."""

    id: int
    endpoint: str
    public_key: bytes
    auth: bytes


class Subscriptions:
    def __init__(self, journal: Journal, passes: Passes, hosts: tuple[str, ...]) -> None:
        self._journal = journal
        self._passes = passes
        self._hosts = hosts

    async def put(self, person: Person, endpoint: str, p256dh: str, auth: str) -> str:
        """Subscribe a browser, or renew it. Returns the pass by which it can say later where it moved.

        Raises ValidationFailed for a host that is no push service.
        """
        public_key, secret = self._checked(endpoint, p256dh, auth)
        async with self._journal.transaction() as tx:
            new = await tx.db.fetchval(
                "INSERT INTO push_subscriptions AS s (user_id, endpoint, public_key, auth) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (endpoint) DO UPDATE SET user_id = $1, public_key = $3, auth = $4"
                " WHERE (s.user_id, s.public_key, s.auth) IS DISTINCT FROM ($1, $3, $4) RETURNING true",
                person.id,
                endpoint,
                public_key,
                secret,
            )
            if new:
                await tx.db.execute(
                    "DELETE FROM push_subscriptions WHERE id IN (SELECT id FROM push_subscriptions WHERE user_id = $1"
                    " ORDER BY id DESC OFFSET $2)",
                    person.id,
                    EACH_MAX,
                )
                await tx.record("push.subscribed", fan_id=person.id, actor_id=person.id)
        return self._passes.issue("renew", person.id, endpoint)

    async def renew(self, token: str, before: str, endpoint: str, p256dh: str, auth: str) -> str:
        """The browser at `before` moved by itself, while no page was open. Returns its next pass.

        Raises NotAuthenticated when `token` is not the pass of `before`, or that browser does not ring any more.
        """
        person = self._passes.holder("renew", token, before)
        if person is None:
            raise NotAuthenticated(because="not the pass of this subscription")
        public_key, secret = self._checked(endpoint, p256dh, auth)
        async with self._journal.transaction() as tx:
            if endpoint != before:
                # Left over from a renewal whose answer was lost.
                await tx.db.execute(
                    "DELETE FROM push_subscriptions WHERE user_id = $1 AND endpoint = $2", person, endpoint
                )
            moved = await tx.db.fetchval(
                "UPDATE push_subscriptions SET endpoint = $3, public_key = $4, auth = $5"
                " WHERE user_id = $1 AND endpoint = $2 RETURNING true",
                person,
                before,
                endpoint,
                public_key,
                secret,
            )
            if not moved:
                raise NotAuthenticated(because="no such subscription any more")
            await tx.record("push.renewed", fan_id=person, actor_id=person)
        return self._passes.issue("renew", person, endpoint)

    def _checked(self, endpoint: str, p256dh: str, auth: str) -> tuple[bytes, bytes]:
        if not allowed(endpoint, self._hosts):
            raise ValidationFailed(details=[{"field": "endpoint", "message": "is not at a push service known here"}])
        return _keys(p256dh, auth)

    async def delete(self, person: Person, endpoint: str) -> None:
        """That browser does not ring any more. Another's subscription stays."""
        async with self._journal.transaction() as tx:
            gone = await tx.db.fetchval(
                "DELETE FROM push_subscriptions WHERE user_id = $1 AND endpoint = $2 RETURNING true",
                person.id,
                endpoint,
            )
            if gone:
                await tx.record("push.unsubscribed", fan_id=person.id, actor_id=person.id)


class Browsers:
    """The same, as they are sent to."""

    def __init__(self, database: Database, hosts: tuple[str, ...]) -> None:
        self._database = database
        self._hosts = hosts
        self._wanted: set[uuid.UUID] = set()
        self._looking: asyncio.Task[dict[uuid.UUID, list[Subscription]]] | None = None

    async def of(self, person: uuid.UUID) -> list[Subscription]:
        """Who rings in the same moment is looked up together; nobody who waits is cancelled but all, at the end.
        Raises Unavailable."""
        if self._looking is None:
            self._wanted = {person}
            self._looking = asyncio.create_task(self._look(self._wanted))
        else:
            self._wanted.add(person)
        return (await self._looking).get(person, [])

    async def _look(self, people: set[uuid.UUID]) -> dict[uuid.UUID, list[Subscription]]:
        await asyncio.sleep(MOMENT_SECONDS)
        self._looking = None  # whoever comes now is looked up in the next
        async with self._database.connection() as connection:
            rows = await connection.fetch(_OF, list(people))
        found: dict[uuid.UUID, list[Subscription]] = {}
        for user_id, *columns in rows:
            one = Subscription(*columns)
            if allowed(one.endpoint, self._hosts):
                found.setdefault(user_id, []).append(one)
        return found

    async def drop(self, subscription: Subscription) -> None:
        """The push service says that this browser is gone."""
        async with self._database.connection() as connection:
            await connection.execute(
                "DELETE FROM push_subscriptions WHERE id = $1 AND public_key = $2",
                subscription.id,
                subscription.public_key,
            )


def _keys(p256dh: str, auth: str) -> tuple[bytes, bytes]:
    """Raises ValidationFailed for what is no key."""
    try:
        public_key = base64url.decode(p256dh)
        if len(public_key) != 65:
            raise ValueError("is not an uncompressed point")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    except ValueError as error:
        raise ValidationFailed(details=[{"field": "keys.p256dh", "message": "is not a P-256 key"}]) from error
    try:
        secret = base64url.decode(auth)
        if len(secret) != 16:
            raise ValueError("is not 16 bytes")
    except ValueError as error:
        raise ValidationFailed(details=[{"field": "keys.auth", "message": "is not 16 bytes"}]) from error
    return public_key, secret
