-- no-transaction
SET lock_timeout = '60s';
-- What operators did and the guard did: the events that are about nobody.
CREATE INDEX CONCURRENTLY idx_events_operations ON events (id)
WHERE call_id IS NULL AND creator_id IS NULL AND fan_id IS NULL;
