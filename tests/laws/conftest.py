"""The laws' own stage: one whose time moves only when told to."""

from tests.laws.stopped_clock import theatre

__all__ = ["theatre"]
