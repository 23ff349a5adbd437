-- A flag may be on for some: a share of people, named people, roles. `enabled` keeps meaning "on for everyone",
-- so a release that knows nothing of the rest reads a partly opened feature as off, and so does this file's DOWN.
SET lock_timeout = '2s';

ALTER TABLE flag_overrides
    ADD COLUMN percentage smallint NOT NULL DEFAULT 0 CONSTRAINT flag_percentage CHECK (percentage BETWEEN 0 AND 100),
    ADD COLUMN user_ids uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN roles text[] NOT NULL DEFAULT '{}' CONSTRAINT flag_roles
        CHECK (roles <@ ARRAY['fan', 'creator', 'operator']);
