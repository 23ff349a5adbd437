-- The token ledger: double entry, append-only, whole tokens. A call is referred to by its id without a
-- foreign key, so the money outlives the feature.
-- Lock order, everywhere: invitation → call → hold → accounts by id. Whoever keeps it cannot deadlock.
SET lock_timeout = '2s';

CREATE TABLE ledger_accounts (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL CONSTRAINT account_kind CHECK (kind IN ('user', 'platform', 'issuance')),
    owner_id   uuid,
    slot       smallint NOT NULL DEFAULT 0 CONSTRAINT account_slot CHECK (slot BETWEEN 0 AND 15),
    posted     bigint NOT NULL DEFAULT 0,
    held       bigint NOT NULL DEFAULT 0 CONSTRAINT held_is_not_negative CHECK (held >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ledger_accounts_owner_key UNIQUE NULLS NOT DISTINCT (owner_id, kind, slot),
    CONSTRAINT owner_only_of_user_accounts CHECK ((kind = 'user') = (owner_id IS NOT NULL)),
    CONSTRAINT sufficient_tokens CHECK (kind <> 'user' OR posted - held >= 0),
    CONSTRAINT nothing_held_from_the_house CHECK (kind = 'user' OR held = 0)
);
-- The house's two accounts take part in every posting: sixteen rows each, or one row lock is the limit.
INSERT INTO ledger_accounts (kind, slot)
SELECT kind, slot FROM unnest(ARRAY['platform', 'issuance']) AS kind, generate_series(0, 15) AS slot;

CREATE TABLE ledger_transactions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    op_key     text NOT NULL CONSTRAINT ledger_transactions_op_key UNIQUE,
    kind       text NOT NULL CONSTRAINT transaction_kind
               CHECK (kind IN ('credit', 'top_up', 'tip', 'tip_refund', 'call', 'call_refund')),
    ref        uuid,
    memo       text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX idx_ledger_transactions_ref ON ledger_transactions (ref) WHERE ref IS NOT NULL;

CREATE TABLE ledger_entries (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id bigint NOT NULL REFERENCES ledger_transactions ON DELETE NO ACTION,
    account_id     bigint NOT NULL REFERENCES ledger_accounts ON DELETE NO ACTION,
    amount         bigint NOT NULL CONSTRAINT entry_moves_something CHECK (amount <> 0),
    CONSTRAINT one_entry_an_account UNIQUE (transaction_id, account_id)
);
CREATE INDEX idx_ledger_entries_account ON ledger_entries (account_id, id DESC);

-- `call`: the fan's tokens while the call runs. `dispute`: the creator's tokens of that call while the charge is
-- disputed; it only keeps them there and captures nothing (a refund takes off it what it posts).
CREATE TABLE ledger_holds (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_id    uuid NOT NULL,
    purpose    text NOT NULL DEFAULT 'call' CONSTRAINT hold_purpose CHECK (purpose IN ('call', 'dispute')),
    account_id bigint NOT NULL REFERENCES ledger_accounts ON DELETE NO ACTION,
    amount     bigint NOT NULL CONSTRAINT hold_is_positive CHECK (amount > 0),
    captured   bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at  timestamptz,
    CONSTRAINT one_hold_a_call_and_purpose UNIQUE (call_id, purpose),
    CONSTRAINT captured_within_hold CHECK (captured BETWEEN 0 AND amount),
    CONSTRAINT open_holds_capture_nothing CHECK (closed_at IS NOT NULL OR captured = 0),
    CONSTRAINT disputes_capture_nothing CHECK (purpose = 'call' OR captured = 0)
);
CREATE INDEX idx_ledger_holds_account ON ledger_holds (account_id) WHERE closed_at IS NULL;
CREATE INDEX idx_ledger_holds_open ON ledger_holds (created_at) WHERE closed_at IS NULL;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER transactions_are_append_only BEFORE UPDATE OR DELETE ON ledger_transactions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transactions_are_not_truncated BEFORE TRUNCATE ON ledger_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_are_append_only BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_are_not_truncated BEFORE TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER holds_are_kept BEFORE DELETE ON ledger_holds
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A balance is the sum of its entries because nothing else can write it.
CREATE FUNCTION post_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger_accounts SET posted = posted + NEW.amount WHERE id = NEW.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER entries_are_posted AFTER INSERT ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION post_entry();

CREATE FUNCTION check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE total numeric;
BEGIN
    SELECT sum(amount) INTO total FROM ledger_entries WHERE transaction_id = NEW.transaction_id;
    IF total <> 0 THEN
        RAISE EXCEPTION 'ledger transaction % sums to %', NEW.transaction_id, total
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER transactions_balance AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_balanced();

-- An account's `held` is the sum of its open holds; a closed hold never opens or changes again.
CREATE FUNCTION apply_hold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before bigint := 0;
    after  bigint := CASE WHEN NEW.closed_at IS NULL THEN NEW.amount ELSE 0 END;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.closed_at IS NOT NULL OR NEW.account_id <> OLD.account_id
            OR (NEW.call_id, NEW.purpose) <> (OLD.call_id, OLD.purpose) THEN
            RAISE EXCEPTION 'hold % is closed', OLD.id USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        before := OLD.amount;
    END IF;
    UPDATE ledger_accounts SET held = held + after - before WHERE id = NEW.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER holds_are_applied AFTER INSERT OR UPDATE ON ledger_holds
    FOR EACH ROW EXECUTE FUNCTION apply_hold();

CREATE FUNCTION user_account(p_owner uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE found bigint;
BEGIN
    SELECT id INTO found FROM ledger_accounts WHERE owner_id = p_owner AND kind = 'user' AND slot = 0;
    IF found IS NULL THEN
        INSERT INTO ledger_accounts (kind, owner_id) VALUES ('user', p_owner)
        ON CONFLICT ON CONSTRAINT ledger_accounts_owner_key DO NOTHING;
        SELECT id INTO STRICT found FROM ledger_accounts
        WHERE owner_id = p_owner AND kind = 'user' AND slot = 0;
    END IF;
    RETURN found;
END $$;

CREATE FUNCTION house_account(p_kind text, p_op_key text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT id FROM ledger_accounts
    WHERE owner_id IS NULL AND kind = p_kind AND slot = hashtext(p_op_key) & 15
$$;

-- Posts one balanced transaction. False when this op_key was posted before: nothing moves twice.
-- Zero amounts are left out; accounts are locked by id.
CREATE FUNCTION ledger_post(
    p_op_key text, p_kind text, p_ref uuid, p_memo text, p_accounts bigint[], p_amounts bigint[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE posted bigint;
BEGIN
    PERFORM 1 FROM ledger_accounts WHERE id = ANY (p_accounts) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO ledger_transactions (op_key, kind, ref, memo) VALUES (p_op_key, p_kind, p_ref, p_memo)
    ON CONFLICT ON CONSTRAINT ledger_transactions_op_key DO NOTHING RETURNING id INTO posted;
    IF posted IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO ledger_entries (transaction_id, account_id, amount)
    SELECT posted, account, amount FROM unnest(p_accounts, p_amounts) AS e (account, amount)
    WHERE amount <> 0;
    RETURN true;
END $$;

-- Extends a call's open hold by what the account still has, at most `p_wanted`. Returns the new amount.
CREATE FUNCTION hold_extend(p_call uuid, p_wanted bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    hold ledger_holds%ROWTYPE;
    spare bigint;
BEGIN
    SELECT * INTO hold FROM ledger_holds
    WHERE call_id = p_call AND purpose = 'call' AND closed_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    SELECT posted - held INTO spare FROM ledger_accounts WHERE id = hold.account_id FOR NO KEY UPDATE;
    spare := greatest(0, least(spare, p_wanted));
    IF spare > 0 THEN
        UPDATE ledger_holds SET amount = amount + spare WHERE id = hold.id;
    END IF;
    RETURN hold.amount + spare;
END $$;

-- Captures `p_charge` (never more than the hold) for the creator, the fee for the platform, and releases
-- the rest. Idempotent: a closed hold answers with what it captured.
CREATE FUNCTION hold_capture(p_call uuid, p_charge bigint, p_fee_basis_points integer, p_payee uuid)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    hold  ledger_holds%ROWTYPE;
    taken bigint;
    fee   bigint;
    op    text := 'call:' || p_call;
    payee bigint := user_account(p_payee);
BEGIN
    SELECT * INTO hold FROM ledger_holds WHERE call_id = p_call AND purpose = 'call' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    IF hold.closed_at IS NOT NULL THEN
        RETURN hold.captured;
    END IF;
    taken := greatest(0, least(p_charge, hold.amount));
    fee := taken * p_fee_basis_points / 10000;
    PERFORM 1 FROM ledger_accounts
    WHERE id IN (hold.account_id, payee, house_account('platform', op)) ORDER BY id FOR NO KEY UPDATE;
    UPDATE ledger_holds SET captured = taken, closed_at = clock_timestamp() WHERE id = hold.id;
    IF taken > 0 THEN
        PERFORM ledger_post(op, 'call', p_call, '',
            ARRAY[hold.account_id, payee, house_account('platform', op)], ARRAY[-taken, taken - fee, fee]);
    END IF;
    RETURN taken;
END $$;

-- Every way the books could be wrong, one row each; empty is clean.
CREATE FUNCTION ledger_audit() RETURNS TABLE (violation text, subject text) LANGUAGE sql STABLE AS $$
    SELECT 'transaction does not sum to zero', transaction_id::text
    FROM ledger_entries GROUP BY transaction_id HAVING sum(amount) <> 0
    UNION ALL
    SELECT 'transaction without entries', t.id::text
    FROM ledger_transactions t
    WHERE NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.transaction_id = t.id)
    UNION ALL
    SELECT 'balance is not the sum of its entries', a.id::text
    FROM ledger_accounts a LEFT JOIN ledger_entries e ON e.account_id = a.id
    GROUP BY a.id HAVING a.posted <> coalesce(sum(e.amount), 0)
    UNION ALL
    SELECT 'held is not the sum of open holds', a.id::text
    FROM ledger_accounts a LEFT JOIN ledger_holds h ON h.account_id = a.id AND h.closed_at IS NULL
    GROUP BY a.id HAVING a.held <> coalesce(sum(h.amount), 0)
    UNION ALL
    SELECT 'capture differs from its ledger transaction', h.call_id::text
    FROM ledger_holds h
    LEFT JOIN ledger_transactions t ON t.op_key = h.purpose || ':' || h.call_id
    LEFT JOIN ledger_entries e ON e.transaction_id = t.id AND e.account_id = h.account_id
    WHERE h.captured <> coalesce(-e.amount, 0)
$$;
