-- Nothing is lost: each ring is a statement again.
SET lock_timeout = '2s';

DROP FUNCTION call_ring_is_free(uuid, uuid);
