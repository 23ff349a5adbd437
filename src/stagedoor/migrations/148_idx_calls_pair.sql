-- no-transaction
SET lock_timeout = '60s';
-- The last call of a creator and a fan, and what they did together, without reading either's other calls. Undoing 132
-- takes it along with its table.
CREATE INDEX CONCURRENTLY idx_calls_pair ON calls (creator_id, fan_id, created_at DESC, id DESC);
