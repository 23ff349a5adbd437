"""Ways to break a call's life: who wins, who may, what is told, and who is there."""

from tests.mutants.laws import (
    ACCEPT_AGAINST,
    COOLDOWN,
    EVENTS,
    MEDIA,
    ONE_ACCEPT,
    ONE_CALL,
    ONE_RING,
    PERMISSION,
    REPLAY,
    TIME,
)
from tests.mutants.mutant import Mutant

SQL = "src/stagedoor/migrations/132_fan_privacy_and_calls.sql"
SERVICE = "src/stagedoor/calls/service.py"
QUERIES = "src/stagedoor/calls/queries.py"
RINGS = "src/stagedoor/migrations/150_one_call_a_verb.sql"
MEDIA_PY = "src/stagedoor/calls/media.py"
MEDIA_SQL = "src/stagedoor/calls/media_queries.py"
CLOCK = "src/stagedoor/calls/clock.py"
RELAY = "src/stagedoor/events/relay.py"
RACES = "tests/laws/test_races.py"
GUARDS = "tests/laws/test_guards.py"
ANSWER = "tests/calls/test_answer.py"
RING = "tests/calls/test_ring.py"
GAPS = "tests/calls/test_gaps.py"
HOSTILE = "tests/calls/test_hostile.py"

