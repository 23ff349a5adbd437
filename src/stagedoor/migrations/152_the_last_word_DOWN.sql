SET lock_timeout = '2s';

CREATE OR REPLACE FUNCTION segment_close(p_call uuid, p_until timestamptz) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    until timestamptz := least(p_until, (SELECT min(seen_at) FROM call_participants
        WHERE call_id = p_call AND seen_at + make_interval(secs => presence_seconds) < p_until));
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

DROP FUNCTION call_media_until(uuid, timestamptz);
