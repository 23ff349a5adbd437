-- Roll-outs, what the guard goes by, and who serves. Nothing here refers to a call.
SET lock_timeout = '2s';

-- One roll-out is open at a time. Its steps are written when it is planned, so a later release with other phases
-- finishes it as it was planned.
CREATE TABLE rollouts (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state      text NOT NULL DEFAULT 'planned'
               CONSTRAINT rollout_state CHECK (state IN ('planned', 'running', 'aborted', 'completed', 'dropped')),
    position   integer NOT NULL DEFAULT 0 CONSTRAINT rollout_position CHECK (position >= 0),
    automatic  boolean NOT NULL DEFAULT false,
    dry_run    boolean NOT NULL DEFAULT false,
    author     text NOT NULL,
    reason     text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at   timestamptz,
    CONSTRAINT ended_rollouts_say_when CHECK ((state IN ('completed', 'dropped')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX one_open_rollout ON rollouts ((true)) WHERE state IN ('planned', 'running', 'aborted');

CREATE TABLE rollout_steps (
    rollout_id    bigint NOT NULL REFERENCES rollouts ON DELETE CASCADE,
    position      integer NOT NULL CONSTRAINT rollout_step_position CHECK (position >= 1),
    phase         text NOT NULL CONSTRAINT rollout_phase
                  CHECK (phase IN ('database', 'backend', 'frontend', 'mini_profiles', 'calls', 'share_cards')),
    percentage    smallint CONSTRAINT rollout_percentage CHECK (percentage BETWEEN 1 AND 100),
    wait_seconds  double precision NOT NULL DEFAULT 0 CONSTRAINT rollout_wait CHECK (wait_seconds >= 0),
    watch_seconds double precision NOT NULL CONSTRAINT rollout_watch CHECK (watch_seconds >= 0),
    state         text NOT NULL DEFAULT 'waiting'
                  CONSTRAINT rollout_step_state CHECK (state IN ('waiting', 'watching', 'passed', 'aborted')),
    started_at    timestamptz,
    passed_at     timestamptz,
    counted       jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (rollout_id, position)
);

-- What every process counted, by minute: HTTP requests, errors, answers within each bound, refusals, events. Each
-- process adds its batch every few seconds; the rows are few, and kept for eight days.
CREATE TABLE minute_counts (
    minute  timestamptz NOT NULL,
    name    text NOT NULL,
    counted bigint NOT NULL CONSTRAINT counted_is_positive CHECK (counted > 0),
    PRIMARY KEY (minute, name)
);

-- Serving processes, by their sign of life.
CREATE TABLE server_processes (
    id         uuid PRIMARY KEY,
    host       text NOT NULL,
    release    text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The guard's last look, written by whichever process leads.
CREATE TABLE guard_looks (
    id      boolean PRIMARY KEY DEFAULT true CONSTRAINT one_guard_look CHECK (id),
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    process uuid NOT NULL,
    armed   boolean NOT NULL,
    verdict text NOT NULL CONSTRAINT guard_verdict CHECK (verdict IN ('go', 'hold', 'abort')),
    seen    jsonb NOT NULL
);