MUTANTS = [
    # ── One wins ───────────────────────────────────────────────────────────────────────────────
    Mutant(
        "accept locks nothing",
        ONE_ACCEPT,
        SQL,
        "    PERFORM 1 FROM call_invitations WHERE call_id = p_call FOR NO KEY UPDATE;\n"
        "    PERFORM 1 FROM calls WHERE id = p_call FOR NO KEY UPDATE;\n",
        "",
        (f"{RACES}::test_one_of_many_accepts_wins", f"{RACES}::test_accept_against_a_rival_has_one_outcome"),
    ),
    Mutant(
        "accept does not look whether it rings",
        ONE_ACCEPT,
        SERVICE,
        "                _still_ringing(facts)\n                await self._accept(",
        "                await self._accept(",
        (f"{RACES}::test_one_of_many_accepts_wins",),
    ),
    Mutant(
        "a call may go from any state to any",
        ONE_ACCEPT,
        SQL,
        "        PERFORM 1 FROM call_transitions WHERE from_state = OLD.state AND to_state = NEW.state;\n"
        "        IF NOT FOUND THEN",
        "        IF false THEN",
        ("tests/laws/test_transitions.py::test_every_other_move_is_refused_by_the_database",),
    ),
    Mutant(
        "the database takes an answer at the very end",
        ACCEPT_AGAINST,
        SQL,
        "clock_timestamp() >= OLD.expires_at",
        "clock_timestamp() > OLD.expires_at",
        (f"{GUARDS}::test_the_database_itself_refuses_an_answer_at_the_very_end",),
    ),
    Mutant(
        "the service takes an answer at the very end",
        ACCEPT_AGAINST,
        SERVICE,
        "facts.now >= facts.expires_at",
        "facts.now > facts.expires_at",
        (f"{ANSWER}::test_an_answer_until_the_last_millisecond_counts_and_none_after",),
    ),
    Mutant(
        "cancel and decline do not look whether it rings",
        ACCEPT_AGAINST,
        SERVICE,
        "            _still_ringing(facts)\n            version = await queries.answer(tx.db, facts.id, state, None)\n"
        "            data:",
        "            version = await queries.answer(tx.db, facts.id, state, None)\n            data:",
        (f"{RACES}::test_accept_against_a_rival_has_one_outcome",),
    ),
    Mutant(
        "an expired call is a cancelled one",
        ACCEPT_AGAINST,
        SQL,
        "WHEN 'expired' THEN 'missed' ELSE NEW.state END,\n        accepted_at",
        "WHEN 'expired' THEN 'cancelled' ELSE NEW.state END,\n        accepted_at",
        ("tests/laws/test_transitions.py::test_expiring_an_invitation_by_hand_moves_its_call_and_tells_everybody",),
    ),
    Mutant(
        "a block leaves the ring",
        ACCEPT_AGAINST,
        SQL,
        "UPDATE call_invitations SET state = 'cancelled', reason = why WHERE call_id = ended AND state = 'pending';",
        "",
        (f"{RACES}::test_accept_against_a_rival_has_one_outcome", f"{GUARDS}::test_a_block_ends_what_it_finds"),
    ),
    Mutant(
        "a block leaves the call",
        ACCEPT_AGAINST,
        SQL,
        "PERFORM call_settle(ended, clock_timestamp(), why);",
        "",
        (f"{GUARDS}::test_a_block_ends_what_it_finds",),
    ),
    Mutant(
        "a ring does not take turns with a block",
        ACCEPT_AGAINST,
        RINGS,
        "    PERFORM pair_lock(p_creator, p_fan);\n",
        "",
        (f"{GUARDS}::test_a_ring_waits_for_the_block_of_its_pair",),
    ),
    Mutant(
        "a block does not take turns with a ring",
        ACCEPT_AGAINST,
        SQL,
        "PERFORM pair_lock(NEW.creator_id, fan);",
        "",
        (f"{GUARDS}::test_a_block_waits_for_the_ring_of_its_pair",),
    ),
    Mutant(
        "a creator may ring many",
        ONE_RING,
        SQL,
        "CREATE UNIQUE INDEX one_call_a_creator",
        "CREATE INDEX one_call_a_creator",
        (f"{RACES}::test_a_creator_rings_one_of_many_fans",),
    ),
    Mutant(
        "a fan may be in many calls",
        ONE_CALL,
        SQL,
        "CREATE UNIQUE INDEX one_live_call_a_fan",
        "CREATE INDEX one_live_call_a_fan",
        (f"{RACES}::test_a_fan_has_one_live_call_whoever_rings",),
    ),
    Mutant(
        "who is in a call as a creator answers as a fan",
        ONE_CALL,
        SERVICE,
        "if await queries.is_live_as_creator(tx.db, facts.fan_id):",
        "if False:",
        (f"{ANSWER}::test_whoever_is_in_a_call_cannot_answer_another",),
    ),
    Mutant(
        "a ring takes no cooldown",
        COOLDOWN,
        RINGS,
        "VALUES (p_creator, p_fan, clock_timestamp() + make_interval(secs => p_cooldown_seconds))",
        "VALUES (p_creator, p_fan, clock_timestamp())",
        (f"{RING}::test_a_pair_cools_down_for_a_minute_whatever_came_of_the_ring",),
    ),
    Mutant(
        "a second ring takes no cooldown",
        COOLDOWN,
        RINGS,
        "DO UPDATE SET until = EXCLUDED.until",
        "DO UPDATE SET until = c.until",
        (f"{GUARDS}::test_every_ring_takes_the_cooldown_anew",),
    ),
    Mutant(
        "the statement that rings minds no cooldown",
        ONE_RING,
        RINGS,
        "WHERE c.until <= clock_timestamp()",
        "WHERE true",
        (f"{GUARDS}::test_the_statement_that_rings_minds_the_cooldown_itself",),
    ),
    Mutant(
        "the cooldown is looked at after the permission",
        COOLDOWN,
        RINGS,
        "WHEN seconds_left IS NOT NULL THEN 'cooldown' WHEN reason IS NOT NULL THEN 'refused'",
        "WHEN reason IS NOT NULL THEN 'refused' WHEN seconds_left IS NOT NULL THEN 'cooldown'",
        ("tests/calls/test_seen_by.py::test_a_block_cannot_be_told_from_an_ordinary_end",),
    ),
    Mutant(
        "an idempotency key is ignored",
        ONE_RING,
        "src/stagedoor/core/idempotency.py",
        "        if self._key is None:\n            return None\n        claimed",
        "        if self._key is None or self._hash:\n            return None\n        claimed",
        (f"{RACES}::test_idempotency_key_rings_once",),
    ),
    # ── Who may ────────────────────────────────────────────────────────────────────────────────
    Mutant(
        "permission is not asked at the answer",
        PERMISSION,
        SERVICE,
        "        reason = await queries.why_not_call(tx.db, facts.creator_id, facts.fan_id)",
        "        reason = None",
        (f"{ANSWER}::test_permission_is_asked_again_at_the_answer",),
    ),
    Mutant(
        "a ring asks nobody",
        PERMISSION,
        RINGS,
        "WHEN reason IS NOT NULL THEN 'refused'",
        "WHEN false THEN 'refused'",
        (f"{RING}::test_whoever_cannot_be_called_looks_the_same",),
    ),
    Mutant(
        "a stranger is in every call",
        PERMISSION,
        "src/stagedoor/calls/model.py",
        'return "fan" if user_id == self.fan_id else None',
        'return "fan"',
        (f"{HOSTILE}::test_anothers_call_does_not_exist",),
    ),
    # ── What is told ───────────────────────────────────────────────────────────────────────────
    Mutant(
        "an accept is told nobody",
        EVENTS,
        SERVICE,
        '        await tell.transition(tx, facts, version, "connecting", by="fan", tells=tells)',
        "        del tells, version",
        (f"{ANSWER}::test_the_device_that_answered_may_ask_again_and_others_are_told",),
    ),
    Mutant(
        "what is done by hand leaves no event",
        EVENTS,
        SQL,
        "IF NOT EXISTS (SELECT 1 FROM events WHERE call_id = NEW.id AND version = NEW.version) THEN",
        "IF false THEN",
        ("tests/laws/test_transitions.py::test_expiring_an_invitation_by_hand_moves_its_call_and_tells_everybody",),
    ),
    Mutant(
        "an event is marked before it is sent",
        EVENTS,
        RELAY,
        "            if not await self._deliver(event):\n                break\n"
        "            self._delivered.put_nowait(event.id)",
        "            self._delivered.put_nowait(event.id)\n"
        "            if not await self._deliver(event):\n                break",
        ("tests/laws/test_events.py::test_an_event_is_told_again_when_a_sink_fails",),
    ),
    Mutant(
        "what a dead process left is told by nobody",
        EVENTS,
        RELAY,
        "FROM events WHERE published_at IS NULL AND created_at <",
        "FROM events WHERE published_at IS NOT NULL AND created_at <",
        ("tests/laws/test_events.py::test_what_a_crashed_process_left_untold_is_told_by_another",),
    ),
    Mutant(
        "a call's version stays as it is",
        REPLAY,
        SQL,
        "NEW.version := OLD.version + 1;",
        "NEW.version := OLD.version;",
        ("tests/laws/test_replay_equals_refetch.py", "tests/laws/test_events.py"),
    ),
    Mutant(
        "a gap is not told",
        REPLAY,
        MEDIA_PY,
        '        await tell.transition(tx, facts, version, "reconnecting", by=role)',
        "        tx.recorded.clear()",
        ("tests/laws/test_guards.py::test_both_sides_hear_of_a_gap_at_once",),
    ),
    Mutant(
        "the end is told without its reason",
        REPLAY,
        "src/stagedoor/calls/tell.py",
        "callId=facts.id, state=seen, endReason=why,",
        "callId=facts.id, state=seen, endReason=None,",
        ("tests/laws/test_replay_equals_refetch.py",),
    ),
    # ── Who is there, and time ─────────────────────────────────────────────────────────────────
    Mutant(
        "what is due is found a moment late",
        TIME,
        QUERIES,
        "WHERE c.due_at <= (SELECT clock_timestamp())",
        "WHERE c.due_at < (SELECT clock_timestamp())",
        (f"{RING}::test_a_ring_lasts_two_minutes_to_the_millisecond", GAPS),
    ),
    Mutant(
        "a gap may last a moment longer",
        TIME,
        CLOCK,
        "    if facts.now < due:\n        return Plan(due)",
        "    if facts.now <= due:\n        return Plan(due)",
        ("tests/calls/test_clock.py::test_a_gap_ends_the_call_at_thirty_seconds_or_when_all_gaps_make_ninety",),
    ),
    Mutant(
        "gaps together have no limit",
        TIME,
        CLOCK,
        "due = min(gap_due, total_due)",
        "due = gap_due",
        (f"{GAPS}::test_gaps_together_end_the_call",),
    ),
    Mutant(
        "an answered call may connect for ever",
        TIME,
        CLOCK,
        'return Plan(due, settle_until=facts.now, reason="no_connection") if facts.now >= due else Plan(due)',
        "return Plan(due)",
        ("tests/calls/test_clock.py::test_an_answered_call_that_never_connects_fails_at_thirty_seconds",),
    ),
    Mutant(
        "who comes back too late is let in",
        TIME,
        MEDIA_PY,
        'elif facts.state == "reconnecting" and (owed := clock.plan(facts, self._rules)).reason is not None:',
        "elif (owed := clock.plan(facts, self._rules)).reason is not None and False:",
        ("tests/laws/test_guards.py::test_who_comes_back_too_late_finds_the_call_ended",),
    ),
    Mutant(
        "one side's media is enough",
        MEDIA,
        MEDIA_PY,
        'if facts.state != "active" and peer_there and',
        'if facts.state != "active" and',
        (f"{HOSTILE}::test_one_word_alone_starts_no_clock",),
    ),
    Mutant(
        "a side that had gone counts as there",
        MEDIA,
        MEDIA_PY,
        "peer_there and facts.seen(peer) == facts.now:",
        "peer_there:",
        ("tests/laws/test_money.py",),
    ),
    Mutant(
        "another device keeps the first one's media",
        MEDIA,
        MEDIA_SQL,
        "SET device_id = $3, has_media = false, epoch",
        "SET device_id = $3, epoch",
        (f"{GAPS}::test_another_device_takes_the_call_over", "tests/laws/test_money.py"),
    ),
    Mutant(
        "who lost media is kept in the call by its heartbeat",
        MEDIA,
        MEDIA_SQL,
        "WHERE q.has_media AND c.state IN ('active', 'reconnecting')",
        "WHERE c.state IN ('active', 'reconnecting')",
        ("tests/calls/test_presence.py::test_who_has_no_media_is_not_kept_in_the_call",),
    ),
    Mutant(
        "anybody keeps anybody alive",
        MEDIA,
        MEDIA_SQL,
        "AND b.person_id = CASE q.role WHEN 'fan' THEN c.fan_id ELSE c.creator_id END",
        "",
        (f"{HOSTILE}::test_a_heartbeat_speaks_for_its_sender_alone",),
    ),
    Mutant(
        "who joins after the end gets credentials",
        MEDIA,
        MEDIA_PY,
        "            _live(facts)\n            epoch =",
        "            epoch =",
        (f"{HOSTILE}::test_after_the_end_there_is_nothing_to_get",),
    ),
]
