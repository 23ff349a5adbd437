-- Fan privacy and paid calls: who may reach a fan, the call's life, and the seconds that count.
-- Lock order, everywhere: invitation → call → hold → accounts by id.
SET lock_timeout = '2s';

-- ── A fan's policy ───────────────────────────────────────────────────────────────────────────────
ALTER TABLE users
    ADD COLUMN fan_privacy_visibility text NOT NULL DEFAULT 'private' CONSTRAINT fan_privacy_visibility_values
        CHECK (fan_privacy_visibility IN ('hidden', 'private', 'creators')),
    ADD COLUMN fan_allow_dm text NOT NULL DEFAULT 'interacted' CONSTRAINT fan_allow_dm_values
        CHECK (fan_allow_dm IN ('nobody', 'interacted', 'everyone')),
    ADD COLUMN fan_allow_calls text NOT NULL DEFAULT 'interacted' CONSTRAINT fan_allow_calls_values
        CHECK (fan_allow_calls IN ('nobody', 'interacted', 'everyone')),
    ADD COLUMN fan_searchable boolean NOT NULL DEFAULT false;

-- ── Relationships: follow, tip, connected call ──────────────────────────────────────────────────
CREATE TABLE creator_fan_relationships (
    creator_id   uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    fan_id       uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    follows      boolean NOT NULL DEFAULT false,
    tips         integer NOT NULL DEFAULT 0 CONSTRAINT tips_not_negative CHECK (tips >= 0),
    calls        integer NOT NULL DEFAULT 0 CONSTRAINT calls_not_negative CHECK (calls >= 0),
    since        timestamptz NOT NULL DEFAULT clock_timestamp(),
    forgotten_at timestamptz,
    related      boolean NOT NULL GENERATED ALWAYS AS (follows OR tips > 0 OR calls > 0) STORED,
    PRIMARY KEY (creator_id, fan_id)
);
CREATE INDEX idx_creator_fan_relationships_related ON creator_fan_relationships (creator_id, since DESC, fan_id)
    WHERE related;
CREATE INDEX idx_creator_fan_relationships_fan ON creator_fan_relationships (fan_id, creator_id);

-- One increment under the row's lock: concurrent facts add up, whatever their order.
CREATE FUNCTION relate(p_creator uuid, p_fan uuid, p_follows boolean, p_tips integer, p_calls integer)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO creator_fan_relationships AS r (creator_id, fan_id, follows, tips, calls)
    VALUES (p_creator, p_fan, coalesce(p_follows, false), p_tips, p_calls)
    ON CONFLICT (creator_id, fan_id) DO UPDATE SET
        since   = CASE WHEN r.related THEN r.since ELSE clock_timestamp() END,
        follows = coalesce(p_follows, r.follows),
        tips    = r.tips + p_tips,
        calls   = r.calls + p_calls
$$;

CREATE FUNCTION relate_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM relate(NEW.creator_id, NEW.fan_id, true, 0, 0);
    ELSE
        UPDATE creator_fan_relationships SET follows = false
        WHERE creator_id = OLD.creator_id AND fan_id = OLD.fan_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER follows_relate AFTER INSERT OR DELETE ON follows FOR EACH ROW EXECUTE FUNCTION relate_follow();

-- A tip counts until it is refunded; one that the fan had forgotten was no longer counted.
CREATE FUNCTION relate_tip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM relate(NEW.creator_id, NEW.fan_id, NULL, 1, 0);
    ELSIF OLD.refunded_at IS NULL AND NEW.refunded_at IS NOT NULL THEN
        UPDATE creator_fan_relationships SET tips = tips - 1
        WHERE creator_id = NEW.creator_id AND fan_id = NEW.fan_id
          AND (forgotten_at IS NULL OR forgotten_at < NEW.created_at);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tips_relate AFTER INSERT OR UPDATE OF refunded_at ON tips FOR EACH ROW EXECUTE FUNCTION relate_tip();

-- lint: allow backfill: one row a pair that already follows or tipped; the triggers above keep it from here
INSERT INTO creator_fan_relationships (creator_id, fan_id, follows, tips, since)
SELECT creator_id, fan_id, bool_or(follows), sum(tips), min(since)
FROM (SELECT creator_id, fan_id, true AS follows, 0 AS tips, created_at AS since FROM follows UNION ALL
      SELECT creator_id, fan_id, false, 1, created_at FROM tips WHERE refunded_at IS NULL
          AND creator_id IS NOT NULL AND fan_id IS NOT NULL) AS facts
