-- Destructive: removes fans' quiet hours.
SET lock_timeout = '2s';

DROP FUNCTION fan_is_quiet(uuid, timestamptz);
ALTER TABLE users
    DROP COLUMN fan_quiet_timezone,
    DROP COLUMN fan_quiet_until,
    DROP COLUMN fan_quiet_from;
DROP FUNCTION is_time_zone(text);
