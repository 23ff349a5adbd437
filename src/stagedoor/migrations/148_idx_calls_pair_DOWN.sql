-- no-transaction
SET lock_timeout = '60s';
DROP INDEX CONCURRENTLY IF EXISTS idx_calls_pair;