GROUP BY creator_id, fan_id;

CREATE FUNCTION creator_has_relationship(creator uuid, fan uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT related FROM creator_fan_relationships r
                     WHERE r.creator_id = creator AND r.fan_id = fan), false)
$$;

-- One LEFT JOIN for every outcome: unknown, hidden, blocked and denied cost the same.
CREATE FUNCTION why_not(action text, creator uuid, fan uuid) RETURNS text LANGUAGE sql STABLE AS $$
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
CREATE FUNCTION why_not_see(creator uuid, fan uuid) RETURNS text LANGUAGE sql STABLE RETURN why_not('see', creator, fan);
CREATE FUNCTION why_not_message(creator uuid, fan uuid) RETURNS text LANGUAGE sql STABLE
    RETURN why_not('message', creator, fan);
CREATE FUNCTION why_not_call(creator uuid, fan uuid) RETURNS text LANGUAGE sql STABLE
    RETURN why_not('call', creator, fan);

-- ── Prices and stored media identities ──────────────────────────────────────────────────────────
CREATE TABLE creator_call_prices (
    creator_id              uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    voice_tokens_per_minute integer NOT NULL DEFAULT 6 CHECK (voice_tokens_per_minute BETWEEN 1 AND 100000),
    video_tokens_per_minute integer NOT NULL DEFAULT 12 CHECK (video_tokens_per_minute BETWEEN 1 AND 100000)
);

