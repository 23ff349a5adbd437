-- Tokens from before an erasure would open accounts again.
SET lock_timeout = '2s';

DROP FUNCTION identity_digest(text, text);
DROP TABLE erased_identities;
