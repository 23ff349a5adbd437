"""A snapshot of the overrides in memory, kept fresh by LISTEN and, should that fail, by a poll every two seconds.

Asking costs no query. When the database has been away for ten seconds the overrides are not trusted any more:
a feature is then on only if both its default and its last override say so.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from stagedoor.core.db import Database
from stagedoor.core.identity import Person
from stagedoor.events import Journal
from stagedoor.settings import FLAG_DEFAULTS

log = structlog.get_logger("flags")
POLL_SECONDS = 2.0
TRUST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Override:
    """What an operator set, who and why."""

    key: str
    enabled: bool
    reason: str
    author: str
    updated_at: datetime


class UnknownFlagError(KeyError):
    """There is no such flag; the known ones are in settings.FLAG_DEFAULTS."""


class FeatureFlags:
    """The flags of one process. `run` keeps them fresh until cancelled."""

    def __init__(self, database: Database, defaults: Mapping[str, bool]) -> None:
        self._database = database
        self._defaults = {**FLAG_DEFAULTS, **defaults}
        self._overrides: dict[str, Override] = {}
        self._loaded_at = 0.0
        self._changed = asyncio.Event()

    def is_on(self, key: str, person: Person | None = None) -> bool:
        """Is `key` on? Raises UnknownFlagError for a key that does not exist."""
        if key not in self._defaults:
            raise UnknownFlagError(key)
        default = self._defaults[key]
        override = self._overrides.get(key)
        if time.monotonic() - self._loaded_at > TRUST_SECONDS:
            return default and (override is None or override.enabled)
        return default if override is None else override.enabled

    def all(self, person: Person | None = None) -> dict[str, bool]:
        return {key: self.is_on(key, person) for key in self._defaults}

    def overrides(self) -> list[Override]:
        return list(self._overrides.values())

    async def load(self) -> None:
        async with self._database.connection() as connection:
            rows = await connection.fetch("SELECT key, enabled, reason, author, updated_at FROM flag_overrides")
        self._overrides = {row["key"]: Override(*row.values()) for row in rows}
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
                    await asyncio.wait_for(self._changed.wait(), POLL_SECONDS)
                self._changed.clear()
        finally:
            await listener.close(timeout=2)

    def _heard(self, *_args: Any) -> None:
        self._changed.set()


_SET = """
INSERT INTO flag_overrides (key, enabled, reason, author) VALUES ($1, $2, $3, $4)
ON CONFLICT (key) DO UPDATE SET enabled = EXCLUDED.enabled, reason = EXCLUDED.reason, author = EXCLUDED.author,
    updated_at = clock_timestamp()
"""


async def set_override(journal: Journal, key: str, enabled: bool, *, reason: str, author: str) -> None:
    """Override `key` everywhere. Raises UnknownFlagError."""
    if key not in FLAG_DEFAULTS:
        raise UnknownFlagError(key)
    async with journal.transaction() as tx:
        await tx.db.execute(_SET, key, enabled, reason, author)
        await tx.record("flag.set", data={"key": key, "enabled": enabled, "reason": reason, "author": author})


async def clear_override(journal: Journal, key: str, *, reason: str, author: str) -> None:
    """Back to the environment's default. Raises UnknownFlagError."""
    if key not in FLAG_DEFAULTS:
        raise UnknownFlagError(key)
    async with journal.transaction() as tx:
        await tx.db.execute("DELETE FROM flag_overrides WHERE key = $1", key)
        await tx.record("flag.cleared", data={"key": key, "reason": reason, "author": author})
