-- What the team is still to be told of a roll-out: the row is the job, so a kill at any point leaves it due.
SET lock_timeout = '2s';

CREATE TABLE team_messages (
    event_id   bigint PRIMARY KEY,
    text       text NOT NULL CONSTRAINT team_message_length CHECK (char_length(text) BETWEEN 1 AND 4000),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts   integer NOT NULL DEFAULT 0,
    done_at    timestamptz,
    outcome    text
);
CREATE INDEX idx_team_messages_due ON team_messages (due_at) WHERE done_at IS NULL;
