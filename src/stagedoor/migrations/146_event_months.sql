-- First step of events by month: what a month is, and that every event so far lies before the first of them.
-- An event's id will begin with its month, so that ids stay unique, stay in order, and find their partition by
-- themselves: a query by id reads one month, and the newest rows are found without a look at the oldest.
SET lock_timeout = '2s';

-- Months since January 2020, in UTC.
CREATE FUNCTION event_month(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    ((extract(year FROM at AT TIME ZONE 'UTC') - 2020) * 12 + extract(month FROM at AT TIME ZONE 'UTC') - 1)::bigint;
-- The first id of that month: 42 bits are left to count, and 53 in all are exact in every client's numbers until 2190.
CREATE FUNCTION event_month_floor(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    event_month(at) << 42;

-- Not validated yet, so this waits for no reading of the table. Ids go on from the greatest one by one until the next
-- step, which a month has room for: the bound is the end of the month that the greatest id is in (0 for plain ones).
DO $$
BEGIN
    EXECUTE format('ALTER TABLE events ADD CONSTRAINT before_months CHECK (id < %s) NOT VALID',
        ((SELECT coalesce(max(id), 0) FROM events) >> 42) + 1 << 42);
END $$;
