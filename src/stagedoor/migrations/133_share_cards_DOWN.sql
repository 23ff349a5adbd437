-- Destructive: removes every share link. Nobody's policy changes.
SET lock_timeout = '2s';

DROP TABLE share_cards;
