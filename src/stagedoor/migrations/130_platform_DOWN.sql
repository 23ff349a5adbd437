-- Destructive: removes the people, their messages and the record of what happened.
SET lock_timeout = '2s';

DROP TABLE flag_overrides;
DROP FUNCTION announce_flags();
DROP TABLE idempotency_keys;
DROP FUNCTION pseudonymise_events(uuid, uuid);
DROP TABLE events;
DROP FUNCTION guard_events();
DROP TABLE fan_blocked_creators;
DROP TABLE creator_blocked_users;
DROP TABLE messages;
DROP TABLE tips;
DROP TABLE follows;
DROP TABLE revoked_sessions;
DROP TABLE users;
