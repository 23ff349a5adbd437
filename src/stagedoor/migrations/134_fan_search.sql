-- no-transaction
SET lock_timeout = '60s';
-- Words of the name and of the username, by prefix, of those alone who chose to be found.
CREATE INDEX CONCURRENTLY idx_users_fan_search ON users USING gin (
    to_tsvector('simple'::regconfig, translate(username || ' ' || display_name, '._-', '   '))
) WHERE fan_searchable;
