"""The queries that run on every ring, reconnect, page and sweep, and the index that each must go by."""

HOT: tuple[tuple[str, str, str], ...] = (
    (
        "what is due",
        "SELECT id FROM calls WHERE due_at <= (SELECT clock_timestamp()) ORDER BY due_at LIMIT 1",
        "idx_calls_due",
    ),
    (
        "my calls as a creator",
        "SELECT id FROM calls WHERE creator_id = $1::uuid ORDER BY created_at DESC, id DESC LIMIT 30",
        "idx_calls_creator",
    ),
    (
        "my calls as a fan",
        "SELECT id FROM calls WHERE fan_id = $1::uuid ORDER BY created_at DESC, id DESC LIMIT 30",
        "idx_calls_fan",
    ),
    (
        "what rings for me",
        "SELECT id FROM calls WHERE fan_id = $1::uuid AND state = 'ringing'",
        "idx_calls_ringing_fan",
    ),
    (
        "is the fan in a call",
        "SELECT 1 FROM calls WHERE fan_id = $1::uuid AND state IN ('connecting', 'active', 'reconnecting')",
        "one_live_call_a_fan",
    ),
    (
        "events that wait",
        "SELECT id FROM events WHERE published_at IS NULL ORDER BY id LIMIT 500",
        "idx_events_unpublished",
    ),
    ("a call's story", "SELECT id FROM events WHERE call_id = $1::uuid ORDER BY id", "idx_events_call"),
    (
        "a creator's fans",
        "SELECT fan_id FROM creator_fan_relationships WHERE creator_id = $1::uuid AND related"
        " ORDER BY since DESC, fan_id LIMIT 30",
        "idx_creator_fan_relationships_related",
    ),
    (
        "a wallet's entries",
        "SELECT id FROM ledger_entries WHERE account_id = $1::bigint ORDER BY id DESC LIMIT 30",
        "idx_ledger_entries_account",
    ),
    (
        "the hold of a call",
        "SELECT captured FROM ledger_holds WHERE call_id = $1::uuid AND purpose = 'call'",
        "one_hold_a_call_and_purpose",
    ),
    (
        "calls of the last hour",
        "SELECT state FROM calls WHERE created_at >= $1::timestamptz",
        "idx_calls_created_at",
    ),
    (
        "counts of the last minutes",
        "SELECT name, counted FROM minute_counts WHERE minute >= $1::timestamptz",
        "minute_counts_pkey",
    ),
)
