"""Ways to bill wrongly: rounding, funds, holds, the end, the books."""

from tests.mutants.laws import BOOKS, FUNDS, ONE_BILL, PRICE
from tests.mutants.mutant import Mutant

SQL = "src/stagedoor/migrations/132_fan_privacy_and_calls.sql"
LEDGER = "src/stagedoor/migrations/131_ledger.sql"
SERVICE = "src/stagedoor/calls/service.py"
LAST_WORD = "src/stagedoor/migrations/152_the_last_word.sql"
MEDIA = "src/stagedoor/calls/media.py"
MODEL = "src/stagedoor/calls/model.py"
BEATS = "src/stagedoor/calls/media_queries.py"
CLOCK = "src/stagedoor/calls/clock.py"
FUNDS_TESTS = "tests/calls/test_funds.py"
GAPS = "tests/calls/test_gaps.py"
LEDGER_TESTS = "tests/billing/test_ledger.py"
GUARDS = "tests/laws/test_guards.py"
STORIES = "tests/laws/test_money.py"
TRUTH = "tests/laws/test_truth.py"
HOSTILE = "tests/calls/test_hostile.py"

MUTANTS = [
    # ── The price ──────────────────────────────────────────────────────────────────────────────
    Mutant(
        "a charge is rounded down",
        PRICE,
        SQL,
        "RETURN (seconds * rate + 59) / 60;",
        "RETURN seconds * rate / 60;",
        (STORIES,),
    ),
    Mutant(
        "a charge is rounded up once too often",
        PRICE,
        SQL,
        "RETURN (seconds * rate + 59) / 60;",
        "RETURN (seconds * rate + 60) / 60;",
        (STORIES,),
    ),
    Mutant(
        "seconds are rounded down",
        PRICE,
        SQL,
        "RETURN (ceil(extract(epoch FROM connected)",
        "RETURN (floor(extract(epoch FROM connected)",
        (STORIES,),
    ),
    Mutant(
        "a price that is asked for is rounded down",
        PRICE,
        CLOCK,
        "return -(-int(seconds * rate) // 60)",
        "return int(seconds * rate) // 60",
        ("tests/calls/test_clock.py::test_a_price_is_rounded_up_to_the_token",),
    ),
    Mutant(
        "the price is today's and not the ring's",
        PRICE,
        SQL,
        "seconds := call_billable_seconds(call_connected(p_call, p_until), c.increment_seconds);",
        "seconds := call_billable_seconds(call_connected(p_call, p_until), c.increment_seconds);\n"
        "    SELECT video_tokens_per_minute INTO c.tokens_per_minute FROM creator_call_prices\n"
        "    WHERE creator_id = c.creator_id;",
        (
            "tests/calls/test_ring.py::test_the_price_is_frozen_by_the_ring",
            f"{GUARDS}::test_a_new_price_is_for_new_calls",
        ),
    ),
    Mutant(
        "who was gone first is charged until the other had gone",
        PRICE,
        CLOCK,
        'return min(facts.had_until("creator"), facts.had_until("fan"))',
        'return max(facts.had_until("creator"), facts.had_until("fan"))',
        (f"{GAPS}::test_a_client_that_stops_saying_it_is_alive_ends_the_call_where_it_was_last_heard",),
    ),
    Mutant(
        "the database closes where the last one had gone",
        PRICE,
        LAST_WORD,
        "RETURN least(p_at, (SELECT min(seen_at) FROM call_participants",
        "RETURN least(p_at, (SELECT max(seen_at) FROM call_participants",
        (f"{GAPS}::test_nothing_is_billed_past_a_side_s_last_word", TRUTH),
    ),
    Mutant(
        "the database bills a side within its presence past its last word",
        PRICE,
        LAST_WORD,
        "(presence_seconds <= 3 OR seen_at",
        "(seen_at",
        (f"{GAPS}::test_nothing_is_billed_past_a_side_s_last_word", TRUTH),
    ),
    Mutant(
        "the service bills a side within its presence past its last word",
        PRICE,
        MODEL,
        "return self.now if coarse and self.is_there(role)",
        "return self.now if self.is_there(role)",
        (
            "tests/calls/test_clock.py::test_a_side_that_says_so_had_media_until_its_last_word_and_another_while_it_is_there",
        ),
    ),
    Mutant(
        "a word that waited counts as said when it is written",
        PRICE,
        BEATS,
        "clock_timestamp() - make_interval(secs => there.seconds_ago)",
        "clock_timestamp()",
        (
            "tests/calls/test_presence.py::test_a_word_counts_for_when_it_was_said_however_long_it_waited_for_the_database",
        ),
    ),
    Mutant(
        "the promise of a heartbeat is forgotten",
        PRICE,
        MEDIA,
        "ALIVE_SECONDS if heartbeat else None",
        "None",
        (f"{GAPS}::test_who_promised_a_heartbeat_and_said_nothing_is_billed_for_nothing",),
    ),
    Mutant(
        "what was silent before it was noticed is charged",
        PRICE,
        MEDIA,
        "timedelta(seconds=silent_seconds))",
        "timedelta(seconds=silent_seconds * 0))",
        (f"{GAPS}::test_what_a_client_says_was_silent_before_it_noticed_is_free_too", TRUTH),
    ),
    Mutant(
        "any silence is believed",
        PRICE,
        "src/stagedoor/calls/routes.py",
        "msgspec.Meta(ge=0, le=SILENT_SECONDS_MAX)] = 0.0",
        "msgspec.Meta(ge=0)] = 0.0",
        (f"{HOSTILE}::test_a_silence_is_believed_for_five_seconds",),
    ),
    # ── Funds ──────────────────────────────────────────────────────────────────────────────────
    Mutant(
        "the call goes on at the last paid second",
        FUNDS,
        CLOCK,
        "    if left <= 0:",
        "    if left < 0:",
        (f"{FUNDS_TESTS}::test_the_call_ends_at_the_second_that_was_paid_for",),
    ),
    Mutant(
        "tokens pay for a started second",
        FUNDS,
        SQL,
        "RETURN tokens * 60 / rate / increment * increment;",
        "RETURN (tokens * 60 + rate - 1) / rate / increment * increment;",
        (STORIES,),
    ),
    Mutant(
        "the service thinks that tokens pay for a started second",
        FUNDS,
        CLOCK,
        "return tokens * 60 // rate // increment * increment",
        "return -(-tokens * 60 // rate) // increment * increment",
        ("tests/calls/test_clock.py::test_what_tokens_cover_is_the_longest_time_that_they_pay_for",),
    ),
    Mutant(
        "exactly a minute's tokens are too few",
        FUNDS,
        SERVICE,
        "        if available < rate:",
        "        if available <= rate:",
        (f"{STORIES}",),
    ),
    Mutant(
        "less than a minute's tokens are enough",
        FUNDS,
        SERVICE,
        "        if available < rate:",
        "        if available < rate - 1:",
        ("tests/calls/test_answer.py::test_an_answer_holds_the_first_minutes", STORIES),
    ),
    Mutant(
        "the fan's own limit is forgotten",
        FUNDS,
        CLOCK,
        "return total if facts.max_tokens is None else min(total, facts.max_tokens)",
        "return total",
        (f"{FUNDS_TESTS}::test_a_top_up_does_not_raise_the_fans_own_limit",),
    ),
    Mutant(
        "a late sweeper's seconds are lost",
        FUNDS,
        LAST_WORD,
        "call_connected(p_call, until), c.increment_seconds), c.tokens_per_minute)) - h.amount)",
        "call_connected(p_call, until), c.increment_seconds), c.tokens_per_minute)) * 0)",
        (f"{FUNDS_TESTS}::test_a_late_sweeper_costs_nobody_a_second",),
    ),
    Mutant(
        "a capture is not cut to the hold",
        FUNDS,
        LEDGER,
        "taken := greatest(0, least(p_charge, hold.amount));",
        "taken := greatest(0, p_charge);",
        (f"{LEDGER_TESTS}::test_a_hold_captures_no_more_than_it_holds_and_once",),
    ),
    Mutant(
        "more may be captured than is held",
        FUNDS,
        LEDGER,
        "CHECK (captured BETWEEN 0 AND amount)",
        "CHECK (captured >= 0)",
        (f"{GUARDS}::test_no_hold_says_that_it_captured_more_than_it_held",),
    ),
    Mutant(
        "a hold takes more than is there",
        FUNDS,
        LEDGER,
        "spare := greatest(0, least(spare, p_wanted));",
        "spare := greatest(0, p_wanted);",
        (f"{FUNDS_TESTS}::test_a_late_sweeper_costs_nobody_a_second",),
    ),
    # ── The end ────────────────────────────────────────────────────────────────────────────────
    Mutant(
        "who hangs up second ends it again",
        ONE_BILL,
        SERVICE,
        "            elif facts.state in LIVE:",
        "            else:",
        ("tests/laws/test_races.py::test_the_end_is_billed_once_however_many_hang_up",),
    ),
    Mutant(
        "what is settled is settled again",
        ONE_BILL,
        SQL,
        "    IF c.state NOT IN ('connecting', 'active', 'reconnecting') THEN\n        RETURN c.tokens_charged;",
        "    IF false THEN\n        RETURN c.tokens_charged;",
        (f"{GUARDS}::test_what_is_settled_stays_settled",),
    ),
    Mutant(
        "a closed hold is captured again",
        ONE_BILL,
        LEDGER,
        "    IF hold.closed_at IS NOT NULL THEN\n        RETURN hold.captured;\n    END IF;\n",
        "",
        (f"{LEDGER_TESTS}::test_a_hold_captures_no_more_than_it_holds_and_once",),
    ),
    Mutant(
        "a segment stays open at the end",
        ONE_BILL,
        SQL,
        "    PERFORM segment_close(p_call, p_until);\n    seconds",
        "    seconds",
        (STORIES,),
    ),
    Mutant(
        "a free call's hold stays open",
        ONE_BILL,
        LEDGER,
        "    UPDATE ledger_holds SET captured = taken, closed_at = clock_timestamp() WHERE id = hold.id;",
        "    UPDATE ledger_holds SET captured = taken, closed_at = clock_timestamp() WHERE id = hold.id AND taken > 0;",
        (f"{LEDGER_TESTS}::test_a_capture_of_nothing_posts_nothing", STORIES),
    ),
    # ── The books ──────────────────────────────────────────────────────────────────────────────
    Mutant(
        "what was held is not given back",
        BOOKS,
        LEDGER,
        "SET held = held + after - before WHERE",
        "SET held = held + greatest(0, after - before) WHERE",
        (STORIES,),
    ),
    Mutant(
        "the fee goes to the creator and the rest to the platform",
        BOOKS,
        LEDGER,
        "ARRAY[-taken, taken - fee, fee]",
        "ARRAY[-taken, fee, taken - fee]",
        (f"{FUNDS_TESTS}::test_a_fee_is_taken_from_what_the_creator_earns",),
    ),
    Mutant(
        "a fee is rounded up",
        BOOKS,
        LEDGER,
        "fee := taken * p_fee_basis_points / 10000;",
        "fee := (taken * p_fee_basis_points + 9999) / 10000;",
        (f"{FUNDS_TESTS}::test_a_fee_is_taken_from_what_the_creator_earns",),
    ),
    Mutant(
        "a transaction need not sum to zero",
        BOOKS,
        LEDGER,
        "    IF total <> 0 THEN",
        "    IF false THEN",
        (f"{LEDGER_TESTS}::test_a_transaction_that_does_not_balance_is_refused_at_commit",),
    ),
    Mutant(
        "a wallet may go below zero",
        BOOKS,
        LEDGER,
        "CHECK (kind <> 'user' OR posted - held >= 0)",
        "CHECK (kind <> 'user' OR posted - held >= -100)",
        (f"{LEDGER_TESTS}::test_nobody_spends_more_than_is_there_however_many_try",),
    ),
    Mutant(
        "entries may be taken out again",
        BOOKS,
        LEDGER,
        "entries_are_append_only BEFORE UPDATE OR DELETE ON",
        "entries_are_append_only BEFORE UPDATE ON",
        (f"{LEDGER_TESTS}::test_what_was_posted_stays_as_it_is",),
    ),
]
