-- Rings that are asked for at the same moment go in one statement.
SET lock_timeout = '2s';

-- What every lock of a pair is taken by.
CREATE FUNCTION pair_key(creator uuid, fan uuid) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN hashtextextended(creator::text || fan::text, 132);

CREATE OR REPLACE FUNCTION pair_lock(creator uuid, fan uuid) RETURNS void LANGUAGE sql
    RETURN pg_advisory_xact_lock(pair_key(creator, fan));

-- May this ring go with others? It may when nobody holds its pair's lock (which it then has) and when its creator is not
-- ringing or in a call. Whoever may not is asked alone: its wait and its refusal are nobody else's.
CREATE FUNCTION call_ring_is_free(p_creator uuid, p_fan uuid) RETURNS boolean LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    RETURN NOT EXISTS (SELECT 1 FROM calls WHERE creator_id = p_creator
            AND state IN ('ringing', 'connecting', 'active', 'reconnecting'))
        AND pg_try_advisory_xact_lock(pair_key(p_creator, p_fan));
END $$;
