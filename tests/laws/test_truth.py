"""Two honest clients, two processes that die, and a network that loses, doubles and reorders: who is billed, for what?

The model knows what the house cannot: when both really had media. Whatever is lost on the way,

* nobody is billed for more than that, whoever says or hides what. (A blip of up to 2 s that neither client notices is
  no gap: it is media that came late);
* nobody is billed for less, but for what was not said yet: the time until both had said that media arrives, and one
  heartbeat (1 s; 2 s if that word was lost with its process) each time that media stops or the call ends;
* there is one outcome, recorded step by step without a hole; no hold is open afterwards; the books are right;
* a client that missed nothing knows what one knows that has just asked, whatever the order in which it heard it; a
  client that missed something knows it as soon as it has asked.
"""

import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
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
from stagedoor.events.journal import Elsewhere
from stagedoor.settings import Settings
from tests.laws.expected import SECOND, Role, affordable, price, started
from tests.laws.network import Network
from tests.laws.pair import Pair, World
from tests.laws.stopped_clock import stopped_database
from tests.laws.stories import tell
from tests.laws.test_replay_equals_refetch import Listener

BOTH: tuple[Role, Role] = ("creator", "fan")
ROLES = st.sampled_from(BOTH)
# What becomes of a request: done; done, its answer lost, and sent again to whichever process is there;
# done by a process that dies before it told anybody, and sent again to the other.
FATES = st.sampled_from(["done", "done", "answer lost", "process dies"])
TALKS = st.sampled_from([1, 2, 29, 59, 60, 61, 119, 120, 121])
STORY = """
SELECT c.*, h.amount AS hold, h.captured, h.closed_at, call_connected(c.id, clock_timestamp()) AS connected,
    (SELECT count(*) FROM call_segments s WHERE s.call_id = c.id AND s.ended_at IS NULL) AS open_segments,
    (SELECT array_agg(e.version ORDER BY e.version) FROM events e WHERE e.call_id = c.id
        AND e.type NOT IN ('call.funds_low', 'call.taken_over')) AS told
FROM calls c LEFT JOIN ledger_holds h ON h.call_id = c.id AND h.purpose = 'call' WHERE c.id = $1
"""


