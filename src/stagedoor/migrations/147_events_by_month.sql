-- Events by month. What is there becomes the first partition as it is: no row is copied or moved. The long part, reading
-- it once, comes first and stops nobody; what follows needs the table for itself for some milliseconds.
SET lock_timeout = '2s';

ALTER TABLE events VALIDATE CONSTRAINT before_months;

DROP TRIGGER events_are_append_only ON events;
DROP TRIGGER events_are_not_truncated ON events;
-- lint: allow ban-alter-identity: the default below takes its place in the same transaction; nobody gives an id
ALTER TABLE events ALTER COLUMN id DROP IDENTITY;
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'events'::regclass LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', name, 'before_months_' || name);
    END LOOP;
END $$;
-- lint: allow renaming-table: the next statement makes the one that everybody goes on using
ALTER TABLE events RENAME TO events_before_months;

CREATE SEQUENCE events_id_seq MAXVALUE 4398046511103 CYCLE; -- 42 bits
CREATE TABLE events (
    id           bigint NOT NULL DEFAULT (event_month_floor(clock_timestamp()) + nextval('events_id_seq')),
    type         text NOT NULL,
    call_id      uuid,
    creator_id   uuid,
    fan_id       uuid,
    actor_id     uuid,
    version      integer NOT NULL DEFAULT 0,
    request_id   text,
    data         jsonb NOT NULL DEFAULT '{}',
    deliveries   jsonb NOT NULL DEFAULT '[]',
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz,
    PRIMARY KEY (id)
) PARTITION BY RANGE (id);
ALTER SEQUENCE events_id_seq OWNED BY events.id;
CREATE INDEX idx_events_unpublished ON events (id) WHERE published_at IS NULL;
CREATE INDEX idx_events_call ON events (call_id, id) WHERE call_id IS NOT NULL;
CREATE INDEX idx_events_fan ON events (fan_id, id) WHERE fan_id IS NOT NULL;
CREATE INDEX idx_events_creator ON events (creator_id, id) WHERE creator_id IS NOT NULL;
CREATE INDEX idx_events_actor ON events (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX idx_events_created_at ON events (created_at);
CREATE INDEX idx_events_operations ON events (id)
WHERE call_id IS NULL AND creator_id IS NULL AND fan_id IS NULL;

-- Ids go on above the greatest: the months' own if there are such, from an earlier up and down.
DO $$
DECLARE greatest_id bigint := (SELECT coalesce(max(id), 0) FROM events_before_months);
BEGIN
    EXECUTE format('ALTER TABLE events ATTACH PARTITION events_before_months FOR VALUES FROM (MINVALUE) TO (%s)',
        (greatest_id >> 42) + 1 << 42);
    PERFORM setval('events_id_seq', greatest_id % (1::bigint << 42) + 1);
END $$;
-- Whatever has no month, because nobody made it: never refused, and moved when the month is made.
CREATE TABLE events_default PARTITION OF events DEFAULT;

-- As before, and a move between partitions takes a row away where it was.
CREATE OR REPLACE FUNCTION guard_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('stagedoor.erasing', true) = 'on' THEN
        RETURN coalesce(NEW, OLD);
    END IF;
    IF TG_OP = 'UPDATE' AND (to_jsonb(OLD) - 'published_at') = (to_jsonb(NEW) - 'published_at') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION guard_events();
-- TRUNCATE of a partition does not ask its parent's trigger: each has its own.
CREATE TRIGGER events_are_not_truncated BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION guard_events();
CREATE TRIGGER events_are_not_truncated BEFORE TRUNCATE ON events_before_months
    FOR EACH STATEMENT EXECUTE FUNCTION guard_events();
CREATE TRIGGER events_are_not_truncated BEFORE TRUNCATE ON events_default
    FOR EACH STATEMENT EXECUTE FUNCTION guard_events();

-- Makes this month's partition and those of `ahead` more where they are missing. Returns how many it made. A lock
-- that somebody holds is not waited for: then this fails, and may be asked again at any time.
CREATE FUNCTION make_event_months(ahead integer) RETURNS integer LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
DECLARE
    this  bigint := event_month(clock_timestamp());
    first bigint := (SELECT (regexp_match(pg_get_expr(relpartbound, oid), 'TO \(''?(\d+)'))[1]::bigint >> 42
        FROM pg_class WHERE oid = 'events_before_months'::regclass);
    month bigint;
    made  integer := 0;
    name  text;
BEGIN
    FOR n IN 0 .. ahead LOOP
        month := this + n;
        name := format('events_%s_%s', 2020 + month / 12, lpad((month % 12 + 1)::text, 2, '0'));
        CONTINUE WHEN month < first OR to_regclass(name) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
        PERFORM set_config('stagedoor.erasing', 'on', true);
        EXECUTE format('WITH moved AS (DELETE FROM events_default WHERE id >= %s AND id < %s RETURNING *)
            INSERT INTO %I SELECT * FROM moved', month << 42, month + 1 << 42, name);
        PERFORM set_config('stagedoor.erasing', 'off', true);
        EXECUTE format('CREATE TRIGGER events_are_not_truncated BEFORE TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION guard_events()', name);
        EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
            name, month << 42, month + 1 << 42);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
SELECT make_event_months(3);

-- Asks for a transition's own event among the last, not in every month there is.
DO $$
BEGIN
    EXECUTE replace(pg_get_functiondef('call_is_coherent()'::regprocedure), 'version = NEW.version)',
        'version = NEW.version AND id >= event_month_floor(now() - interval ''1 day''))');
END $$;
