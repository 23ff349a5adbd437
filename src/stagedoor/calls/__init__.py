"""Calls: ring, accept, decline, cancel, join, end, sweep. The room that every other imitates."""

from stagedoor.calls.closing import end_calls_of_pair, end_calls_of_person
from stagedoor.calls.media import CallMedia
from stagedoor.calls.model import TRANSITIONS, CallType, CallWire, Facts, PersonWire, Role, as_seen_by
from stagedoor.calls.presence import Presence
from stagedoor.calls.problems import CallNotFound, FanUnavailable
from stagedoor.calls.queries import lock as lock_call
from stagedoor.calls.reading import CallReader
from stagedoor.calls.routes import handlers
from stagedoor.calls.service import Calls, locked
from stagedoor.calls.sweep import Sweeper

__all__ = [
    "TRANSITIONS",
    "CallMedia",
    "CallNotFound",
    "CallReader",
    "CallType",
    "CallWire",
    "Calls",
    "Facts",
    "FanUnavailable",
    "PersonWire",
    "Presence",
    "Role",
    "Sweeper",
    "as_seen_by",
    "end_calls_of_pair",
    "end_calls_of_person",
    "handlers",
    "lock_call",
    "locked",
]
