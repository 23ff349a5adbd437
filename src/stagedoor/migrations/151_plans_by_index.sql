-- What looks for one row, or for the newest, reads no more than that.
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

-- Functions that look for one row never plan to read a whole table. A session keeps its plans: those made while a
-- table was almost empty (a new installation, the first minute of a rush) read it from end to end until the next
-- ANALYZE, and a ring among a thousand cost twice as much. What these functions run within them, constraints of
-- foreign keys too, is planned alike. A function that is replaced later loses this, and has to be set again.
ALTER FUNCTION earned_since SET enable_seqscan = off;
ALTER FUNCTION user_account(uuid) SET enable_seqscan = off;
ALTER FUNCTION post_entry() SET enable_seqscan = off;
ALTER FUNCTION apply_hold() SET enable_seqscan = off;
ALTER FUNCTION check_balanced() SET enable_seqscan = off;
ALTER FUNCTION ledger_post SET enable_seqscan = off;
ALTER FUNCTION hold_extend SET enable_seqscan = off;
ALTER FUNCTION hold_capture SET enable_seqscan = off;
ALTER FUNCTION relate_follow() SET enable_seqscan = off;
ALTER FUNCTION relate_tip() SET enable_seqscan = off;
ALTER FUNCTION why_not SET enable_seqscan = off;
ALTER FUNCTION fan_is_quiet SET enable_seqscan = off;
ALTER FUNCTION media_uid_of SET enable_seqscan = off;
ALTER FUNCTION guard_call() SET enable_seqscan = off;
ALTER FUNCTION follow_invitation() SET enable_seqscan = off;
ALTER FUNCTION call_is_coherent() SET enable_seqscan = off;
ALTER FUNCTION end_calls_of_blocked() SET enable_seqscan = off;
ALTER FUNCTION segment_close SET enable_seqscan = off;
ALTER FUNCTION call_settle SET enable_seqscan = off;
ALTER FUNCTION call_lock SET enable_seqscan = off;
ALTER FUNCTION call_ring SET enable_seqscan = off;
ALTER FUNCTION call_answer SET enable_seqscan = off;
ALTER FUNCTION call_end SET enable_seqscan = off;
ALTER FUNCTION call_accept SET enable_seqscan = off;
