"""Calls: ring, accept, decline, cancel, join, end, sweep. The room that every other imitates."""

from stagedoor.calls.media import CallMedia
from stagedoor.calls.model import TRANSITIONS, CallType, CallWire, PersonWire
from stagedoor.calls.presence import Presence
from stagedoor.calls.problems import FanUnavailable
from stagedoor.calls.reading import CallReader
from stagedoor.calls.routes import handlers
from stagedoor.calls.service import Calls
from stagedoor.calls.sweep import Sweeper

__all__ = [
    "TRANSITIONS",
    "CallMedia",
    "CallReader",
    "CallType",
    "CallWire",
    "Calls",
    "FanUnavailable",
    "PersonWire",
    "Presence",
    "Sweeper",
    "handlers",
]
