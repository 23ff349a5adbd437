-- Destructive: removes fans' policies and the calls. Users, follows, tips, messages, blocks, the ledger and
-- the record of what happened stay.
SET lock_timeout = '2s';

-- Nobody's tokens stay held by a call that no longer exists: running calls are settled first.
SELECT call_settle(id, clock_timestamp(), 'operator') FROM calls
WHERE state IN ('connecting', 'active', 'reconnecting');
SET CONSTRAINTS ALL IMMEDIATE;

DROP TRIGGER blocks_end_calls ON fan_blocked_creators;
DROP TRIGGER blocks_end_calls ON creator_blocked_users;
DROP FUNCTION end_calls_of_blocked();
DROP FUNCTION pair_lock(uuid, uuid);
DROP FUNCTION call_lock(uuid);
DROP VIEW call_facts;
DROP FUNCTION call_settle(uuid, timestamptz, text);
DROP FUNCTION segment_close(uuid, timestamptz);
DROP FUNCTION call_connected(uuid, timestamptz);
DROP FUNCTION call_seconds_covered(bigint, bigint, integer);
DROP FUNCTION call_charge(bigint, bigint);
DROP FUNCTION call_billable_seconds(interval, integer);
DROP TABLE call_cooldowns;
DROP TABLE call_segments;
DROP TABLE call_participants;
DROP TABLE call_invitations;
DROP TABLE calls;
DROP FUNCTION call_is_coherent();
DROP FUNCTION follow_invitation();
DROP FUNCTION guard_call();
DROP TABLE call_transitions;
DROP FUNCTION media_uid_of(uuid);
DROP TABLE media_identities;
DROP TABLE creator_call_prices;
DROP FUNCTION why_not_call(uuid, uuid);
DROP FUNCTION why_not_message(uuid, uuid);
DROP FUNCTION why_not_see(uuid, uuid);
DROP FUNCTION why_not(text, uuid, uuid);
DROP FUNCTION creator_has_relationship(uuid, uuid);
DROP TRIGGER tips_relate ON tips;
DROP FUNCTION relate_tip();
DROP TRIGGER follows_relate ON follows;
DROP FUNCTION relate_follow();
DROP FUNCTION relate(uuid, uuid, boolean, integer, integer);
DROP TABLE creator_fan_relationships;
ALTER TABLE users
    DROP COLUMN fan_searchable,
    DROP COLUMN fan_allow_calls,
    DROP COLUMN fan_allow_dm,
    DROP COLUMN fan_privacy_visibility;
