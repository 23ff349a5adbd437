-- After the call: ratings, reports, disputes. A call is referred to by its id without a foreign key, as in the
-- ledger: what was complained about stays on record, and the calls' own migration can be taken back by itself.
SET lock_timeout = '2s';

CREATE TABLE call_ratings (
    call_id    uuid NOT NULL,
    role       text NOT NULL CONSTRAINT rating_role CHECK (role IN ('creator', 'fan')),
    stars      smallint NOT NULL CONSTRAINT rating_stars CHECK (stars BETWEEN 1 AND 5),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (call_id, role)
);

CREATE TABLE call_reports (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    call_id     uuid NOT NULL,
    role        text NOT NULL CONSTRAINT report_role CHECK (role IN ('creator', 'fan')),
    reporter_id uuid REFERENCES users ON DELETE SET NULL,
    accused_id  uuid REFERENCES users ON DELETE SET NULL,
    reason      text NOT NULL CONSTRAINT report_reason
                CHECK (reason IN ('harassment', 'spam', 'underage', 'fraud', 'other')),
    body        text NOT NULL CONSTRAINT report_length CHECK (char_length(body) <= 2000),
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at   timestamptz,
    resolution  text CONSTRAINT report_resolution_length CHECK (char_length(resolution) <= 2000),
    CONSTRAINT closed_reports_say_how CHECK ((closed_at IS NULL) = (resolution IS NULL))
);
CREATE INDEX idx_call_reports_call ON call_reports (call_id);
CREATE INDEX idx_call_reports_open ON call_reports (created_at, id) WHERE closed_at IS NULL;
CREATE INDEX idx_call_reports_created_at ON call_reports (created_at, id);
CREATE INDEX idx_call_reports_reporter ON call_reports (reporter_id);
CREATE INDEX idx_call_reports_accused ON call_reports (accused_id);

-- One a call, by the fan who paid. What is frozen is a hold of purpose `dispute` on the creator's account.
CREATE TABLE call_disputes (
    call_id         uuid PRIMARY KEY,
    fan_id          uuid REFERENCES users ON DELETE SET NULL,
    body            text NOT NULL CONSTRAINT dispute_length CHECK (char_length(body) <= 2000),
    frozen_tokens   bigint NOT NULL CONSTRAINT frozen_not_negative CHECK (frozen_tokens >= 0),
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    resolved_at     timestamptz,
    refunded_tokens bigint CONSTRAINT refunded_not_negative CHECK (refunded_tokens >= 0),
    CONSTRAINT resolved_disputes_say_how CHECK ((resolved_at IS NULL) = (refunded_tokens IS NULL))
);
CREATE INDEX idx_call_disputes_open ON call_disputes (created_at, call_id) WHERE resolved_at IS NULL;
CREATE INDEX idx_call_disputes_created_at ON call_disputes (created_at, call_id);
CREATE INDEX idx_call_disputes_fan ON call_disputes (fan_id);

-- What a person wrote goes when the person is erased; that there was a complaint, and of what kind, stays.
CREATE FUNCTION forget_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.body := '';
    RETURN NEW;
END $$;
CREATE TRIGGER reports_forget_the_erased BEFORE UPDATE OF reporter_id ON call_reports
    FOR EACH ROW WHEN (NEW.reporter_id IS NULL) EXECUTE FUNCTION forget_words();
CREATE TRIGGER disputes_forget_the_erased BEFORE UPDATE OF fan_id ON call_disputes
    FOR EACH ROW WHEN (NEW.fan_id IS NULL) EXECUTE FUNCTION forget_words();
