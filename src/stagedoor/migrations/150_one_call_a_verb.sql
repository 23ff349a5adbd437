-- A ring is one call of one function, an answer two, and a permission costs a third: the same statement, planned once a session.
SET lock_timeout = '2s';

-- One LEFT JOIN for every outcome: unknown, hidden, blocked and denied cost the same.
CREATE OR REPLACE FUNCTION why_not(action text, creator uuid, fan uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT CASE
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
    LEFT JOIN creator_fan_relationships r ON r.creator_id = q.creator_id AND r.fan_id = q.fan_id);
END $$;

CREATE OR REPLACE FUNCTION fan_is_quiet(fan uuid, at timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce((
        SELECT CASE WHEN fan_quiet_from < fan_quiet_until
            THEN wall.clock >= fan_quiet_from AND wall.clock < fan_quiet_until
            ELSE wall.clock >= fan_quiet_from OR wall.clock < fan_quiet_until END
        FROM users CROSS JOIN LATERAL (SELECT (at AT TIME ZONE fan_quiet_timezone)::time AS clock) AS wall
        WHERE users.id = fan AND fan_quiet_from IS NOT NULL), false);
END $$;

-- Rings, or says why not: `outcome` is rang, refused (with the reason), fan_busy, creator_busy or cooldown (with the
-- seconds left). The event is recorded here, in the change's own statement; `told` is what the fan's devices hear
-- besides what only this function knows. What the caller is answered is returned with it, so that nothing is read
-- again. Raises one_call_a_creator when another ring of hers was quicker.
CREATE FUNCTION call_ring(
    p_creator uuid, p_fan uuid, p_call_type text, p_fee_basis_points integer, p_increment_seconds integer,
    p_media_provider text, p_ring_seconds integer, p_cooldown_seconds integer, p_request_id text, p_told jsonb,
    OUT outcome text, OUT reason text, OUT seconds_left float8, OUT call_id uuid, OUT event_id bigint,
    OUT data jsonb, OUT deliveries jsonb, OUT recorded_at timestamptz, OUT tokens_per_minute integer,
    OUT created_at timestamptz, OUT expires_at timestamptz, OUT fan_username text, OUT fan_display_name text,
    OUT fan_avatar_url text
) LANGUAGE plpgsql AS $$
DECLARE
    quiet    boolean;
    busy     boolean;
    creators boolean;
BEGIN
    PERFORM pair_lock(p_creator, p_fan);
    SELECT why_not('call', p_creator, p_fan),
        CASE p_call_type WHEN 'voice' THEN coalesce(p.voice_tokens_per_minute, 6)
            ELSE coalesce(p.video_tokens_per_minute, 12) END,
        EXISTS (SELECT 1 FROM calls c WHERE c.fan_id = p_fan AND c.state IN ('connecting', 'active', 'reconnecting'))
            OR EXISTS (SELECT 1 FROM calls c WHERE c.creator_id = p_fan
                AND c.state IN ('ringing', 'connecting', 'active', 'reconnecting')),
        EXISTS (SELECT 1 FROM calls c WHERE c.fan_id = p_creator
            AND c.state IN ('connecting', 'active', 'reconnecting')),
        fan_is_quiet(p_fan, clock_timestamp()),
        (SELECT extract(epoch FROM c.until - clock_timestamp()) FROM call_cooldowns c
            WHERE c.creator_id = p_creator AND c.fan_id = p_fan AND c.until > clock_timestamp()),
        f.username, f.display_name, f.avatar_url
    INTO STRICT reason, tokens_per_minute, busy, creators, quiet, seconds_left,
        fan_username, fan_display_name, fan_avatar_url
    FROM (VALUES (1)) AS one LEFT JOIN creator_call_prices p ON p.creator_id = p_creator
        LEFT JOIN users f ON f.id = p_fan;
    -- The cooldown first: a block since the last ring must not answer unlike a decline.
    outcome := CASE WHEN seconds_left IS NOT NULL THEN 'cooldown' WHEN reason IS NOT NULL THEN 'refused'
        WHEN busy THEN 'fan_busy' WHEN creators THEN 'creator_busy' ELSE 'rang' END;
    IF outcome <> 'rang' THEN
        RETURN;
    END IF;

    INSERT INTO call_cooldowns (creator_id, fan_id, until)
    VALUES (p_creator, p_fan, clock_timestamp() + make_interval(secs => p_cooldown_seconds))
    ON CONFLICT (creator_id, fan_id) DO UPDATE SET until = EXCLUDED.until; -- it was over: pair_lock is held

    INSERT INTO calls AS c (creator_id, fan_id, call_type, tokens_per_minute, fee_basis_points, increment_seconds,
        media_provider, quiet, due_at)
    VALUES (p_creator, p_fan, p_call_type, call_ring.tokens_per_minute, p_fee_basis_points, p_increment_seconds, p_media_provider, quiet,
        clock_timestamp() + make_interval(secs => p_ring_seconds))
    RETURNING c.id, c.due_at, c.created_at INTO call_id, expires_at, created_at;
    INSERT INTO call_invitations (call_id, expires_at) VALUES (call_ring.call_id, call_ring.expires_at);
    INSERT INTO call_participants (call_id, role) VALUES (call_ring.call_id, 'creator'), (call_ring.call_id, 'fan');

    data := jsonb_build_object('callType', p_call_type, 'tokensPerMinute', call_ring.tokens_per_minute, 'by', 'creator');
    deliveries := CASE WHEN quiet THEN '[]' ELSE jsonb_build_array(jsonb_build_object(
        'channel', 'fan:' || p_fan, 'name', 'call:incoming', 'data', p_told || jsonb_build_object(
            'callId', call_id, 'callType', p_call_type, 'tokensPerMinute', call_ring.tokens_per_minute,
            'expiresAt', wire_time(call_ring.expires_at), 'serverTime', wire_time(clock_timestamp())))) END;
    INSERT INTO events AS e (type, call_id, creator_id, fan_id, actor_id, version, request_id, data, deliveries)
    VALUES ('call.ringing', call_ring.call_id, p_creator, p_fan, p_creator, 1, p_request_id, call_ring.data,
        call_ring.deliveries)
    RETURNING e.id, e.created_at INTO event_id, recorded_at;
END $$;

-- A pending invitation, and its call with it, moves to `p_state`. Returns the call's new version.
CREATE FUNCTION call_answer(p_call uuid, p_state text, p_reason text) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    UPDATE call_invitations SET state = p_state, reason = p_reason WHERE call_id = p_call AND state = 'pending';
    RETURN (SELECT version FROM calls WHERE id = p_call);
END $$;

-- Settles (call_settle), and says what came of it.
CREATE FUNCTION call_end(
    p_call uuid, p_until timestamptz, p_reason text,
    OUT version integer, OUT state text, OUT end_reason text, OUT billable_seconds integer, OUT tokens_charged bigint
) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM call_settle(p_call, p_until, p_reason);
    SELECT c.version, c.state, c.end_reason, c.billable_seconds, c.tokens_charged
    INTO version, state, end_reason, billable_seconds, tokens_charged FROM calls c WHERE c.id = p_call;
END $$;

-- What an accepted ring changes, decided by the caller under call_lock: the invitation and with it the call, the hold of
-- the fan's tokens, the limit and the next deadline, the answering device. Both sides were seen just now. Returns the
-- call's new version. Raises sufficient_tokens.
CREATE FUNCTION call_accept(
    p_call uuid, p_fan uuid, p_hold bigint, p_max_tokens integer, p_device text, p_due timestamptz
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    found integer;
BEGIN
    UPDATE call_invitations SET state = 'accepted' WHERE call_id = p_call AND state = 'pending';
    INSERT INTO ledger_holds (call_id, account_id, amount) VALUES (p_call, user_account(p_fan), p_hold);
    UPDATE calls SET due_at = p_due, max_tokens = p_max_tokens WHERE id = p_call RETURNING version INTO found;
    UPDATE call_participants SET seen_at = clock_timestamp(),
        device_id = CASE WHEN role = 'fan' THEN p_device ELSE device_id END WHERE call_id = p_call;
    RETURN found;
END $$;

-- A moment as the API writes it.
CREATE FUNCTION wire_time(at timestamptz) RETURNS text LANGUAGE sql STABLE
    RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
