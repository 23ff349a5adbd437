-- Destructive: removes ratings, reports and disputes. Refunds stay in the ledger, and what a dispute froze is
-- released.
SET lock_timeout = '2s';

-- lint: allow down-touches-earlier: the holds of this file's disputes; nothing else could release them
-- lint: allow backfill: open disputes are few, and their tokens would stay held for good
UPDATE ledger_holds SET closed_at = clock_timestamp() WHERE purpose = 'dispute' AND closed_at IS NULL;
DROP TABLE call_disputes;
DROP TABLE call_reports;
DROP TABLE call_ratings;
DROP FUNCTION forget_words();
