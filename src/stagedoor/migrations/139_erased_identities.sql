-- An external token outlives the account that it opened: whoever was erased must not come back by a token from
-- before. Only a digest of the identity is kept.
SET lock_timeout = '2s';

CREATE TABLE erased_identities (
    digest    bytea PRIMARY KEY CONSTRAINT erased_identity_digest_length CHECK (octet_length(digest) = 32),
    erased_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION identity_digest(issuer text, subject text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN sha256(convert_to(issuer || chr(10) || subject, 'UTF8'));
