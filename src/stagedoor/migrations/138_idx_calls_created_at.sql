-- no-transaction
SET lock_timeout = '60s';
-- The operators' view of an hour, a day, a week. Undoing 132 takes it along with its table.
CREATE INDEX CONCURRENTLY idx_calls_created_at ON calls (created_at);
