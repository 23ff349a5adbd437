SET lock_timeout = '2s';

-- lint: allow down-touches-earlier: this file's own constraint, which a DO block made
ALTER TABLE events DROP CONSTRAINT before_months;
DROP FUNCTION event_month_floor(timestamptz);
DROP FUNCTION event_month(timestamptz);
