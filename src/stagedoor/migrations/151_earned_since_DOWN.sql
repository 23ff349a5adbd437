SET lock_timeout = '2s';

DROP FUNCTION earned_since(uuid, timestamptz);
