-- Destructive: removes all balances and the record of every payment.
SET lock_timeout = '2s';

DROP FUNCTION ledger_audit();
DROP FUNCTION hold_capture(uuid, bigint, integer, uuid);
DROP FUNCTION hold_extend(uuid, bigint);
DROP FUNCTION ledger_post(text, text, uuid, text, bigint[], bigint[]);
DROP FUNCTION house_account(text, text);
DROP FUNCTION user_account(uuid);
DROP TABLE ledger_holds;
DROP FUNCTION apply_hold();
DROP TABLE ledger_entries;
DROP FUNCTION check_balanced();
DROP FUNCTION post_entry();
DROP TABLE ledger_transactions;
DROP FUNCTION refuse_change();
DROP TABLE ledger_accounts;
