-- A bill never goes past the last word of a side that speaks (docs/billing.md).
SET lock_timeout = '2s';

-- Until when both sides are known, at `p_at`, to have had media: a side that says `call:alive` (presence 3 s) until its
-- last word; another one as long as its presence lasts, else until it was last heard of.
CREATE FUNCTION call_media_until(p_call uuid, p_at timestamptz) RETURNS timestamptz LANGUAGE plpgsql STABLE
SET enable_seqscan = off AS $$
BEGIN
    RETURN least(p_at, (SELECT min(seen_at) FROM call_participants WHERE call_id = p_call
        AND (presence_seconds <= 3 OR seen_at + make_interval(secs => presence_seconds) < p_at)));
END $$;

-- Closes the open segment at `p_until`, and no later than both are known to have had media, nor than the funds pay for:
-- the hold is extended first, so that a late sweeper costs nobody a second.
CREATE OR REPLACE FUNCTION segment_close(p_call uuid, p_until timestamptz) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    until timestamptz := call_media_until(p_call, p_until);
BEGIN
    PERFORM hold_extend(p_call, least(c.max_tokens, call_charge(call_billable_seconds(
        call_connected(p_call, until), c.increment_seconds), c.tokens_per_minute)) - h.amount)
    FROM calls c JOIN ledger_holds h ON h.call_id = c.id AND h.purpose = 'call' WHERE c.id = p_call;
    UPDATE call_segments s SET ended_at = greatest(s.started_at, until - greatest(interval '0',
        call_connected(p_call, until) - make_interval(secs => call_seconds_covered(
            h.amount, c.tokens_per_minute, c.increment_seconds))))
    FROM calls c JOIN ledger_holds h ON h.call_id = c.id AND h.purpose = 'call'
    WHERE s.call_id = p_call AND s.ended_at IS NULL AND c.id = p_call;
END $$;
