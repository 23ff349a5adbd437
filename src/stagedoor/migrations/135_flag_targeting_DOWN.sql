-- A feature that was on for some is off again; one that was on for everyone stays on.
SET lock_timeout = '2s';

ALTER TABLE flag_overrides
    DROP COLUMN roles,
    DROP COLUMN user_ids,
    DROP COLUMN percentage;
