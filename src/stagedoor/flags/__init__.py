"""Feature flags: the environment's default, and an operator's override that reaches every process at once."""

from stagedoor.flags.changes import (
    Change,
    UnknownPersonError,
    change,
    clear_override,
    history,
    names_of,
    set_override,
)
from stagedoor.flags.flags import FeatureFlags, UnknownFlagError, read_overrides
from stagedoor.flags.override import ROLES, Override, share_of
from stagedoor.flags.provider import PostgresProvider

__all__ = [
    "ROLES",
    "Change",
    "FeatureFlags",
    "Override",
    "PostgresProvider",
    "UnknownFlagError",
    "UnknownPersonError",
    "change",
    "clear_override",
    "history",
    "names_of",
    "read_overrides",
    "set_override",
    "share_of",
]
