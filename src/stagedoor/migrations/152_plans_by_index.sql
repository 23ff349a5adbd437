-- Functions that look for one row never plan to read a whole table. A session keeps its plans: those made while a
-- table was almost empty (a new installation, the first minute of a rush) read it from end to end until the next
-- ANALYZE, and a ring among a thousand cost twice as much. What these functions run within them, constraints of
-- foreign keys too, is planned alike. A function that is replaced later loses this, and has to be set again.
SET lock_timeout = '2s';

ALTER FUNCTION user_account(uuid) SET enable_seqscan = off;
ALTER FUNCTION post_entry() SET enable_seqscan = off;
ALTER FUNCTION apply_hold() SET enable_seqscan = off;
ALTER FUNCTION check_balanced() SET enable_seqscan = off;
ALTER FUNCTION ledger_post SET enable_seqscan = off;
ALTER FUNCTION hold_extend SET enable_seqscan = off;
ALTER FUNCTION hold_capture SET enable_seqscan = off;
ALTER FUNCTION earned_since SET enable_seqscan = off;
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
