"""The stage of a call whose time moves only when told to."""

from tests.laws.stopped_clock import theatre

__all__ = ["theatre"]
