-- The host platform: people, what they do to each other, and the record of what happened.
-- A platform that already has these tables maps them onto these names and skips this file.
SET lock_timeout = '2s';

CREATE TABLE users (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    username      text NOT NULL CONSTRAINT username_shape CHECK (username ~ '^[a-z0-9][a-z0-9_.-]{1,29}$'),
    display_name  text NOT NULL CONSTRAINT display_name_length CHECK (char_length(display_name) BETWEEN 1 AND 80),
    avatar_url    text,
    bio           text NOT NULL DEFAULT '' CONSTRAINT bio_length CHECK (char_length(bio) <= 1000),
    password_hash text,
    issuer        text,
    subject       text,
    is_creator    boolean NOT NULL DEFAULT false,
    is_operator   boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_username_key UNIQUE (username),
    CONSTRAINT users_identity_key UNIQUE (issuer, subject),
    CONSTRAINT identity_is_whole CHECK ((issuer IS NULL) = (subject IS NULL))
);

CREATE TABLE revoked_sessions (
    session_id uuid PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX idx_revoked_sessions_expires_at ON revoked_sessions (expires_at);

CREATE TABLE follows (
    fan_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    creator_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (fan_id, creator_id),
    CONSTRAINT follow_is_not_self CHECK (fan_id <> creator_id)
);
CREATE INDEX idx_follows_creator ON follows (creator_id);

-- Money: the row outlives the account that it names, so that the ledger's references stay readable.
CREATE TABLE tips (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    fan_id      uuid REFERENCES users ON DELETE SET NULL,
    creator_id  uuid REFERENCES users ON DELETE SET NULL,
    tokens      bigint NOT NULL CONSTRAINT tip_is_positive CHECK (tokens > 0),
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    refunded_at timestamptz,
    CONSTRAINT tip_is_not_self CHECK (fan_id <> creator_id)
);
CREATE INDEX idx_tips_fan ON tips (fan_id, creator_id, created_at);
CREATE INDEX idx_tips_creator ON tips (creator_id, created_at);

CREATE TABLE messages (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    sender_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    recipient_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    body         text NOT NULL CONSTRAINT message_length CHECK (char_length(body) BETWEEN 1 AND 4000),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    read_at      timestamptz,
    CONSTRAINT message_is_not_self CHECK (sender_id <> recipient_id)
);
-- One thread is one pair, whoever wrote; both directions share an index.
CREATE INDEX idx_messages_thread
    ON messages (least(sender_id, recipient_id), greatest(sender_id, recipient_id), created_at DESC, id DESC);
CREATE INDEX idx_messages_sender ON messages (sender_id);
CREATE INDEX idx_messages_recipient ON messages (recipient_id);
CREATE INDEX idx_messages_unread ON messages (recipient_id, sender_id) WHERE read_at IS NULL;

CREATE TABLE creator_blocked_users (
    creator_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    blocked_user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (creator_id, blocked_user_id),
    CONSTRAINT creator_block_is_not_self CHECK (creator_id <> blocked_user_id)
);
CREATE INDEX idx_creator_blocked_users_blocked ON creator_blocked_users (blocked_user_id);

CREATE TABLE fan_blocked_creators (
    fan_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    creator_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (fan_id, creator_id),
    CONSTRAINT fan_block_is_not_self CHECK (fan_id <> creator_id)
);
CREATE INDEX idx_fan_blocked_creators_creator ON fan_blocked_creators (creator_id);

-- Outbox and audit trail at once. A change writes its event in its own transaction; `deliveries`
-- ([{channel, name, data}]) is what clients are told, `data` what the record keeps. People and calls
-- are referred to by id without a foreign key: the record outlives them, and erasing a fan replaces
-- the id by a pseudonym (pseudonymise_events).
CREATE TABLE events (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type         text NOT NULL,
    call_id      uuid,
    creator_id   uuid,
    fan_id       uuid,
    actor_id     uuid,
    version      integer NOT NULL DEFAULT 0,
    request_id   text,
    data         jsonb NOT NULL DEFAULT '{}',
    deliveries   jsonb NOT NULL DEFAULT '[]',
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz
);
CREATE INDEX idx_events_unpublished ON events (id) WHERE published_at IS NULL;
CREATE INDEX idx_events_call ON events (call_id, id) WHERE call_id IS NOT NULL;
CREATE INDEX idx_events_fan ON events (fan_id, id) WHERE fan_id IS NOT NULL;
CREATE INDEX idx_events_creator ON events (creator_id, id) WHERE creator_id IS NOT NULL;
CREATE INDEX idx_events_created_at ON events (created_at);

-- What happened stays as it happened: only publication may be marked, and only erasure may pseudonymise.
CREATE FUNCTION guard_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('stagedoor.erasing', true) = 'on' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND (to_jsonb(OLD) - 'published_at') = (to_jsonb(NEW) - 'published_at') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION guard_events();
CREATE TRIGGER events_are_not_truncated BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION guard_events();

-- Replaces a person in the record by a pseudonym and drops what clients were told about them.
CREATE FUNCTION pseudonymise_events(person uuid, pseudonym uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE touched bigint;
BEGIN
    PERFORM set_config('stagedoor.erasing', 'on', true);
    UPDATE events SET
        fan_id     = CASE WHEN fan_id = person THEN pseudonym ELSE fan_id END,
        creator_id = CASE WHEN creator_id = person THEN pseudonym ELSE creator_id END,
        actor_id   = CASE WHEN actor_id = person THEN pseudonym ELSE actor_id END,
        data       = data - 'name' - 'username' - 'text',
        deliveries = '[]'
    WHERE fan_id = person OR creator_id = person OR actor_id = person;
    GET DIAGNOSTICS touched = ROW_COUNT;
    PERFORM set_config('stagedoor.erasing', 'off', true);
    RETURN touched;
END $$;
CREATE INDEX idx_events_actor ON events (actor_id) WHERE actor_id IS NOT NULL;

CREATE TABLE idempotency_keys (
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    route        text NOT NULL,
    key          text NOT NULL CONSTRAINT idempotency_key_length CHECK (char_length(key) BETWEEN 1 AND 255),
    request_hash bytea NOT NULL,
    response     jsonb NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, route, key)
);
CREATE INDEX idx_idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE flag_overrides (
    key        text PRIMARY KEY,
    enabled    boolean NOT NULL,
    reason     text NOT NULL DEFAULT '',
    author     text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE FUNCTION announce_flags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('stagedoor_flags', '');
    RETURN NULL;
END $$;
CREATE TRIGGER flags_are_announced AFTER INSERT OR UPDATE OR DELETE ON flag_overrides
    FOR EACH STATEMENT EXECUTE FUNCTION announce_flags();
