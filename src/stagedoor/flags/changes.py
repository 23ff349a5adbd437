"""Changing a flag: the row and the event that says who and why, in one transaction. Every process hears of it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stagedoor.core.db import Connection
from stagedoor.events import Journal, Transaction
from stagedoor.flags.flags import UnknownFlagError
from stagedoor.flags.override import valid_roles
from stagedoor.settings import FLAG_DEFAULTS

_SET = """
INSERT INTO flag_overrides (key, enabled, percentage, user_ids, roles, reason, author)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (key) DO UPDATE SET enabled = EXCLUDED.enabled, percentage = EXCLUDED.percentage,
    user_ids = EXCLUDED.user_ids, roles = EXCLUDED.roles, reason = EXCLUDED.reason, author = EXCLUDED.author,
    updated_at = clock_timestamp()
"""
_HISTORY = """
SELECT id, type, data, created_at FROM events
WHERE call_id IS NULL AND creator_id IS NULL AND fan_id IS NULL
  AND type IN ('flag.set', 'flag.cleared') AND data ->> 'key' = $1
ORDER BY id DESC LIMIT $2
"""


class UnknownPersonError(KeyError):
    """There is no account of that name."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a flag's history; `enabled` is None where the override was cleared."""

    id: int
    at: datetime
    enabled: bool | None
    percentage: int
    users: list[str]
    roles: list[str]
    reason: str
    author: str


async def set_override(
    journal: Journal,
    key: str,
    enabled: bool,
    *,
    reason: str,
    author: str,
    percentage: int | None = None,
    users: Sequence[str] = (),
    roles: Sequence[str] = (),
    actor: uuid.UUID | None = None,
) -> None:
    """Override `key` everywhere: off; on for everyone; or, with a percentage (0 to 100), usernames or roles, on for
    those alone. Raises UnknownFlagError, UnknownPersonError, ValueError."""
    async with journal.transaction() as tx:
        await change(
            tx, key, enabled, reason=reason, author=author, percentage=percentage, users=users, roles=roles, actor=actor
        )


async def change(
    tx: Transaction,
    key: str,
    enabled: bool,
    *,
    reason: str,
    author: str,
    percentage: int | None = None,
    users: Sequence[str] = (),
    roles: Sequence[str] = (),
    actor: uuid.UUID | None = None,
) -> None:
    """As `set_override`, inside a transaction that changes more."""
    if key not in FLAG_DEFAULTS:
        raise UnknownFlagError(key)
    roles = valid_roles(roles)
    if not 0 <= (percentage or 0) <= 100:
        raise ValueError("A percentage is from 0 to 100.")
    partly = percentage not in (None, 100) or (percentage is None and bool(users or roles))
    if not enabled and (percentage or users or roles):
        raise ValueError("A flag that is off is off for everyone: leave percentage, users and roles out.")
    share, ids = (percentage or 0, await _ids_of(tx.db, users)) if partly else (0, [])
    everyone = enabled and not partly
    await tx.db.execute(_SET, key, everyone, share, ids, roles if partly else [], reason, author)
    said = {"key": key, "enabled": enabled, "percentage": share if partly else 100 * everyone}
    said |= {"userIds": ids, "roles": roles if partly else []}
    await tx.record("flag.set", actor_id=actor, data={**said, "reason": reason, "author": author})


async def clear_override(
    journal: Journal, key: str, *, reason: str, author: str, actor: uuid.UUID | None = None
) -> None:
    """Back to the environment's default. Raises UnknownFlagError."""
    if key not in FLAG_DEFAULTS:
        raise UnknownFlagError(key)
    async with journal.transaction() as tx:
        await tx.db.execute("DELETE FROM flag_overrides WHERE key = $1", key)
        await tx.record("flag.cleared", actor_id=actor, data={"key": key, "reason": reason, "author": author})


async def history(db: Connection, key: str, limit: int = 50) -> list[Change]:
    """Who changed `key`, when and why, newest first. Raises UnknownFlagError."""
    if key not in FLAG_DEFAULTS:
        raise UnknownFlagError(key)
    rows = await db.fetch(_HISTORY, key, limit)
    named = {uuid.UUID(user) for row in rows for user in row["data"].get("userIds", ())}
    names = {str(user): name for user, name in (await names_of(db, list(named))).items()}
    return [_change(row, names) for row in rows]


def _change(row: Any, names: dict[str, str]) -> Change:
    data = row["data"]
    enabled = data.get("enabled") if row["type"] == "flag.set" else None
    return Change(
        id=row["id"],
        at=row["created_at"],
        enabled=enabled,
        percentage=data.get("percentage", 100 if enabled else 0),
        users=[names[user] for user in data.get("userIds", ()) if user in names],
        roles=data.get("roles", []),
        reason=data.get("reason", ""),
        author=data.get("author", ""),
    )


async def _ids_of(db: Connection, usernames: Sequence[str]) -> list[uuid.UUID]:
    rows = await db.fetch("SELECT id, username FROM users WHERE username = ANY ($1::text[])", list(usernames))
    found = {row["username"]: row["id"] for row in rows}
    for name in usernames:
        if name not in found:
            raise UnknownPersonError(name)
    return list(found.values())


async def names_of(db: Connection, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Usernames of `ids`, for showing; who was erased is left out."""
    rows = await db.fetch("SELECT id, username FROM users WHERE id = ANY ($1::uuid[])", list(ids))
    return {row["id"]: row["username"] for row in rows}
