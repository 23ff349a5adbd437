-- Back to one table: the rows of the months are copied into it, and nobody records anything meanwhile. Archived months
-- do not come back.
SET lock_timeout = '2s';

DO $$
BEGIN
    EXECUTE replace(pg_get_functiondef('call_is_coherent()'::regprocedure),
        'version = NEW.version AND id >= event_month_floor(now() - interval ''1 day''))', 'version = NEW.version)');
END $$;
DROP FUNCTION make_event_months(integer);
DROP TRIGGER events_are_not_truncated ON events_before_months;
-- lint: allow require-concurrent-partition-detach: everybody waits anyway until the rows are copied
ALTER TABLE events DETACH PARTITION events_before_months;
-- lint: allow down-touches-earlier: the table that events was before this file
ALTER TABLE events_before_months DROP CONSTRAINT before_months;
-- lint: allow backfill: the only way back, and the months of a feature that is taken back are few
INSERT INTO events_before_months SELECT * FROM events;
-- lint: allow down-touches-earlier: the table of months, which this file made under the old name
DROP TABLE events;
-- lint: allow down-touches-earlier: the table that events was before this file
-- lint: allow renaming-table: back to the name that everybody uses
ALTER TABLE events_before_months RENAME TO events;
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'events'::regclass LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', name, replace(name, 'before_months_', ''));
    END LOOP;
END $$;
-- lint: allow ban-alter-identity: as it was; nobody gives an id
ALTER TABLE events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;
SELECT setval('events_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM events), false);
DO $$
BEGIN
    EXECUTE format('ALTER TABLE events ADD CONSTRAINT before_months CHECK (id < %s) NOT VALID',
        ((SELECT coalesce(max(id), 0) FROM events) >> 42) + 1 << 42);
END $$;
CREATE OR REPLACE FUNCTION guard_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('stagedoor.erasing', true) = 'on' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND (to_jsonb(OLD) - 'published_at') = (to_jsonb(NEW) - 'published_at') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION guard_events();
CREATE TRIGGER events_are_not_truncated BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION guard_events();
