-- Removes what the team was told, and what it was still to be told; the events of the roll-outs stay.
SET lock_timeout = '2s';

DROP TABLE team_messages;
