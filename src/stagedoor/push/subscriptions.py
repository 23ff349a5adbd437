"""Which browsers ring for whom. A browser's subscription is whoever's who signed in there last."""

import uuid
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from stagedoor.core.db import Database
from stagedoor.core.identity import Person
from stagedoor.core.problems import ValidationFailed
from stagedoor.events import Journal
from stagedoor.push import base64url
from stagedoor.push.hosts import allowed

EACH_MAX = 20  # browsers a person; the ones that subscribed first go


@dataclass(frozen=True, slots=True)
class Subscription:
    """One browser: where to send, and its keys (the point on P-256 as 65 bytes, the secret as 16)."""

    id: int
    endpoint: str
    public_key: bytes
    auth: bytes


class Subscriptions:
    def __init__(self, journal: Journal, hosts: tuple[str, ...]) -> None:
        self._journal = journal
        self._hosts = hosts

    async def put(self, person: Person, endpoint: str, p256dh: str, auth: str) -> None:
        """Subscribe a browser, or renew it. Raises ValidationFailed for a host that is no push service."""
        if not allowed(endpoint, self._hosts):
            raise ValidationFailed(details=[{"field": "endpoint", "message": "is not at a push service known here"}])
        public_key, secret = _keys(p256dh, auth)
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
            if not new:
                return
            await tx.db.execute(
                "DELETE FROM push_subscriptions WHERE id IN (SELECT id FROM push_subscriptions WHERE user_id = $1"
                " ORDER BY id DESC OFFSET $2)",
                person.id,
                EACH_MAX,
            )
            await tx.record("push.subscribed", fan_id=person.id, actor_id=person.id)

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

    async def of(self, person: uuid.UUID) -> list[Subscription]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "SELECT id, endpoint, public_key, auth FROM push_subscriptions WHERE user_id = $1", person
            )
        found = [Subscription(**dict(row)) for row in rows]
        return [one for one in found if allowed(one.endpoint, self._hosts)]

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
