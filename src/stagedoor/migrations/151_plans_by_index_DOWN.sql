SET lock_timeout = '2s';

ALTER FUNCTION user_account(uuid) RESET enable_seqscan;
ALTER FUNCTION post_entry() RESET enable_seqscan;
ALTER FUNCTION apply_hold() RESET enable_seqscan;
ALTER FUNCTION check_balanced() RESET enable_seqscan;
ALTER FUNCTION ledger_post RESET enable_seqscan;
ALTER FUNCTION hold_extend RESET enable_seqscan;
ALTER FUNCTION hold_capture RESET enable_seqscan;
ALTER FUNCTION relate_follow() RESET enable_seqscan;
ALTER FUNCTION relate_tip() RESET enable_seqscan;
ALTER FUNCTION why_not RESET enable_seqscan;
ALTER FUNCTION fan_is_quiet RESET enable_seqscan;
ALTER FUNCTION media_uid_of RESET enable_seqscan;
ALTER FUNCTION guard_call() RESET enable_seqscan;
ALTER FUNCTION follow_invitation() RESET enable_seqscan;
ALTER FUNCTION call_is_coherent() RESET enable_seqscan;
ALTER FUNCTION end_calls_of_blocked() RESET enable_seqscan;
ALTER FUNCTION segment_close RESET enable_seqscan;
ALTER FUNCTION call_settle RESET enable_seqscan;
ALTER FUNCTION call_lock RESET enable_seqscan;
ALTER FUNCTION call_ring RESET enable_seqscan;
ALTER FUNCTION call_answer RESET enable_seqscan;
ALTER FUNCTION call_end RESET enable_seqscan;
ALTER FUNCTION call_accept RESET enable_seqscan;

DROP FUNCTION earned_since(uuid, timestamptz);
