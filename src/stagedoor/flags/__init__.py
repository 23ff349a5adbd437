"""Feature flags: the environment's default, and an operator's override that reaches every process at once."""

from stagedoor.flags.flags import FeatureFlags, Override, UnknownFlagError, clear_override, set_override

__all__ = ["FeatureFlags", "Override", "UnknownFlagError", "clear_override", "set_override"]
