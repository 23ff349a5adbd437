-- Quiet hours: when a fan's devices do not ring, by the clock on her own wall. They may cross midnight.
SET lock_timeout = '2s';

-- True for a name that this server can tell the time by, such as Europe/Berlin.
CREATE FUNCTION is_time_zone(zone text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM timestamptz 'epoch' AT TIME ZONE zone;
    RETURN zone ~ '^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)+)$'; -- an area and a place, not an offset
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN false;
END $$;

-- NOT VALID: nobody has quiet hours yet, so there is nothing to scan the table for.
ALTER TABLE users
    ADD COLUMN fan_quiet_from time,
    ADD COLUMN fan_quiet_until time,
    ADD COLUMN fan_quiet_timezone text NOT NULL DEFAULT 'UTC',
    ADD CONSTRAINT fan_quiet_hours_are_whole CHECK ((fan_quiet_from IS NULL) = (fan_quiet_until IS NULL)) NOT VALID,
    ADD CONSTRAINT fan_quiet_hours_last CHECK (fan_quiet_from <> fan_quiet_until) NOT VALID,
    ADD CONSTRAINT fan_quiet_timezone_is_known CHECK (is_time_zone(fan_quiet_timezone)) NOT VALID;

-- From `fan_quiet_from`, inclusive, until `fan_quiet_until`, exclusive, in the fan's time zone, daylight saving
-- time included. Never NULL; false for an unknown fan.
CREATE FUNCTION fan_is_quiet(fan uuid, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT CASE WHEN fan_quiet_from < fan_quiet_until
            THEN wall.clock >= fan_quiet_from AND wall.clock < fan_quiet_until
            ELSE wall.clock >= fan_quiet_from OR wall.clock < fan_quiet_until END
        FROM users CROSS JOIN LATERAL (SELECT (at AT TIME ZONE fan_quiet_timezone)::time AS clock) AS wall
        WHERE users.id = fan AND fan_quiet_from IS NOT NULL), false)
$$;
