"""A person who leaves is gone: account, profile, relations, messages. What money and audit must keep names nobody.

First whatever rings or runs is ended, settled and told. Then, in one transaction, the ledger account and the
events get a random pseudonym and the user's row goes, with everything that hangs on it. Doing it again, or twice
at once, changes nothing more.
"""

import uuid

import asyncpg

from stagedoor.calls import end_calls_of_person
from stagedoor.core.identity import Authenticator, Person
from stagedoor.core.problems import Unavailable, ValidationFailed
from stagedoor.events import Journal
from stagedoor.events.sockets import Sockets

ATTEMPTS = 5

# A host's tokens name somebody by its own subject, or by the user's id with whatever issuer.
_BAR_OLD_TOKENS = """
INSERT INTO erased_identities (digest)
SELECT identity_digest(issuer, subject) FROM users WHERE id = $1 AND issuer IS NOT NULL
UNION SELECT identity_digest('', $1::uuid::text)
ON CONFLICT (digest) DO UPDATE SET erased_at = EXCLUDED.erased_at
"""


class Erasure:
    def __init__(self, journal: Journal, authenticator: Authenticator, sockets: Sockets) -> None:
        self._journal = journal
        self._authenticator = authenticator
        self._sockets = sockets

    async def ask(self, person: Person, confirm: str) -> None:
        """The person's own request. Raises ValidationFailed unless `confirm` is the username."""
        if confirm.strip().lower() != person.username:
            raise ValidationFailed(details=[{"field": "confirm", "message": "must be your username"}])
        await self.erase(person.id)

    async def erase(self, person: uuid.UUID) -> None:
        for _ in range(ATTEMPTS):
            try:
                async with self._journal.transaction() as tx:
                    await end_calls_of_person(tx, person)
                await self._erase(person)
                break
            except asyncpg.DeadlockDetectedError:
                continue  # somebody changed the same call from the other side; what was done is undone, so again
        else:
            raise Unavailable(retry_after=1, because="erasure kept deadlocking")
        self._authenticator.forget_user(person)
        await self._sockets.drop(person)

    async def _erase(self, person: uuid.UUID) -> None:
        """Nothing new can begin once the user's row is locked; what began since the first look is ended here."""
        async with self._journal.transaction() as tx:
            if await tx.db.fetchval("SELECT true FROM users WHERE id = $1 FOR UPDATE", person) is None:
                return
            await end_calls_of_person(tx, person)
            pseudonym = uuid.uuid4()
            await tx.db.execute(_BAR_OLD_TOKENS, person)
            await tx.db.execute(
                "UPDATE flag_overrides SET user_ids = array_remove(user_ids, $1) WHERE $1 = ANY (user_ids)", person
            )
            await tx.db.execute("UPDATE ledger_accounts SET owner_id = $2 WHERE owner_id = $1", person, pseudonym)
            await tx.db.execute("DELETE FROM users WHERE id = $1", person)
            await tx.db.execute("SELECT pseudonymise_events($1, $2)", person, pseudonym)
            await tx.record("fan.erased", fan_id=pseudonym, actor_id=pseudonym)
