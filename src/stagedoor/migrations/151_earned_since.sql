-- What somebody earned lately costs what lately cost, however long the account's history is.
SET lock_timeout = '2s';

-- Tokens from calls and tips since `p_since`, less what was given back since then. Reads the account's entries from the
-- newest back, a hundred at a time, and stops: ids are in the order of time but for transactions that ran at once, for
-- which it looks five minutes further. (Asked for all of them in that order, the planner would read and sort them all.)
CREATE FUNCTION earned_since(p_owner uuid, p_since timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    earned  bigint := 0;
    below   bigint := 9223372036854775807;
    account bigint := (SELECT a.id FROM ledger_accounts a
        WHERE a.owner_id = p_owner AND a.kind = 'user' AND a.slot = 0);
    one     record;
BEGIN
    LOOP
        FOR one IN
            SELECT e.id, e.amount, t.kind, t.created_at
            FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
            WHERE e.account_id = account AND e.id < below ORDER BY e.id DESC LIMIT 100
        LOOP
            IF one.created_at < p_since - interval '5 minutes' THEN
                RETURN earned;
            END IF;
            IF one.created_at > p_since AND (one.kind IN ('call', 'tip') AND one.amount > 0
                OR one.kind IN ('call_refund', 'tip_refund') AND one.amount < 0) THEN
                earned := earned + one.amount;
            END IF;
            below := one.id;
        END LOOP;
        IF NOT FOUND THEN
            RETURN earned;
        END IF;
    END LOOP;
END $$;
