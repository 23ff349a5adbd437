-- Removes the roll-outs' records and the counts. The events that tell the story stay.
SET lock_timeout = '2s';

DROP TABLE guard_looks;
DROP TABLE server_processes;
DROP TABLE minute_counts;
DROP TABLE rollout_steps;
DROP TABLE rollouts;
