-- Destructive: closed tabs do not ring until their browsers subscribe again.
SET lock_timeout = '2s';

DROP TABLE push_subscriptions;
