"""What time does to a call: the next thing to do, and when. Pure functions of the facts and the rules.

The sweeper applies these decisions. They are taken from the database's clock under the call's lock, so any
process may take them, twice or late: a late decision settles to the moment that it should have been taken.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from stagedoor.calls.model import EndReason, Facts
from stagedoor.settings import Calls as Rules

VISIT_SECONDS = 10  # an active call is looked at this often, for presence
MARGIN_SECONDS = 30  # the hold is extended this long before it is used up


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now: extend the hold, warn, settle; and when to look again if the call goes on."""

    due_at: datetime
    hold_tokens: int = 0  # the hold that the call should have by now; 0 leaves it as it is
    funds_low: bool = False
    settle_until: datetime | None = None
    reason: EndReason | None = None


def seconds_covered(tokens: int, rate: int, increment: int) -> int:
    """The longest connected time in whole increments that `tokens` pay for at `rate` tokens a minute."""
    return tokens * 60 // rate // increment * increment


def tokens_for(seconds: float, rate: int) -> int:
    """The price of `seconds`, rounded up to a whole token."""
    return -(-int(seconds * rate) // 60)


def funds(facts: Facts) -> int:
    """All that this call may cost: what is held, what could still be held, and the fan's own limit."""
    total = facts.held_tokens + facts.fan_available_tokens
    return total if facts.max_tokens is None else min(total, facts.max_tokens)


def seconds_left(facts: Facts) -> float:
    """Connected seconds until the funds are used up; negative when they have been."""
    covered = seconds_covered(funds(facts), facts.tokens_per_minute, facts.increment_seconds)
    return covered - facts.connected.total_seconds()


def credential_seconds(facts: Facts, rules: Rules) -> int:
    """How long media credentials may live: what the funds still pay for, and one wait for media, which is free."""
    return math.ceil(max(0.0, seconds_left(facts))) + max(rules.connect_seconds, rules.gap_seconds)


def both_had_until(facts: Facts) -> datetime:
    """Until when both sides are known to have had media: what a bill never goes past."""
    return min(facts.had_until("creator"), facts.had_until("fan"))


def plan(facts: Facts, rules: Rules) -> Plan:
    """The plan for an answered call (`connecting`, `reconnecting` or `active`)."""
    if facts.state == "connecting":
        return _connecting(facts, rules)
    if facts.state == "reconnecting":
        return _reconnecting(facts, rules)
    return _active(facts, rules)


def _connecting(facts: Facts, rules: Rules) -> Plan:
    assert facts.accepted_at is not None
    due = facts.accepted_at + timedelta(seconds=rules.connect_seconds)
    return Plan(due, settle_until=facts.now, reason="no_connection") if facts.now >= due else Plan(due)


def _reconnecting(facts: Facts, rules: Rules) -> Plan:
    assert facts.gap_since is not None
    gap_due = facts.gap_since + timedelta(seconds=rules.gap_seconds)
    total_due = facts.gap_since + gaps_left(facts, rules)
    due = min(gap_due, total_due)
    if facts.now < due:
        return Plan(due)
    return Plan(
        due, settle_until=facts.gap_since, reason="connection_lost" if gap_due <= total_due else "gaps_exceeded"
    )


def gaps_left(facts: Facts, rules: Rules) -> timedelta:
    """How much longer this call may be without media, before the gap that is open now (if any)."""
    assert facts.connected_at is not None
    gap_began = facts.gap_since or facts.now
    gaps_before = max(timedelta(0), gap_began - facts.connected_at - facts.connected)
    return max(timedelta(0), timedelta(seconds=rules.gaps_total_seconds) - gaps_before)


def _active(facts: Facts, rules: Rules) -> Plan:
    now = facts.now
    until = both_had_until(facts)
    lost_at = until + timedelta(seconds=rules.gap_seconds)
    if until < now and now >= lost_at:
        return Plan(now, settle_until=until, reason="connection_lost")
    connected = facts.connected.total_seconds()
    covered = seconds_covered(facts.held_tokens, facts.tokens_per_minute, facts.increment_seconds)
    wanted = 0
    if covered - connected < MARGIN_SECONDS and facts.held_tokens < funds(facts):
        ahead = tokens_for(connected + rules.hold_minutes * 60, facts.tokens_per_minute)
        wanted = min(funds(facts), max(ahead, facts.held_tokens + 1))
        covered = seconds_covered(wanted, facts.tokens_per_minute, facts.increment_seconds)
    left = seconds_left(facts)
    if left <= 0:
        used_up_at = min(until, now + timedelta(seconds=left))
        limited = facts.max_tokens is not None and funds(facts) >= facts.max_tokens
        return Plan(now, wanted, settle_until=used_up_at, reason="limit_reached" if limited else "funds_exhausted")
    low = left <= rules.funds_low_seconds
    waits = [VISIT_SECONDS, left]
    if wanted or facts.held_tokens < funds(facts):
        waits.append(max(0.2, covered - connected - MARGIN_SECONDS))
    if not low:
        waits.append(left - rules.funds_low_seconds)
    due = now + timedelta(seconds=min(waits))
    return Plan(min(due, lost_at) if until < now else due, wanted, funds_low=low)
