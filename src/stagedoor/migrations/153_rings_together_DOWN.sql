-- Nothing is lost: each ring is a statement again.
SET lock_timeout = '2s';

DROP FUNCTION call_ring_is_free(uuid, uuid);

CREATE OR REPLACE FUNCTION pair_lock(creator uuid, fan uuid) RETURNS void LANGUAGE sql
    RETURN pg_advisory_xact_lock(hashtextextended(creator::text || fan::text, 132));

DROP FUNCTION pair_key(uuid, uuid);