class Truth(RuleBasedStateMachine):
    def __init__(self, worlds: list[World]) -> None:
        super().__init__()
        self.worlds = worlds
        self.network = Network()
        for world in worlds:
            world.house.relay._sinks = [self.network]
        self.call_id: uuid.UUID | None = None
        self.over: dict[uuid.UUID, Any] = {}

    @initialize(
        rate=st.sampled_from([1, 7, 12, 60, 61]),
        increment=st.sampled_from([1, 1, 60]),
        minutes=st.sampled_from([2, 3, 40]),
        chance=st.integers(0, 2**16),
    )
    def people(self, rate: int, increment: int, minutes: int, chance: int) -> None:
        self.rate, self.increment, self.tokens = rate, increment, rate * minutes
        self.pair = Pair(self.worlds[0], rate=rate, increment=increment, fee=1000, tokens=self.tokens)
        self.clients: dict[Role, Listener] = {role: Listener() for role in BOTH}
        self.missed: dict[Role, bool] = dict.fromkeys(BOTH, False)
        self.chance = random.Random(chance)
        self.now = 0

    # ── Processes and the network ──────────────────────────────────────────────────────────────

    def _ask(self, fate: str, verb: Callable[[], Any]) -> str | None:
        """The refusal's code, or None. Whoever asks again, because no answer came, is told no other thing."""
        journal = self.pair.world.house.journal
        publisher = journal._publisher
        if fate == "process dies":
            journal._publisher = Elsewhere()
        try:
            refused = self._once(verb)
        finally:
            journal._publisher = publisher
        if fate == "process dies":
            self.another_process()
        if fate != "done":
            again = self._once(verb)
            assert again == refused or (refused is None and again == "CALL_ENDED"), (refused, again)
        return refused

    def _once(self, verb: Callable[[], Any]) -> str | None:
        try:
            verb()
        except Refusal as refusal:
            return refusal.code
        finally:
            self.pair.world.run(self.pair.world.house.relay.drain())
        return None

    @rule()
    def another_process(self) -> None:
        there = self.worlds.index(self.pair.world)
        self.pair.served_by(self.worlds[1 - there])

    @rule(fates=st.lists(st.sampled_from(["heard", "heard", "twice", "later", "lost"]), min_size=1, max_size=6))
    def messages_arrive(self, fates: list[str]) -> None:
        """In any order."""
        self.chance.shuffle(self.network.under_way)
        waiting, self.network.under_way = self.network.under_way, []
        for number, message in enumerate(waiting):
            fate = fates[number % len(fates)]
            if fate == "later":
                self.network.under_way.append(message)
            for _ in range({"heard": 1, "twice": 2}.get(fate, 0)):
                self._hears(message)
            if fate == "lost":
                for role in self._whose(message):
                    self.missed[role] = True

    def _whose(self, message: tuple[str, str, dict[str, Any]]) -> list[Role]:
        return [role for role in BOTH if message[0] in (f"{r}:{self.pair.who(role).id}" for r in BOTH)]

    def _hears(self, message: tuple[str, str, dict[str, Any]]) -> None:
        for role in self._whose(message):
            self.clients[role].hears(message[1], message[2])

    @rule(role=ROLES)
    def reconnects(self, role: Role) -> None:
        """Reads what goes on, and how that ended which it had thought of as going on."""
        person, client = self.pair.who(role).id, self.clients[role]
        current = self.pair.world.run(self.pair.reader.current(person))
        for call_id in {*client.calls, *(str(call.id) for call in current)}:
            read = self.pair.world.run(self.pair.reader.one(person, uuid.UUID(call_id)))
            client.calls[call_id] = {"version": read.version, "state": read.state}
        self.missed[role] = False

    # ── The call ───────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.call_id is None)
    @rule(ring=FATES, accept=FATES, limit=st.sampled_from([None, None, "minute", "two"]))
    def begins(self, ring: str, accept: str, limit: str | None) -> None:
        key, rung = uuid.uuid4().hex, []
        refused = self._ask(ring, lambda: rung.append(self.pair.ring(key)))
        if self.tokens < self.rate:
            refused = refused or "INSUFFICIENT_TOKENS"
        assert len(set(rung)) == 1, "a press is one ring"
        self.call_id = rung[0]
        self.limit = None if limit is None else self.rate * (1 if limit == "minute" else 2)
        said = self._ask(accept, lambda: self.pair.accept(rung[0], self.limit, "phone"))
        assert said == refused
        self.flows, self.truth, self.unsaid, self.too_little = False, 0, 0, 0
        if said is not None:
            self.pair.decline(rung[0])
            self._looks()

    @precondition(lambda self: self.call_id is not None and not self.flows)
    @rule(
        fates=st.tuples(FATES, FATES),
        late=st.sampled_from([0, 0, 500, 2 * SECOND]),
        first=ROLES,
    )
    def media_arrives(self, fates: tuple[str, str], late: int, first: Role) -> None:
        """At both; and one says so at once, the other somewhat later."""
        self.flows = True
        second: Role = "fan" if first == "creator" else "creator"
        for role, fate in ((first, fates[0]), (second, fates[1])):
            if self.call_id is not None:
                self._ask(fate, lambda role=role: self.pair.has_media(self.call_id, role, heartbeat=True))  # type: ignore[misc]
                self._looks()
            if role == first:
                self._passes(late)
        self._both_alive()

    @precondition(lambda self: self.call_id is not None and self.flows)
    @rule(seconds=TALKS, swept=st.booleans())
    def they_talk(self, seconds: int, swept: bool) -> None:
        while seconds > 0 and self.call_id is not None:
            some = min(29, seconds)
            self._passes(some * SECOND)
            self._both_alive()
            if swept:
                self.sweeps()
            seconds -= some

    @precondition(lambda self: self.call_id is not None and self.flows)
    @rule(blip=st.sampled_from([100, SECOND, 2 * SECOND]))
    def nobody_notices(self, blip: int) -> None:
        """Media comes late, and before anybody calls it lost."""
        self._passes(blip)
        self._both_alive()

    @precondition(lambda self: self.call_id is not None and self.flows)
    @rule(
        since=st.sampled_from([0, 300, 999]),
        silent=st.sampled_from([0, 1500, 3000, 4500]),
        held_up=st.sampled_from([0, 0, SECOND, 20 * SECOND]),
        says=st.sampled_from([("creator",), ("fan",), BOTH, BOTH]),
        fate=FATES,
        word_lost=st.booleans(),
    )
    def media_stops(
        self, since: int, silent: int, held_up: int, says: tuple[Role, ...], fate: str, word_lost: bool
    ) -> None:
        """Some time after the last heartbeat. After a silence it is noticed and said, by one who may be cut off
        meanwhile, or by both; the other of two words comes when all is over."""
        if word_lost:
            self._passes(SECOND)
        self._passes(since)
        self.flows, stopped_at = False, self.now
        self.too_little += since + (SECOND if word_lost else 0)
        for role in says:
            if self.call_id is not None:
                self._passes(silent + held_up)
                said = min(5 * SECOND, self.now - stopped_at) / SECOND
                self._ask(fate, lambda role=role, said=said: self.pair.lost_media(self.call_id, role, said))  # type: ignore[misc]
                self._looks()

    @precondition(lambda self: self.call_id is not None and not self.flows)
    @rule(role=ROLES)
    def a_stale_word_arrives(self, role: Role) -> None:
        """`connected`, said long ago; and the honest client says so, once it hears of it."""
        assert self.call_id is not None
        self._once(lambda: self.pair.has_media(self.call_id, role, heartbeat=True))  # type: ignore[arg-type]
        self._looks()
        self._passes(SECOND)
        if self.call_id is not None:
            self._once(lambda: self.pair.lost_media(self.call_id, role, 0))  # type: ignore[arg-type]
            self._looks()

    @rule(by=st.sampled_from([1, 999, SECOND, 5 * SECOND, 29 * SECOND, 30 * SECOND, 31 * SECOND, 120 * SECOND]))
    def nothing_happens(self, by: int) -> None:
        if self.call_id is None or not self.flows:
            self._passes(by)
            self.sweeps()

    @rule()
    def sweeps(self) -> None:
        self.pair.sweep()
        self.pair.world.run(self.pair.world.house.relay.drain())
        self._looks()

    @precondition(lambda self: self.call_id is not None)
    @rule(
        role=ROLES,
        fate=FATES,
        how=st.sampled_from(["hangs up", "hangs up", "blocks"]),
        seconds=TALKS,
        on=st.booleans(),
        since=st.sampled_from([0, 300, 999, 2 * SECOND]),
        gone=st.booleans(),
    )
    def ends(self, role: Role, fate: str, how: str, seconds: int, on: bool, since: int, gone: bool) -> None:
        """While media flows, after so many more seconds of it; or just after it stopped, before anybody said so."""
        if on and self.flows:
            self.they_talk(seconds, swept=False)
        if self.call_id is None:
            return
        if self.flows:
            self.flows = not gone
            self._passes(since)
            self.too_little += since
        if how == "blocks":
            self.pair.block(role)
            self.pair.unblock()
        else:
            assert self._ask(fate, lambda: self.pair.end(self.call_id, role)) is None  # type: ignore[arg-type]
        self._looks()
        assert self.call_id is None, "who hangs up is out"

    # ── What the model keeps ───────────────────────────────────────────────────────────────────

    def _passes(self, milliseconds: int) -> None:
        if not milliseconds:
            return
        self.now += milliseconds
        self.pair.later(milliseconds)
        if self.call_id is not None and self.flows:
            self.truth += milliseconds
            if self.pair.value("SELECT state <> 'active' FROM calls WHERE id = $1", self.call_id):
                self.unsaid += milliseconds

    def _both_alive(self) -> None:
        for role in BOTH:
            if self.call_id is not None:
                self.pair.alive(self.call_id, role)

    def _looks(self) -> None:
        """Is it over? Then this is the bill, and it stays so."""
        if self.call_id is None:
            return
        row = self._row(self.call_id)
        if row["ended_at"] is None:
            return
        counted = round(row["connected"].total_seconds() * SECOND)
        assert counted <= self.truth, "billed for what nobody had"
        funds = affordable(min(self.tokens, self.limit or self.tokens), self.rate, self.increment)
        if row["end_reason"] in ("funds_exhausted", "limit_reached"):
            assert counted == funds
        else:
            assert counted >= min(self.truth - self.unsaid - self.too_little, funds), "not billed for what both had"
        assert row["billable_seconds"] == started(counted, self.increment)
        assert row["tokens_charged"] == price(row["billable_seconds"], self.rate) == (row["captured"] or 0)
        self.tokens -= row["tokens_charged"]
        self.over[self.call_id] = row
        self.call_id, self.flows = None, False

    def _row(self, call_id: uuid.UUID) -> dict[str, Any]:
        return dict(self.pair.sql(STORY, call_id)[0])

    # ── The laws ───────────────────────────────────────────────────────────────────────────────

    @invariant()
    def one_outcome_and_no_open_hold(self) -> None:
        for call_id, before in self.over.items():
            row = self._row(call_id)
            assert row == before, "what is over never changes"
            assert row["told"] == list(range(1, row["version"] + 1)), "every step on record, once"
            assert row["open_segments"] == 0
            assert row["hold"] is None or (row["closed_at"] is not None and row["captured"] == row["tokens_charged"])

    @invariant()
    def who_missed_nothing_knows_it_all(self) -> None:
        if self.network.under_way or self.pair.value("SELECT EXISTS (SELECT 1 FROM events WHERE published_at IS NULL)"):
            return
        for role in BOTH:
            if not self.missed[role]:
                self._knows_what_is(role)

    def _knows_what_is(self, role: Role) -> None:
        for call_id, known in self.clients[role].calls.items():
            read = self.pair.world.run(self.pair.reader.one(self.pair.who(role).id, uuid.UUID(call_id)))
            state = "ended" if read.state == "failed" and known["state"] == "ended" else read.state
            assert (known["version"], known["state"]) == (read.version, state), role

    @invariant()
    def the_wallet_is_what_is_left(self) -> None:
        wallet = self.pair.world.run(self.pair.wallets.balance(self.pair.fan.id))
        assert wallet.balance == self.tokens and 0 <= wallet.held <= wallet.balance

    def teardown(self) -> None:
        """The process that is left tells what the dead one did not; then everybody hears or asks."""
        if self.call_id is not None:
            self.ends("fan", "done", "hangs up", 1, on=False, since=0, gone=False)
        self._passes(2 * SECOND)
        relay = self.pair.world.house.relay
        while self.pair.world.run(relay.republish()):
            pass
        self.messages_arrive(["twice"])
        for role in BOTH:
            if self.missed[role]:
                self.reconnects(role)
            self._knows_what_is(role)
        assert self.pair.value("SELECT count(*) FROM events WHERE published_at IS NULL") == 0
        assert self.pair.sql("SELECT * FROM ledger_audit()") == []
        assert self.pair.value("SELECT count(*) FROM ledger_accounts WHERE kind = 'user' AND posted < held") == 0


@pytest.fixture
async def stopped(server: str) -> Any:
    async with stopped_database(server) as dsn:
        yield dsn


@pytest.fixture
def worlds(settings: Settings, stopped: str) -> Iterator[list[World]]:
    with ExitStack() as stack:
        found = [World(settings, stopped), World(settings, stopped)]
        for world in found:
            stack.callback(world.close)
        yield found


def test_whatever_is_lost_on_the_way_everybody_pays_for_what_was_there(worlds: list[World]) -> None:
    tell(lambda: Truth(worlds), stories=15, steps=16)
    assert worlds[0].value("SELECT coalesce(sum(amount), 0) FROM ledger_entries") == 0
