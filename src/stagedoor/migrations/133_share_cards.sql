-- Share cards: one link a fan, shown to whoever holds it until it expires or is revoked.
-- The link's token is not here: only its SHA-256, and a nonce that is worthless without the server's key
-- (docs/decisions/0005-share-tokens.md).
SET lock_timeout = '2s';

CREATE TABLE share_cards (
    fan_id     uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    nonce      bytea NOT NULL CONSTRAINT share_card_nonce_length CHECK (octet_length(nonce) = 32),
    token_hash bytea NOT NULL CONSTRAINT share_cards_token_hash_key UNIQUE
        CONSTRAINT share_card_hash_length CHECK (octet_length(token_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT share_card_expires_later CHECK (expires_at > created_at)
);
