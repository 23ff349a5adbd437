"""The money's laws under generated stories: rings, gaps, lost clients, devices, tips, limits, a late sweeper.

What a call should cost comes from tests/laws/expected.py, which knows the rules and not the code.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from stagedoor.core.problems import Refusal
from stagedoor.settings import Settings
from tests.laws.expected import SECOND, VISIT, Expected, Role, price
from tests.laws.pair import Pair, World
from tests.laws.stopped_clock import stopped_database
from tests.laws.stories import tell

ROLES = st.sampled_from(["creator", "fan"])
# The fan's limit, in terms of the price that she sees: the first increment's, half a minute's, and so on.
LIMITS = st.sampled_from([None, None, "least", "half", "minute", "minute and one", "three minutes"])
DEVICES = st.sampled_from(["phone", "laptop"])
RATES = [1, 7, 12, 60, 61, 100_000]
BOUNDARIES = [0, 1, 59, 60, 61, 119, 120, 121]
TICKS = st.sampled_from(
    [*(s * SECOND for s in [*BOUNDARIES, 2, 3, 4, 10, 12, 13, 29, 30, 31, 90]), 1, 999, 1001, 59_999, 60_001]
)


class Money(RuleBasedStateMachine):
    """One pair, one call after another, and the bill that each should have."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.call_id: uuid.UUID | None = None
        self.call: Expected | None = None
        self.over: dict[uuid.UUID, Any] = {}
        self.spent = 0
        self.funds_moved = False

    # ── The world ──────────────────────────────────────────────────────────────────────────────

    @initialize(
        rate=st.sampled_from(RATES),
        increment=st.sampled_from([1, 60]),
        fee=st.sampled_from([0, 1500, 10_000]),
        minutes=st.sampled_from([0, 1, 2, 3, 5, 40]),
        odd=st.integers(0, 5),
    )
    def people(self, rate: int, increment: int, fee: int, minutes: int, odd: int) -> None:
        self.rate, self.increment, self.fee = rate, increment, fee
        self.tokens = rate * minutes + odd
        self.pair = Pair(self.world, rate=rate, increment=increment, fee=fee, tokens=self.tokens)
        self.now = 0

    @rule(by=TICKS)
    def time_passes(self, by: int) -> None:
        self.now += by
        self.pair.later(by)
        if self.call is not None:
            self.call.now = self.now

    @rule(tokens=st.sampled_from([1, 12, 61, 500, -1, -7, -60, -1000]))
    def tokens_move(self, tokens: int) -> None:
        """The fan tops up, or tips somebody as long as she can."""
        if tokens > 0:
            self.pair.top_up(tokens)
            self._moves(tokens)
            return
        held = self.pair.value("SELECT held FROM ledger_accounts WHERE owner_id = $1", self.pair.fan.id) or 0
        can = self.tokens - held >= -tokens
        assert self.pair.tip(-tokens) == can, "what is free can be spent, and nothing else"
        if can:
            self.spent -= tokens
            self._moves(tokens)

    def _moves(self, tokens: int) -> None:
        self.tokens += tokens
        self.funds_moved = True
        if self.call is not None:
            self.call.tokens = self.tokens

    # ── The call ───────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.call is None)
    @rule(how=st.sampled_from(["rings", "accepted", "connected", "connected"]), device=DEVICES, limit=LIMITS)
    def begins(self, how: str, device: str, limit: str | None) -> None:
        self.call_id = self.pair.ring()
        self.call = Expected(self.rate, self.increment, self.now, self.tokens)
        if how != "rings":
            self.accepts(device, limit)
        if how == "connected" and self.call.is_live:
            self._both_have_media()

    def _both_have_media(self) -> None:
        self.has_media("creator")
        if self.call is not None:
            self.has_media("fan")

    @precondition(lambda self: self.call is not None and self.call.state == "ringing")
    @rule(device=st.none() | DEVICES, limit=LIMITS)
    def accepts(self, device: str | None, limit: str | None) -> None:
        assert self.call is not None and self.call_id is not None
        most = self._limit(limit)
        refused = self._refuses(lambda call: self.pair.accept(call, most, device))
        if self.call.now >= self.call.rang + 120 * SECOND:
            assert refused == "INVITATION_EXPIRED"
        elif self.tokens < self.rate:
            assert refused == "INSUFFICIENT_TOKENS"
        elif most is not None and most < price(self.increment, self.rate):
            assert refused == "VALIDATION_FAILED"
        else:
            assert refused is None
            self.call.accept(most, device)

    def _limit(self, choice: str | None) -> int | None:
        limits = {"half": self.rate // 2, "minute": self.rate, "minute and one": self.rate + 1}
        limits |= {"least": price(self.increment, self.rate), "three minutes": 3 * self.rate}
        return None if choice is None else max(1, limits[choice])

    @precondition(lambda self: self.call is not None and self.call.state == "ringing")
    @rule(verb=st.sampled_from(["decline", "cancel"]))
    def is_not_answered(self, verb: str) -> None:
        assert self.call is not None
        refused = self._refuses(getattr(self.pair, verb))
        if self.call.now >= self.call.rang + 120 * SECOND:
            assert refused == "INVITATION_EXPIRED"
        else:
            self.call.state = self.call.reason = "declined" if verb == "decline" else "cancelled"
            self._is_over()

    @precondition(lambda self: self.call is not None and self.call.is_live)
    @rule(role=ROLES)
    def has_media(self, role: Role) -> None:
        assert self.call is not None
        assert self._refuses(lambda call: self.pair.has_media(call, role)) is None
        self.call.has_media(role)
        if self.call.is_over:
            self._is_over()

    @precondition(lambda self: self.call is not None and self.call.is_live)
    @rule(role=ROLES, silent=st.sampled_from([0, 0, 1500, 5 * SECOND]))
    def loses_media(self, role: Role, silent: int) -> None:
        assert self.call is not None
        assert self._refuses(lambda call: self.pair.lost_media(call, role, silent / SECOND)) is None
        self.call.lost_media(role, silent)

    @precondition(lambda self: self.call is not None and self.call.is_live)
    @rule(role=ROLES, device=DEVICES)
    def joins(self, role: Role, device: str) -> None:
        assert self.call is not None
        assert self._refuses(lambda call: self.pair.join(call, role, device)) is None
        self.call.another_device(role, device)

    @precondition(lambda self: self.call is not None and self.call.is_live)
    @rule(role=ROLES, sign=st.sampled_from(["alive", "holds_a_socket"]))
    def is_heard_of(self, role: Role, sign: str) -> None:
        assert self.call is not None
        if sign == "alive":
            assert self._refuses(lambda call: self.pair.alive(call, role)) is None
            self.call.alive(role)
        else:
            self.pair.holds_a_socket(role)
            self.call.holds_a_socket(role)

    @precondition(lambda self: self.call is not None and self.call.is_live)
    @rule(seconds=st.lists(st.sampled_from([1, 9, 20, 29]), min_size=1, max_size=5), swept=st.booleans())
    def both_talk(self, seconds: list[int], swept: bool) -> None:
        """The quiet middle of a call: both are there, and the sweeper runs, or is late."""
        for some in seconds:
            self.time_passes(some * SECOND)
            if self.call is not None and self.call.is_live:
                self._both_have_media()
            if swept and self.call is not None:
                self.sweeps()

    @precondition(lambda self: self.call is not None)
    @rule(offset=st.sampled_from([-1, 0, 0, 1, 5 * SECOND]))
    def comes_to_the_moment(self, offset: int) -> None:
        """Just before, exactly at, and just after something is owed; an active call is kept going until then."""
        assert self.call is not None
        moment = self.call.next_moment() + offset
        if self.call.state == "active" and moment - self.now > 300 * SECOND:
            return  # a long way to go
        while self.call is not None and self.call.state == "active" and self.now < moment:
            self.time_passes(min(29 * SECOND, moment - self.now))
            self._both_have_media()
        if self.call is not None and self.now < moment:
            self.time_passes(moment - self.now)
        self.sweeps()

    @precondition(lambda self: self.call is not None and self.call.state == "active")
    @rule(role=ROLES, seconds=st.sampled_from([0, 2, 4, 12, 13, 29, 30, 31]))
    def falls_silent(self, role: Role, seconds: int) -> None:
        """One side said that it was alive, and then no more; the sweeper comes by."""
        self.is_heard_of(role, "alive")
        self.time_passes(seconds * SECOND)
        self.sweeps()

    @precondition(lambda self: self.call is not None and self.call.state in ("active", "reconnecting"))
    @rule(gaps=st.lists(st.sampled_from([1, 15, 29]), min_size=1, max_size=5), role=ROLES)
    def loses_media_for(self, gaps: list[int], role: Role) -> None:
        for seconds in gaps:
            if self.call is not None:
                self.loses_media(role, 0)
                self.time_passes(seconds * SECOND)
                self.sweeps()
            if self.call is not None:
                self._both_have_media()
                self.time_passes(SECOND)

    @precondition(lambda self: self.call is not None)
    @rule(how=st.sampled_from(["hangs up", "hangs up", "blocks"]), role=ROLES, seconds=st.sampled_from(BOUNDARIES))
    def ends(self, how: str, role: Role, seconds: int) -> None:
        """An active call: a whole number of seconds after the clock began to run, with both there to the end."""
        call = self.call
        assert call is not None
        if call.running_since is not None and self.now < call.running_since + seconds * SECOND:
            self.time_passes(call.running_since + seconds * SECOND - self.now)
            self._both_have_media()
        ringing, reason = call.state == "ringing", f"{role}_hung_up"
        if how == "blocks":
            self.pair.block(role)
            call.state, reason = "cancelled" if ringing else call.state, f"blocked_by_{role}"
        else:
            assert self._refuses(lambda call_id: self.pair.end(call_id, role)) is None
            if ringing:
                call.state = reason = "cancelled" if role == "creator" else "declined"
        if ringing:
            call.reason = reason
        else:
            call.end(reason)
        self._is_over()
        self.pair.unblock()

    @precondition(lambda self: self.call is not None)
    @rule()
    def sweeps(self) -> None:
        """What time owes the call happens exactly when it should; at the latest at the sweeper's next visit."""
        assert self.call is not None
        due_at = self.pair.value(
            "SELECT extract(epoch FROM at - due_at) FROM calls, stopped_clock WHERE id = $1", self.call_id
        )
        owed = self.call.owed()
        if owed is not None and due_at < 0:
            reason, _, since = owed
            assert reason == "connection_lost" or self.funds_moved, f"{reason} is owed and not planned"
            assert self.now - since < VISIT and due_at * SECOND > -VISIT
        self.pair.sweep()
        self.funds_moved = self.funds_moved and due_at < 0
        if owed is not None and due_at >= 0:
            reason, moment, _ = owed
            if reason == "expired":
                self.call.state, self.call.reason = "missed", "expired"
            else:
                self.call.end(reason, moment)
            self._is_over()

    def _refuses(self, verb: Any) -> str | None:
        try:
            verb(self.call_id)
        except Refusal as refusal:
            return refusal.code
        return None

    def _is_over(self) -> None:
        """Compare the bill, and remember the row: it never changes again."""
        call = self.call
        assert call is not None and self.call_id is not None
        row = self._row(self.call_id)
        assert (row["state"], row["end_reason"]) == (call.state, call.reason)
        assert (row["billable_seconds"], row["tokens_charged"]) == (call.seconds, call.charge)
        if call.accepted is None:
            assert row["hold"] is None
        else:
            assert row["tokens_charged"] <= row["hold"] <= min(self.tokens, call.max_tokens or self.tokens)
        self.spent += call.charge
        self.tokens -= call.charge
        self.over[self.call_id] = row
        self.call = self.call_id = None

    def _row(self, call_id: uuid.UUID) -> dict[str, Any]:
        return dict(
            self.pair.sql(
                "SELECT c.*, h.amount AS hold, h.captured, h.closed_at FROM calls c"
                " LEFT JOIN ledger_holds h ON h.call_id = c.id AND h.purpose = 'call' WHERE c.id = $1",
                call_id,
            )[0]
        )

    # ── The laws ───────────────────────────────────────────────────────────────────────────────

    @invariant()
    def the_laws_hold(self) -> None:
        self._running_calls_are_as_expected()
        self._what_is_over_never_changes()
        self._the_wallet_is_its_entries()

    def _running_calls_are_as_expected(self) -> None:
        if self.call is None or self.call_id is None:
            return
        row = self._row(self.call_id)
        assert (row["state"], row["end_reason"]) == (self.call.state, self.call.reason)
        assert row["due_at"] is not None, "a call that runs is always due some time"
        if self.call.is_live:
            assert row["hold"] is not None and row["closed_at"] is None and row["captured"] == 0
            assert row["hold"] <= min(self.tokens, self.call.max_tokens or self.tokens)

    def _what_is_over_never_changes(self) -> None:
        for call_id, before in self.over.items():
            row = self._row(call_id)
            assert row == before
            assert row["due_at"] is None and row["ended_at"] is not None
            assert row["hold"] is None or (row["closed_at"] is not None and row["captured"] == row["tokens_charged"])

    def _the_wallet_is_its_entries(self) -> None:
        wallet = self.world.run(self.pair.wallets.balance(self.pair.fan.id))
        assert wallet.balance == self.tokens and 0 <= wallet.held <= wallet.balance
        entries, _ = self.world.run(self.pair.wallets.entries(self.pair.fan.id, None, 100))
        assert sum(entry.tokens for entry in entries) == self.tokens
        fees = sum(row["tokens_charged"] * self.fee // 10_000 for row in self.over.values())
        assert self.world.run(self.pair.wallets.balance(self.pair.creator.id)).balance == self.spent - fees

    def teardown(self) -> None:
        if self.call_id is not None:
            self.pair.end(self.call_id, "fan")
        assert self.world.sql("SELECT * FROM ledger_audit()") == []


@pytest.fixture
async def stopped(server: str) -> Any:
    async with stopped_database(server) as dsn:
        yield dsn


@pytest.fixture
def world(settings: Settings, stopped: str) -> Iterator[World]:
    found = World(settings, stopped)
    yield found
    found.close()


def test_every_story_is_billed_as_the_rules_say(world: World) -> None:
    tell(lambda: Money(world), stories=50, steps=20)
    assert world.value("SELECT coalesce(sum(amount), 0) FROM ledger_entries") == 0
    assert world.value("SELECT count(*) FROM ledger_accounts WHERE kind = 'user' AND posted < held") == 0
