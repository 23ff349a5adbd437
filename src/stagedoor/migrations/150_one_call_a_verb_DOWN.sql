-- Nothing is lost: the permission and the quiet hours are the functions they were.
SET lock_timeout = '2s';

DROP FUNCTION call_ring(uuid, uuid, text, integer, integer, text, integer, integer, text, jsonb);
DROP FUNCTION call_answer(uuid, text, text);
DROP FUNCTION call_end(uuid, timestamptz, text);
DROP FUNCTION call_accept(uuid, uuid, bigint, integer, text, timestamptz);
DROP FUNCTION wire_time(timestamptz);

CREATE OR REPLACE FUNCTION fan_is_quiet(fan uuid, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT CASE WHEN fan_quiet_from < fan_quiet_until
            THEN wall.clock >= fan_quiet_from AND wall.clock < fan_quiet_until
            ELSE wall.clock >= fan_quiet_from OR wall.clock < fan_quiet_until END
        FROM users CROSS JOIN LATERAL (SELECT (at AT TIME ZONE fan_quiet_timezone)::time AS clock) AS wall
        WHERE users.id = fan AND fan_quiet_from IS NOT NULL), false)
$$;

-- One LEFT JOIN for every outcome: unknown, hidden, blocked and denied cost the same.
CREATE OR REPLACE FUNCTION why_not(action text, creator uuid, fan uuid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN f.id IS NULL THEN 'unknown_fan'
        WHEN c.is_creator IS NOT TRUE THEN 'not_a_creator'
        WHEN c.id = f.id THEN 'self'
        WHEN cb.creator_id IS NOT NULL THEN 'blocked_by_creator'
        WHEN fb.fan_id IS NOT NULL THEN 'blocked_by_fan'
        WHEN f.fan_privacy_visibility = 'hidden' THEN 'hidden'
        WHEN f.fan_privacy_visibility = 'private' AND r.related IS NOT TRUE THEN 'private_no_relationship'
        WHEN action = 'message' AND f.fan_allow_dm = 'nobody' THEN 'dm_nobody'
        WHEN action = 'message' AND f.fan_allow_dm = 'interacted' AND r.related IS NOT TRUE THEN 'dm_no_relationship'
        WHEN action = 'call' AND f.fan_allow_calls = 'nobody' THEN 'calls_nobody'
        WHEN action = 'call' AND f.fan_allow_calls = 'interacted' AND r.related IS NOT TRUE THEN 'calls_no_relationship'
    END
    FROM (SELECT creator AS creator_id, fan AS fan_id) q
    LEFT JOIN users c ON c.id = q.creator_id
    LEFT JOIN users f ON f.id = q.fan_id
    LEFT JOIN creator_blocked_users cb ON cb.creator_id = q.creator_id AND cb.blocked_user_id = q.fan_id
    LEFT JOIN fan_blocked_creators fb ON fb.fan_id = q.fan_id AND fb.creator_id = q.creator_id
    LEFT JOIN creator_fan_relationships r ON r.creator_id = q.creator_id AND r.fan_id = q.fan_id
$$;
