-- What Agora tells of calls (evidence, never the clock), and what is still to be told to Agora.
-- Calls are named by id without a foreign key: evidence outlives them, and they can be removed without it.
SET lock_timeout = '2s';

-- One row a notice, however often it was delivered. A uid says nothing about a person once its owner is erased.
CREATE TABLE agora_notices (
    notice_id    text PRIMARY KEY CONSTRAINT agora_notice_id_length CHECK (char_length(notice_id) BETWEEN 1 AND 200),
    call_id      uuid,
    channel      text NOT NULL,
    kind         text NOT NULL CONSTRAINT agora_notice_kind CHECK (kind IN ('created', 'destroyed', 'joined', 'left')),
    event_type   integer NOT NULL,
    uid          bigint,
    client_seq   bigint,
    happened_at  timestamptz NOT NULL,
    stay_seconds integer,
    reason       integer,
    received_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX idx_agora_notices_call ON agora_notices (call_id, uid, happened_at) WHERE call_id IS NOT NULL;
CREATE INDEX idx_agora_notices_received_at ON agora_notices (received_at);

-- When each uid was in the channel of a call: from the leaves, which know how long the stay was, and from joins
-- that no leave has followed yet. Independent of the order of arrival.
CREATE FUNCTION agora_stays(p_call uuid) RETURNS TABLE (uid bigint, stay tstzrange) LANGUAGE sql STABLE AS $$
    SELECT n.uid, tstzrange(n.happened_at - make_interval(secs => n.stay_seconds), n.happened_at)
    FROM agora_notices n
    WHERE n.call_id = p_call AND n.kind = 'left' AND n.uid IS NOT NULL AND n.stay_seconds IS NOT NULL
    UNION ALL
    SELECT j.uid, tstzrange(j.happened_at, (SELECT min(l.happened_at) FROM agora_notices l
        WHERE l.call_id = p_call AND l.happened_at >= j.happened_at
          AND (l.kind = 'destroyed' OR (l.kind = 'left' AND l.uid = j.uid))))
    FROM agora_notices j
    WHERE j.call_id = p_call AND j.kind = 'joined' AND j.uid IS NOT NULL
$$;

-- How long two people were in the channel together, as Agora saw it; to compare with calls.billable_seconds.
CREATE FUNCTION agora_together(p_call uuid) RETURNS interval LANGUAGE sql STABLE AS $$
    WITH people AS (
        SELECT uid, range_agg(stay) AS stays FROM agora_stays(p_call) GROUP BY uid
    ), together AS (
        SELECT unnest(range_agg(overlap.shared)) AS period
        FROM people a JOIN people b ON a.uid < b.uid
        CROSS JOIN LATERAL (SELECT unnest(a.stays * b.stays) AS shared) overlap
    )
    SELECT coalesce(sum(coalesce(upper(period), clock_timestamp()) - lower(period)), interval '0') FROM together
$$;

-- Channels of ended calls that Agora has still to be told of: the row is the job.
CREATE TABLE agora_kicks (
    call_id    uuid PRIMARY KEY,
    channel    text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts   integer NOT NULL DEFAULT 0,
    done_at    timestamptz,
    outcome    text
);
CREATE INDEX idx_agora_kicks_due ON agora_kicks (due_at) WHERE done_at IS NULL;
