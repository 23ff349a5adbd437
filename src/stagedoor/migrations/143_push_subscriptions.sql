-- Web Push: the browsers that ring while no tab is open. A subscription is one browser's; whoever signed in there
-- last has it.
SET lock_timeout = '2s';

CREATE TABLE push_subscriptions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    endpoint   text NOT NULL CONSTRAINT push_subscriptions_endpoint_key UNIQUE
               CONSTRAINT push_endpoint_length CHECK (char_length(endpoint) <= 2000),
    public_key bytea NOT NULL CONSTRAINT push_public_key_length CHECK (octet_length(public_key) = 65),
    auth       bytea NOT NULL CONSTRAINT push_auth_length CHECK (octet_length(auth) = 16),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX idx_push_subscriptions_user ON push_subscriptions (user_id, id DESC);
