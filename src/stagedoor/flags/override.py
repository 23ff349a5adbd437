"""One override, and whom it switches a feature on for.

On for everyone, or else for the people it names, for the roles it names, and for a share of all people. The share
is stable: who is in it at 10 % is in it at 50 %, and each flag draws its own share.
"""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Role = Literal["fan", "creator", "operator"]
ROLES: tuple[Role, ...] = ("fan", "creator", "operator")
Because = Literal["everyone", "nobody", "user", "role", "percentage"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is asking, as far as a flag is concerned; without an id for somebody who is not signed in."""

    id: str | None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """What an operator set, who and why. `enabled` is on for everyone; the rest is who else has it."""

    key: str
    enabled: bool
    percentage: int
    user_ids: tuple[uuid.UUID, ...]
    roles: tuple[str, ...]
    reason: str
    author: str
    updated_at: datetime

    @property
    def targeted(self) -> bool:
        """Off for most, on for some."""
        return not self.enabled and bool(self.percentage or self.user_ids or self.roles)

    def resolve(self, subject: Subject) -> tuple[bool, Because]:
        """Is it on for `subject`, and by which part of the override?"""
        if self.enabled:
            return True, "everyone"
        if not self.targeted:
            return False, "nobody"
        if subject.id is not None and any(str(user) == subject.id for user in self.user_ids):
            return True, "user"
        if not set(self.roles).isdisjoint(subject.roles):
            return True, "role"
        return subject.id is not None and share_of(self.key, subject.id) < self.percentage, "percentage"


def share_of(key: str, user_id: str) -> float:
    """Where `user_id` stands among all people for flag `key`, from 0 to below 100: uniform, and always the same."""
    digest = hashlib.sha256(f"{key}:{user_id}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48 * 100


def valid_roles(names: Iterable[str]) -> list[str]:
    """Raises ValueError naming the first that is no role."""
    found = list(dict.fromkeys(names))
    for name in found:
        if name not in ROLES:
            raise ValueError(f"There is no role {name}. The roles are: {', '.join(ROLES)}.")
    return found
