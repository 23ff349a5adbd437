"""What time does to a call, at the very millisecond: before, at, and after each limit."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.calls.clock import both_had_until, plan, seconds_covered, seconds_left, tokens_for
from stagedoor.calls.model import Facts
from stagedoor.settings import Calls as Rules
from tests.laws.expected import SECOND, affordable, price

RULES = Rules()
START = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
TICK = timedelta(milliseconds=1)
BOUNDARIES = [0, 1, 59, 60, 61, 119, 120, 121]


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def call(now: datetime, **facts: Any) -> Facts:
    """An active call at 12 tokens a minute, both there, with an hour's funds, connected since START."""
    usual: dict[str, Any] = {
        "id": uuid.uuid4(),
        "creator_id": uuid.uuid4(),
        "fan_id": uuid.uuid4(),
        "call_type": "video",
        "state": "active",
        "end_reason": None,
        "tokens_per_minute": 12,
        "fee_basis_points": 0,
        "increment_seconds": 1,
        "max_tokens": None,
        "media_provider": "webrtc",
        "channel": "call",
        "version": 3,
        "created_at": START,
        "accepted_at": START,
        "connected_at": START,
        "gap_since": None,
        "ended_at": None,
        "due_at": now,
        "call_back_at": None,
        "funds_low": False,
        "quiet": False,
        "billable_seconds": 0,
        "tokens_charged": 0,
        "invitation_state": "accepted",
        "expires_at": START,
        "now": now,
        "creator_has_media": True,
        "creator_seen_at": now,
        "creator_presence_seconds": 30,
        "creator_device_id": None,
        "creator_epoch": 0,
        "fan_has_media": True,
        "fan_seen_at": now,
        "fan_presence_seconds": 30,
        "fan_device_id": None,
        "fan_epoch": 0,
        "connected": now - START,
        "held_tokens": 24,
        "fan_available_tokens": 720 - 24,
    }
    return Facts(**(usual | facts))


@pytest.mark.parametrize(("presence", "until"), [(3, 100), (12, 102), (30, 102)])
@pytest.mark.parametrize("role", ["creator", "fan"])
def test_a_side_that_says_so_had_media_until_its_last_word_and_another_while_it_is_there(
    role: str, presence: int, until: int
) -> None:
    facts = call(at(102), **{f"{role}_seen_at": at(100), f"{role}_presence_seconds": presence})
    assert both_had_until(facts) == at(until)
    assert facts.is_there("creator") and facts.is_there("fan")


@given(st.integers(0, 10**7), st.sampled_from([1, 7, 12, 60, 61, 100_000]), st.sampled_from([1, 6, 60]))
def test_what_tokens_cover_is_the_longest_time_that_they_pay_for(tokens: int, rate: int, increment: int) -> None:
    covered = seconds_covered(tokens, rate, increment)
    assert covered * SECOND == affordable(tokens, rate, increment)
    assert tokens_for(covered, rate) <= tokens < price(covered + increment, rate)


@pytest.mark.parametrize("seconds", BOUNDARIES)
@pytest.mark.parametrize("rate", [1, 7, 12, 60, 61, 100_000])
def test_a_price_is_rounded_up_to_the_token(seconds: int, rate: int) -> None:
    assert tokens_for(seconds, rate) == price(seconds, rate)
    assert 60 * (tokens_for(seconds, rate) - 1) < seconds * rate <= 60 * tokens_for(seconds, rate)


def test_an_answered_call_that_never_connects_fails_at_thirty_seconds() -> None:
    before = plan(call(at(30) - TICK, state="connecting"), RULES)
    assert (before.due_at, before.reason) == (at(30), None)
    for now in (at(30), at(300)):
        assert plan(call(now, state="connecting"), RULES).reason == "no_connection"


@pytest.mark.parametrize(
    ("gaps_before", "limit", "reason"),
    [(0, 30, "connection_lost"), (60, 30, "connection_lost"), (61, 29, "gaps_exceeded"), (90, 0, "gaps_exceeded")],
)
def test_a_gap_ends_the_call_at_thirty_seconds_or_when_all_gaps_make_ninety(
    gaps_before: int, limit: int, reason: str
) -> None:
    gap_since = at(1000)
    facts: dict[str, Any] = {
        "state": "reconnecting",
        "gap_since": gap_since,
        "connected": timedelta(seconds=1000 - gaps_before),
    }
    end = gap_since + timedelta(seconds=limit)
    if limit:
        before = plan(call(end - TICK, **facts), RULES)
        assert (before.due_at, before.reason) == (end, None)
    for now in (end, end + timedelta(hours=1)):
        found = plan(call(now, **facts), RULES)
        assert (found.reason, found.settle_until) == (reason, gap_since)