CREATE TABLE media_identities (
    user_id   uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    media_uid bigint NOT NULL UNIQUE CONSTRAINT media_uid_is_32_bit CHECK (media_uid BETWEEN 1 AND 4294967295)
);
-- Drawn at random, so that an id tells nothing about how many people there are; kept for good.
CREATE FUNCTION media_uid_of(person uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE found bigint;
BEGIN
    LOOP
        SELECT media_uid INTO found FROM media_identities WHERE user_id = person;
        EXIT WHEN found IS NOT NULL;
        INSERT INTO media_identities VALUES (person, 1 + floor(random() * 4294967295)::bigint)
        ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN found;
END $$;

-- The one list of states and the moves between them; everything else is compared with it.
CREATE TABLE call_transitions (from_state text, to_state text, PRIMARY KEY (from_state, to_state));
INSERT INTO call_transitions VALUES
    ('ringing', 'connecting'), ('ringing', 'declined'), ('ringing', 'cancelled'), ('ringing', 'missed'),
    ('connecting', 'active'), ('connecting', 'ended'), ('connecting', 'failed'),
    ('active', 'reconnecting'), ('active', 'ended'), ('reconnecting', 'active'), ('reconnecting', 'ended');

CREATE TABLE calls (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id        uuid REFERENCES users ON DELETE SET NULL,
    fan_id            uuid REFERENCES users ON DELETE SET NULL,
    call_type         text NOT NULL CONSTRAINT call_type_values CHECK (call_type IN ('voice', 'video')),
    state             text NOT NULL DEFAULT 'ringing' CONSTRAINT call_state_values CHECK (state IN
        ('ringing', 'connecting', 'active', 'reconnecting', 'ended', 'declined', 'cancelled', 'missed', 'failed')),
    end_reason        text CONSTRAINT call_end_reason_values CHECK (end_reason IN ('declined', 'cancelled', 'expired',
        'quiet_hours', 'no_connection', 'creator_hung_up', 'fan_hung_up', 'connection_lost', 'gaps_exceeded',
        'funds_exhausted', 'limit_reached', 'blocked_by_fan', 'blocked_by_creator', 'erased', 'operator')),
    tokens_per_minute integer NOT NULL CONSTRAINT call_price CHECK (tokens_per_minute > 0),
    fee_basis_points  integer NOT NULL DEFAULT 0 CONSTRAINT call_fee CHECK (fee_basis_points BETWEEN 0 AND 10000),
    increment_seconds integer NOT NULL DEFAULT 1 CONSTRAINT call_increment CHECK (increment_seconds BETWEEN 1 AND 3600),
    max_tokens        integer CONSTRAINT call_max_tokens CHECK (max_tokens > 0),
    media_provider    text NOT NULL DEFAULT 'webrtc'
        CONSTRAINT media_provider_values CHECK (media_provider IN ('webrtc', 'agora')),
    channel           text NOT NULL GENERATED ALWAYS AS ('call-' || id::text) STORED,
    version           integer NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    accepted_at       timestamptz,
    connected_at      timestamptz,
    gap_since         timestamptz,
    ended_at          timestamptz,
    due_at            timestamptz,
    call_back_at      timestamptz,
    funds_low         boolean NOT NULL DEFAULT false,
    quiet             boolean NOT NULL DEFAULT false, -- it rang in the fan's quiet hours: for the creator alone
    billable_seconds  integer NOT NULL DEFAULT 0 CONSTRAINT billable_not_negative CHECK (billable_seconds >= 0),
    tokens_charged    bigint NOT NULL DEFAULT 0 CONSTRAINT charge_not_negative CHECK (tokens_charged >= 0),
    CONSTRAINT call_is_not_self CHECK (creator_id <> fan_id),
    CONSTRAINT terminal_calls_say_when_and_why CHECK (
        (state IN ('ended', 'declined', 'cancelled', 'missed', 'failed')) = (ended_at IS NOT NULL)
        AND (ended_at IS NULL) = (end_reason IS NULL) AND (ended_at IS NULL OR due_at IS NULL)),
    CONSTRAINT running_calls_have_two_people CHECK (ended_at IS NOT NULL OR (creator_id, fan_id) IS NOT NULL)
);
CREATE INDEX idx_calls_state ON calls (state);
CREATE INDEX idx_calls_due ON calls (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX idx_calls_creator ON calls (creator_id, created_at DESC, id DESC);
CREATE INDEX idx_calls_fan ON calls (fan_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX one_call_a_creator ON calls (creator_id)
    WHERE state IN ('ringing', 'connecting', 'active', 'reconnecting');
CREATE UNIQUE INDEX one_live_call_a_fan ON calls (fan_id) WHERE state IN ('connecting', 'active', 'reconnecting');
CREATE INDEX idx_calls_ringing_fan ON calls (fan_id, quiet) WHERE state = 'ringing';

CREATE TABLE call_invitations (
    call_id     uuid PRIMARY KEY REFERENCES calls ON DELETE CASCADE,
    state       text NOT NULL DEFAULT 'pending' CONSTRAINT invitation_state_values
        CHECK (state IN ('pending', 'accepted', 'declined', 'cancelled', 'expired')),
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    answered_at timestamptz,
    reason      text
);
CREATE INDEX idx_call_invitations_expires_at ON call_invitations (expires_at) WHERE state = 'pending';

-- Which side has the other's media, and when it was last known to (`seen_at`). Not heard of for
-- `presence_seconds`, a side counts as gone since `seen_at`.
CREATE TABLE call_participants (
    call_id          uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
    role             text NOT NULL CONSTRAINT participant_role CHECK (role IN ('creator', 'fan')),
    has_media        boolean NOT NULL DEFAULT false,
    seen_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    presence_seconds integer NOT NULL DEFAULT 30 CONSTRAINT presence_positive CHECK (presence_seconds > 0),
    device_id        text,
    epoch            integer NOT NULL DEFAULT 0,
    PRIMARY KEY (call_id, role)
) WITH (fillfactor = 50);

-- The seconds that count: intervals in which both sides had media.
CREATE TABLE call_segments (
    call_id    uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
    number     integer NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz,
    PRIMARY KEY (call_id, number),
    CONSTRAINT segment_runs_forward CHECK (ended_at >= started_at)
);
CREATE UNIQUE INDEX one_open_segment_a_call ON call_segments (call_id) WHERE ended_at IS NULL;

CREATE TABLE call_cooldowns (
    creator_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    fan_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    until      timestamptz NOT NULL,
    PRIMARY KEY (creator_id, fan_id)
);
CREATE INDEX idx_call_cooldowns_fan ON call_cooldowns (fan_id);

CREATE FUNCTION guard_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state THEN
        PERFORM 1 FROM call_transitions WHERE from_state = OLD.state AND to_state = NEW.state;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a call does not go from % to %', OLD.state, NEW.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'call_transition';
        END IF;
        NEW.version := OLD.version + 1;
        IF NEW.state IN ('ended', 'declined', 'cancelled', 'missed', 'failed') THEN
            NEW.ended_at := coalesce(NEW.ended_at, clock_timestamp());
            NEW.end_reason := coalesce(NEW.end_reason, 'operator');
            NEW.due_at := NULL;
        END IF;
        IF NEW.state = 'active' AND OLD.connected_at IS NULL THEN
            NEW.connected_at := clock_timestamp();
            PERFORM relate(NEW.creator_id, NEW.fan_id, NULL, 0, 1);
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER calls_keep_to_the_transitions BEFORE UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION guard_call();

-- The invitation leads and its call follows, also when somebody expires one by hand.
CREATE FUNCTION follow_invitation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    ELSIF OLD.state <> 'pending' THEN
        RAISE EXCEPTION 'invitation is already %', OLD.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invitation_is_answered_once';
    ELSIF NEW.state = 'accepted' AND clock_timestamp() >= OLD.expires_at THEN
        RAISE EXCEPTION 'invitation has expired'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invitation_is_not_late';
    END IF;
    NEW.answered_at := clock_timestamp();
    UPDATE calls SET
        state = CASE NEW.state WHEN 'accepted' THEN 'connecting' WHEN 'expired' THEN 'missed' ELSE NEW.state END,
        accepted_at = CASE WHEN NEW.state = 'accepted' THEN NEW.answered_at END,
        end_reason = CASE WHEN NEW.state <> 'accepted' THEN coalesce(NEW.reason,
            CASE WHEN NEW.state = 'expired' AND quiet THEN 'quiet_hours' ELSE NEW.state END) END
    WHERE id = NEW.call_id;
    RETURN NEW;
END $$;
CREATE TRIGGER calls_follow_their_invitation BEFORE UPDATE OF state ON call_invitations
    FOR EACH ROW EXECUTE FUNCTION follow_invitation();

-- At commit: call and invitation agree, and the transition is on record (a change made by hand in SQL
-- writes no event of its own, so it gets one here and reaches the clients like any other).
CREATE FUNCTION call_is_coherent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told text := CASE NEW.state WHEN 'ringing' THEN 'call:incoming' WHEN 'connecting' THEN 'call:accepted'
        WHEN 'active' THEN 'call:connected' WHEN 'failed' THEN 'call:ended' ELSE 'call:' || NEW.state END;
    body jsonb := jsonb_build_object('callId', NEW.id);
BEGIN
    PERFORM 1 FROM calls c JOIN call_invitations i ON i.call_id = c.id
    WHERE c.id = NEW.id AND i.state = CASE c.state WHEN 'ringing' THEN 'pending' WHEN 'missed' THEN 'expired'
        WHEN 'declined' THEN 'declined' WHEN 'cancelled' THEN 'cancelled' ELSE 'accepted' END;
    IF NOT FOUND AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.id) THEN
        RAISE EXCEPTION 'call % and its invitation disagree', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'call_and_invitation_agree';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM events WHERE call_id = NEW.id AND version = NEW.version) THEN
        INSERT INTO events (type, call_id, creator_id, fan_id, version, data, deliveries)
        VALUES ('call.' || NEW.state, NEW.id, NEW.creator_id, NEW.fan_id, NEW.version,
            jsonb_build_object('endReason', NEW.end_reason), jsonb_build_array(
                jsonb_build_object('channel', 'fan:' || NEW.fan_id, 'name', told, 'data', body),
                jsonb_build_object('channel', 'creator:' || NEW.creator_id, 'data', body, 'name',
                    CASE WHEN told = 'call:cancelled' AND NEW.end_reason = 'blocked_by_fan'
                        THEN 'call:declined' ELSE told END)));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER calls_are_coherent AFTER INSERT OR UPDATE OF state ON calls
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION call_is_coherent();

-- Started increments, as telephone billing rounds; then whole tokens, rounded up (docs/billing.md).
CREATE FUNCTION call_billable_seconds(connected interval, increment integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (ceil(extract(epoch FROM connected) / increment) * increment)::integer;
CREATE FUNCTION call_charge(seconds bigint, rate bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (seconds * rate + 59) / 60;
-- The longest connected time, in whole increments, that `tokens` pay for: call_charge of it is <= tokens.
CREATE FUNCTION call_seconds_covered(tokens bigint, rate bigint, increment integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN tokens * 60 / rate / increment * increment;
CREATE FUNCTION call_connected(p_call uuid, p_now timestamptz) RETURNS interval LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(greatest(coalesce(ended_at, p_now) - started_at, interval '0')), interval '0')
    FROM call_segments WHERE call_id = p_call
$$;

-- Closes the open segment at `p_until`, or when a side was last heard of by then, and no later than the funds
-- pay for: the hold is extended first, so that a late sweeper costs nobody a second.
CREATE FUNCTION segment_close(p_call uuid, p_until timestamptz) RETURNS void LANGUAGE plpgsql AS $$
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

-- Ends an answered call once, under the caller's call_lock: stops the clock, captures the charge, releases the rest.
CREATE FUNCTION call_settle(p_call uuid, p_until timestamptz, p_reason text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    c       calls%ROWTYPE;
    seconds integer;
    charged bigint;
BEGIN
    SELECT * INTO STRICT c FROM calls WHERE id = p_call;
    IF c.state NOT IN ('connecting', 'active', 'reconnecting') THEN
        RETURN c.tokens_charged;
    END IF;
    PERFORM segment_close(p_call, p_until);
    seconds := call_billable_seconds(call_connected(p_call, p_until), c.increment_seconds);
    charged := hold_capture(p_call, call_charge(seconds, c.tokens_per_minute), c.fee_basis_points, c.creator_id);
    UPDATE calls SET state = CASE WHEN p_reason = 'no_connection' THEN 'failed' ELSE 'ended' END,
        end_reason = p_reason, billable_seconds = seconds, tokens_charged = charged
    WHERE id = p_call;
    RETURN charged;
END $$;

-- Everything a decision about a call rests on, in one row.
CREATE VIEW call_facts AS
SELECT c.*, i.state AS invitation_state, i.expires_at, t.now,
    pc.has_media AS creator_has_media, pc.seen_at AS creator_seen_at, pc.presence_seconds AS creator_presence_seconds,
    pc.device_id AS creator_device_id, pc.epoch AS creator_epoch,
    pf.has_media AS fan_has_media, pf.seen_at AS fan_seen_at, pf.presence_seconds AS fan_presence_seconds,
    pf.device_id AS fan_device_id, pf.epoch AS fan_epoch,
    call_connected(c.id, t.now) AS connected,
    coalesce(h.amount, 0) AS held_tokens, coalesce(a.posted - a.held, 0) AS fan_available_tokens
FROM calls c
JOIN call_invitations i ON i.call_id = c.id
JOIN call_participants pc ON pc.call_id = c.id AND pc.role = 'creator'
JOIN call_participants pf ON pf.call_id = c.id AND pf.role = 'fan'
LEFT JOIN ledger_holds h ON h.call_id = c.id AND h.purpose = 'call' AND h.closed_at IS NULL
LEFT JOIN ledger_accounts a ON a.owner_id = c.fan_id AND a.kind = 'user' AND a.slot = 0
CROSS JOIN LATERAL (SELECT clock_timestamp() AS now WHERE c.id IS NOT NULL) t;

-- Locks in the one order, then reads afresh: what is decided on is what will be changed.
CREATE FUNCTION call_lock(p_call uuid) RETURNS SETOF call_facts LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM call_invitations WHERE call_id = p_call FOR NO KEY UPDATE;
    PERFORM 1 FROM calls WHERE id = p_call FOR NO KEY UPDATE;
    RETURN QUERY SELECT * FROM call_facts WHERE id = p_call;
END $$;

-- A ring and a block of the same pair take turns: whichever is second sees the first.
CREATE FUNCTION pair_lock(creator uuid, fan uuid) RETURNS void LANGUAGE sql
    RETURN pg_advisory_xact_lock(hashtextextended(creator::text || fan::text, 132));

-- A block, whoever writes it, cancels the pair's ring and ends its call.
CREATE FUNCTION end_calls_of_blocked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    by_fan boolean := TG_TABLE_NAME = 'fan_blocked_creators';
    fan    uuid := (to_jsonb(NEW) ->> CASE WHEN by_fan THEN 'fan_id' ELSE 'blocked_user_id' END)::uuid;
    why    text := CASE WHEN by_fan THEN 'blocked_by_fan' ELSE 'blocked_by_creator' END;
    ended  uuid;
BEGIN
    PERFORM pair_lock(NEW.creator_id, fan);
    FOR ended IN SELECT l.id FROM calls c CROSS JOIN LATERAL call_lock(c.id) l
        WHERE c.creator_id = NEW.creator_id AND c.fan_id = fan AND c.ended_at IS NULL AND l.ended_at IS NULL LOOP
        UPDATE call_invitations SET state = 'cancelled', reason = why WHERE call_id = ended AND state = 'pending';
        PERFORM call_settle(ended, clock_timestamp(), why);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER blocks_end_calls AFTER INSERT ON creator_blocked_users FOR EACH ROW EXECUTE FUNCTION end_calls_of_blocked();
CREATE TRIGGER blocks_end_calls AFTER INSERT ON fan_blocked_creators FOR EACH ROW EXECUTE FUNCTION end_calls_of_blocked();
