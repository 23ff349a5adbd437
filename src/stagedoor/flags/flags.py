"""A snapshot of the overrides in memory, kept fresh by LISTEN and, should that fail, by a poll every two seconds.

Asking costs no query. When the database has been away for ten seconds the overrides are not trusted any more:
a feature is then on only if both its default and its last override say so.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Mapping
from typing import Any

import structlog
from openfeature import api
from openfeature.evaluation_context import EvaluationContext

from stagedoor.core.db import Connection, Database
from stagedoor.core.identity import Person
from stagedoor.flags.override import Override
from stagedoor.flags.provider import PostgresProvider
from stagedoor.settings import FLAG_DEFAULTS

log = structlog.get_logger("flags")
POLL_SECONDS = 2.0
TRUST_SECONDS = 10.0

_READ = "SELECT key, enabled, percentage, user_ids, roles, reason, author, updated_at FROM flag_overrides"


class UnknownFlagError(KeyError):
    """There is no such flag; the known ones are in settings.FLAG_DEFAULTS."""


class FeatureFlags:
    """The flags of one process. `run` keeps them fresh until cancelled.

    Questions go through an OpenFeature client of its own domain: another provider (flagd, say) can be set for
    `domain` with `openfeature.api.set_provider`, and nothing here changes.
    """

    def __init__(self, database: Database, defaults: Mapping[str, bool]) -> None:
        self._database = database
        self._defaults = {**FLAG_DEFAULTS, **defaults}
        self._overrides: dict[str, Override] = {}
        self._loaded_at = 0.0
        self._changed = asyncio.Event()
        self.domain = f"stagedoor-{uuid.uuid4()}"
        self._own = PostgresProvider(self)
        api.set_provider_and_wait(self._own, self.domain)
        self._client = api.get_client(self.domain)

    def is_on(self, key: str, person: Person | None = None) -> bool:
        """Is `key` on, for `person`? Raises UnknownFlagError for a key that does not exist."""
        if key not in self._defaults:
            raise UnknownFlagError(key)
        context = None
        if person is not None:
            context = EvaluationContext(str(person.id), {"roles": person.roles})
        if self._client.provider is self._own and not self._client.hooks and not api.get_hooks():
            # What the client would ask, without its rounds for hooks that there are none of: 5 % of a ring.
            return self._own.resolve_boolean_details(key, self._defaults[key], context).value
        details = self._client.get_boolean_details(key, self._defaults[key], context)
        if details.error_code is not None:
            log.error("a flag was not resolved", key=key, because=details.error_message)
        return details.value

    def all(self, person: Person | None = None) -> dict[str, bool]:
        return {key: self.is_on(key, person) for key in self._defaults}

    def defaults(self) -> dict[str, bool]:
        """What counts where nobody overrides, by flag."""
        return dict(self._defaults)

    def overrides(self) -> list[Override]:
        return list(self._overrides.values())

    def knows(self, key: str) -> bool:
        return key in self._defaults

    def override(self, key: str) -> Override | None:
        return self._overrides.get(key)

    def is_fresh(self) -> bool:
        """False once the database has not been heard of for ten seconds."""
        return time.monotonic() - self._loaded_at <= TRUST_SECONDS

    async def load(self) -> None:
        async with self._database.connection() as connection:
            self._overrides = {override.key: override for override in await read_overrides(connection)}
        self._loaded_at = time.monotonic()

    async def run(self) -> None:
        """LISTEN first, then load: a change between the two is not missed."""
        while True:
            try:
                await self._follow()
            except Exception as error:
                log.warning("flags wait for the database", because=f"{type(error).__name__}: {error}")
                await asyncio.sleep(POLL_SECONDS)

    async def _follow(self) -> None:
        listener = await self._database.listen()
        try:
            await listener.add_listener("stagedoor_flags", self._heard)
            while not listener.is_closed():
                await self.load()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):  # wait_for would swallow a cancellation
                        await self._changed.wait()
                self._changed.clear()
        finally:
            await listener.close(timeout=2)

    def _heard(self, *_args: Any) -> None:
        self._changed.set()


async def read_overrides(db: Connection) -> list[Override]:
    """Every override as it stands, by key."""
    rows = await db.fetch(f"{_READ} ORDER BY key")
    return [_from(row) for row in rows]


def _from(row: Any) -> Override:
    fields = dict(row)
    return Override(**{**fields, "user_ids": tuple(fields["user_ids"]), "roles": tuple(fields["roles"])})