@pytest.mark.parametrize("role", ["creator", "fan"])
@pytest.mark.parametrize("presence", [3, 12, 30])
def test_a_silent_side_ends_the_call_thirty_seconds_after_its_last_sign(role: str, presence: int) -> None:
    seen = {f"{role}_seen_at": at(100), f"{role}_presence_seconds": presence}
    assert plan(call(at(100 + presence), **seen), RULES).reason is None
    before = plan(call(at(130) - TICK, **seen), RULES)
    assert before.reason is None
    assert before.due_at <= (at(130) if presence < 30 else at(140))
    found = plan(call(at(130) if presence < 30 else at(130) + TICK, **seen), RULES)
    assert (found.reason, found.settle_until) == ("connection_lost", at(100))


@pytest.mark.parametrize("limit", [None, 24])
def test_the_call_ends_at_the_second_that_its_funds_pay_for(limit: int | None) -> None:
    funds = {"held_tokens": 24, "fan_available_tokens": 0 if limit is None else 500, "max_tokens": limit}
    before = plan(call(at(120) - TICK, **funds), RULES)
    assert (before.due_at, before.reason) == (at(120), None)
    for late in (0, 0.001, 7, 29):
        found = plan(call(at(120 + late), **funds), RULES)
        assert found.reason == ("funds_exhausted" if limit is None else "limit_reached")
        assert found.settle_until == at(120)


def test_a_vanished_side_is_not_charged_to_the_end_of_the_funds() -> None:
    facts = call(at(130), held_tokens=24, fan_available_tokens=0, fan_seen_at=at(110), fan_presence_seconds=3)
    assert plan(facts, RULES).settle_until == at(110)


@pytest.mark.parametrize(("left", "low"), [(61, False), (60.001, False), (60, True), (59, True), (1, True)])
def test_funds_are_low_from_sixty_seconds_on(left: float, low: bool) -> None:
    facts = call(at(120 - left), held_tokens=24, fan_available_tokens=0)
    assert seconds_left(facts) == left
    found = plan(facts, RULES)
    assert found.funds_low is low
    if not low:
        assert found.due_at <= at(60), "the warning is not late"


@pytest.mark.parametrize(("connected", "extends"), [(0, False), (90, False), (90.001, True), (119, True), (500, True)])
def test_the_hold_is_extended_half_a_minute_before_it_is_used_up(connected: float, extends: bool) -> None:
    found = plan(call(at(connected)), RULES)
    assert (found.hold_tokens > 24) is extends
    if extends:
        assert found.hold_tokens == min(720, tokens_for(connected + 120, 12))
    else:
        assert found.due_at <= max(at(90), at(connected + 0.2))


@given(
    connected=st.floats(0, 4000),
    held=st.integers(1, 1000),
    available=st.integers(0, 1000),
    limit=st.none() | st.integers(1, 1000),
    increment=st.sampled_from([1, 60]),
    unseen=st.floats(0, 100),
)
def test_every_plan_is_soon_and_holds_no_more_than_the_call_may_cost(
    connected: float, held: int, available: int, limit: int | None, increment: int, unseen: float
) -> None:
    now = at(connected)
    facts = call(
        now,
        held_tokens=held if limit is None else min(held, limit),
        fan_available_tokens=available,
        max_tokens=limit,
        increment_seconds=increment,
        fan_seen_at=now - timedelta(seconds=unseen),
    )
    found = plan(facts, RULES)
    most = facts.held_tokens + available if limit is None else min(facts.held_tokens + available, limit)
    assert found.hold_tokens <= most
    if found.reason is None:
        assert now <= found.due_at <= now + timedelta(seconds=10)
    else:
        assert found.settle_until is not None and found.settle_until <= now
        assert replace(found, settle_until=None).reason in ("connection_lost", "funds_exhausted", "limit_reached")
