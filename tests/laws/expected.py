"""What a call should do and cost, told in plain Python from the rules alone: nothing of the service is asked.

Times are whole milliseconds, so that every comparison is exact. The rules are those of docs/billing.md.
"""

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["creator", "fan"]
SECOND = 1000
RING, CONNECT, GAP, GAPS, VISIT = 120 * SECOND, 30 * SECOND, 30 * SECOND, 90 * SECOND, 10 * SECOND
LIVE = ("connecting", "active", "reconnecting")


def price(seconds: int, rate: int) -> int:
    """Whole tokens, rounded up."""
    whole, rest = divmod(seconds * rate, 60)
    return whole + (rest > 0)


def started(connected: int, increment: int) -> int:
    """Milliseconds as the seconds of started increments."""
    seconds = 0
    while seconds * SECOND < connected:
        seconds += increment
    return seconds


def affordable(tokens: int, rate: int, increment: int) -> int:
    """The longest whole increments whose price is within `tokens`, in milliseconds: found by trying."""
    low, high = 0, 1
    while price(high * increment, rate) <= tokens:
        high *= 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if price(middle * increment, rate) <= tokens else (low, middle)
    return low * increment * SECOND


@dataclass
class Side:
    """One participant: has media or not, and when it was last heard of."""

    seen: int
    media: bool = False
    presence: int = 30 * SECOND
    device: str | None = None

    def is_there(self, now: int) -> bool:
        return now <= self.seen + self.presence

    def had_until(self, now: int) -> int:
        """What a side says once a second it has said until then and no longer; another counts while it is there."""
        return now if self.presence > 3 * SECOND and self.is_there(now) else self.seen


@dataclass
class Expected:
    """One call, from the ring to its bill. `tokens` are all that the fan has, held or not."""

    rate: int
    increment: int
    now: int
    tokens: int
    state: str = "ringing"
    reason: str | None = None
    max_tokens: int | None = None
    sides: dict[Role, Side] = field(default_factory=dict)
    rang: int = 0
    accepted: int | None = None
    connected_first: int = 0
    running_since: int | None = None
    connected: int = 0  # of segments that are closed
    gap_since: int = 0
    seconds: int = 0
    charge: int = 0

    def __post_init__(self) -> None:
        self.rang = self.now
        self.sides = {"creator": Side(self.now), "fan": Side(self.now)}

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_over(self) -> bool:
        return self.state != "ringing" and not self.is_live

    def affordable(self) -> int:
        funds = self.tokens if self.max_tokens is None else min(self.tokens, self.max_tokens)
        return affordable(funds, self.rate, self.increment)

    def both_had_until(self) -> int:
        return min(side.had_until(self.now) for side in self.sides.values())

    def connected_by(self, moment: int) -> int:
        return self.connected + (0 if self.running_since is None else max(0, moment - self.running_since))

    def accept(self, max_tokens: int | None, device: str | None) -> None:
        self.state, self.accepted, self.max_tokens = "connecting", self.now, max_tokens
        for side in self.sides.values():
            side.seen = self.now
        self.sides["fan"].device = device

    def has_media(self, role: Role, *, heartbeat: bool = False) -> None:
        if self.state == "reconnecting" and (owed := self.owed()) is not None:
            self.end(owed[0], owed[1])  # too late to come back
            return
        other = self.sides["fan" if role == "creator" else "creator"]
        self.sides[role].media, self.sides[role].seen = True, self.now
        if heartbeat:
            self.sides[role].presence = 3 * SECOND
        if self.state != "active" and other.media and other.is_there(self.now):
            if self.state == "connecting":
                self.connected_first = self.now
            self.state, self.running_since = "active", self.now

    def lost_media(self, role: Role, silent: int = 0) -> None:
        """The client noticed after `silent` of silence."""
        self._stop(silent)
        self.sides[role].media, self.sides[role].seen = False, self.now

    def another_device(self, role: Role, device: str) -> None:
        side = self.sides[role]
        if side.device != device:
            self._stop()
            self.sides[role] = Side(self.now, device=device)

    def alive(self, role: Role) -> None:
        side = self.sides[role]
        if side.media and self.state in ("active", "reconnecting"):
            side.seen, side.presence = self.now, 3 * SECOND

    def holds_a_socket(self, role: Role) -> None:
        side = self.sides[role]
        if side.media and self.state in ("active", "reconnecting") and side.presence >= 12 * SECOND:
            side.seen, side.presence = self.now, 12 * SECOND

    def _stop(self, silent: int = 0) -> None:
        """The clock stops where media is known to have been, and no later than it could be paid for."""
        if self.state == "active":
            self.gap_since = self._close(min(self.both_had_until(), self.now - silent))
            self.state = "reconnecting"

    def _close(self, moment: int) -> int:
        """Close the open segment; returns when it ended."""
        assert self.running_since is not None
        before, began = self.connected, self.running_since
        self.connected = min(self.connected_by(moment), max(before, self.affordable()))
        self.running_since = None
        return began + self.connected - before

    def end(self, reason: str, moment: int | None = None) -> None:
        """Over: charged for the media up to `moment` (by default for as long as both are known to have had it)."""
        if self.state == "active":
            self._close(self.both_had_until() if moment is None else moment)
        self.state, self.reason = ("failed" if reason == "no_connection" else "ended"), reason
        self.seconds = started(self.connected, self.increment)
        self.charge = price(self.seconds, self.rate)
        self.tokens -= self.charge

    def next_moment(self) -> int:
        """When time will next owe the call something, if nobody does anything; when active, if both stay."""
        if self.state == "ringing":
            return self.rang + RING
        if self.state == "connecting":
            assert self.accepted is not None
            return self.accepted + CONNECT
        if self.state == "reconnecting":
            gaps_before = self.gap_since - self.connected_first - self.connected
            return self.gap_since + min(GAP, GAPS - gaps_before)
        assert self.running_since is not None
        return self.running_since + self.affordable() - self.connected

    def owed(self) -> tuple[str, int, int] | None:
        """What time owes the call now: why it is over, where its media ends, since when that has been so."""
        if self.state == "ringing" and self.now >= self.rang + RING:
            return "expired", self.now, self.rang + RING
        if self.state == "connecting" and self.accepted is not None and self.now >= self.accepted + CONNECT:
            return "no_connection", self.now, self.accepted + CONNECT
        if self.state == "reconnecting":
            gaps_before = self.gap_since - self.connected_first - self.connected
            one, together = self.gap_since + GAP, self.gap_since + GAPS - gaps_before
            if self.now >= min(one, together):
                return "connection_lost" if one <= together else "gaps_exceeded", self.gap_since, min(one, together)
        if self.state == "active":
            return self._owed_while_active()
        return None

    def _owed_while_active(self) -> tuple[str, int, int] | None:
        until = self.both_had_until()
        if until < self.now and self.now >= until + GAP:
            return "connection_lost", until, until + GAP
        left = self.affordable() - self.connected_by(self.now)
        if left <= 0:
            limited = self.max_tokens is not None and self.tokens >= self.max_tokens
            reason = "limit_reached" if limited else "funds_exhausted"
            return reason, min(until, self.now + left), self.now + left
        return None
