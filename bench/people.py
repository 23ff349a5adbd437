"""The crowd in the database: creators and fans whose ids and sessions follow from a number.

Creator n and fan n have a relationship; every fan lets related creators see, message and call, and may be searched.
"""

import functools
import hashlib
import uuid
from collections.abc import Callable, Iterable

import asyncpg

from stagedoor.core.identity import issue_session
from stagedoor.core.secret_key import local_key
from stagedoor.settings import Identity, Settings

SECRET = "bench: nobody's secret, long enough to sign with"
CREATORS_EVERY = 50  # beyond the pairs, one person in fifty is a creator
BATCH = 50_000
Progress = Callable[[str], None]


def identity(kind: str, number: int) -> uuid.UUID:
    """`kind` is c for creators, f for fans, u for people who only make the table large. As md5(...)::uuid in SQL."""
    return uuid.UUID(hashlib.md5(f"{kind}{number}".encode()).hexdigest())


_key = local_key(Settings(identity=Identity(secret_key=SECRET)))


@functools.cache
def token(kind: str, number: int) -> str:
    return issue_session(_key, identity(kind, number), 24).token


def tokens(kind: str, numbers: Iterable[int]) -> list[str]:
    return [token(kind, number) for number in numbers]


_PAIRS = """
INSERT INTO users (id, username, display_name, is_creator, fan_searchable)
SELECT md5(kind || n)::uuid, kind || n, upper(kind) || n, kind = 'c', kind = 'f'
FROM generate_series($1::int, $2::int) AS n, unnest(ARRAY['c', 'f']) AS kind
"""
_RELATED = """
INSERT INTO creator_fan_relationships (creator_id, fan_id, follows)
SELECT md5('c' || n)::uuid, md5('f' || n)::uuid, true FROM generate_series($1::int, $2::int) AS n
"""
_FOLLOWS = """
INSERT INTO follows (creator_id, fan_id)
SELECT md5('c' || n)::uuid, md5('f' || n)::uuid FROM generate_series($1::int, $2::int) AS n
"""
_CROWD = f"""
INSERT INTO users (id, username, display_name, is_creator, fan_searchable)
SELECT md5('u' || n)::uuid, 'u' || n, 'U' || n, n % {CREATORS_EVERY} = 0, n % {CREATORS_EVERY} <> 0
FROM generate_series($1::int, $2::int) AS n
"""
# Each of the crowd is related to two creators of the first pairs, so that popular creators have many fans.
_CROWD_RELATED = """
INSERT INTO creator_fan_relationships (creator_id, fan_id, follows)
SELECT md5('c' || (n * k % $3::int + 1))::uuid, md5('u' || n)::uuid, true
FROM generate_series($1::int, $2::int) AS n, unnest(ARRAY[7, 11]) AS k ON CONFLICT DO NOTHING
"""


# What else people do, so that no table of theirs is empty: write, block somebody, share a card, let a browser ring.
# Those whose queries are measured have more than a page of messages.
_DOINGS = (
    """
INSERT INTO messages (sender_id, recipient_id, body, created_at)
SELECT md5('c' || (n % $4::int + 1))::uuid, md5($1 || n)::uuid, 'Hello', now() - m * interval '1 hour'
FROM generate_series($2::int, $3::int, $5::int) AS n, generate_series(1, CASE WHEN n <= 60 THEN 40 ELSE 1 END) AS m
""",
    """
INSERT INTO fan_blocked_creators (fan_id, creator_id)
SELECT md5($1 || n)::uuid, md5('c' || (n * 13 % $4::int + 1))::uuid
FROM generate_series($2::bigint, $3::bigint, $5::bigint) AS n
""",
    """
INSERT INTO share_cards (fan_id, nonce, token_hash, expires_at)
SELECT md5($1 || n)::uuid, sha256(($1 || n)::bytea), sha256(($1 || n)::bytea), now() + $4::int * interval '1 day'
FROM generate_series($2::int, $3::int, $5::int) AS n
""",
    """
INSERT INTO push_subscriptions (user_id, endpoint, public_key, auth)
SELECT md5($1 || n)::uuid, 'https://push.example/' || $1 || n || '/' || $4::int, decode(repeat('00', 65), 'hex'),
    decode(repeat('00', 16), 'hex')
FROM generate_series($2::int, $3::int, $5::int) AS n
""",
)


def card(number: int) -> bytes:
    """The hash of fan `number`'s card."""
    return hashlib.sha256(f"f{number}".encode()).digest()


# The creators whose queries are measured have more than a page of fans, however few people there are.
_FANS_OF_SOME = """
INSERT INTO creator_fan_relationships (creator_id, fan_id, follows)
SELECT md5('c' || c)::uuid, md5('f' || ((c * 61 + n) % $1::int + 1))::uuid, true
FROM generate_series(1, 60) AS c, generate_series(1, 60) AS n ON CONFLICT DO NOTHING
"""


# So have their accounts more than a page of entries, over a year: as many as each has among ten million.
_PAST_OF_SOME = """
WITH made AS (
    INSERT INTO ledger_transactions (op_key, kind, ref, created_at)
    SELECT 'past:' || pair || ':' || n, 'call', md5('past' || pair || ':' || n)::uuid,
        now() - n * interval '500 minutes'
    FROM generate_series(1000, 1, -1) AS n, generate_series(1, 60) AS pair
    RETURNING id, split_part(op_key, ':', 2) AS pair
)
INSERT INTO ledger_entries (transaction_id, account_id, amount)
SELECT made.id, a.id, CASE who WHEN 'f' THEN -60 ELSE 60 END
FROM made, unnest(ARRAY['f', 'c']) AS who, ledger_accounts a
WHERE a.kind = 'user' AND a.owner_id = md5(who || made.pair)::uuid
"""


async def pairs(db: asyncpg.Connection, count: int) -> None:
    """Creators and fans 1…count, each with a million tokens."""
    await db.execute("SET session_replication_role = replica")
    for statement in (_PAIRS, _RELATED, _FOLLOWS):
        await db.execute(statement, 1, count)
    await db.execute(_FANS_OF_SOME, count)
    await db.execute("SET session_replication_role = DEFAULT")
    await db.execute(
        "INSERT INTO ledger_accounts (kind, owner_id)"
        " SELECT 'user', md5(kind || n)::uuid FROM generate_series(1, $1::int) AS n, unnest(ARRAY['c', 'f']) AS kind",
        count,
    )
    await db.execute(
        "SELECT ledger_post('bench:credit', 'credit', NULL, '', array_agg(id), array_agg(tokens)) FROM ("
        " SELECT id, 1000000::bigint AS tokens FROM ledger_accounts WHERE kind = 'user' UNION ALL"
        " SELECT house_account('issuance', 'bench:credit'),"
        "   -1000000::bigint * (SELECT count(*) FROM ledger_accounts WHERE kind = 'user')) AS credited"
    )
    await _settled(db)


async def past_of_some(db: asyncpg.Connection, count: int) -> None:
    """The accounts whose queries are measured get their year."""
    await db.execute("SET session_replication_role = replica")
    await db.execute(_PAST_OF_SOME)
    await _doings(db, "f", 1, count, count, 1)
    await db.execute("SET session_replication_role = DEFAULT")
    await db.execute(
        "UPDATE ledger_accounts a SET posted = (SELECT sum(amount) FROM ledger_entries e WHERE e.account_id = a.id)"
        " WHERE a.kind = 'user' AND EXISTS (SELECT 1 FROM generate_series(1, 60) AS n, unnest(ARRAY['f', 'c']) AS who"
        "  WHERE a.owner_id = md5(who || n)::uuid)"
    )
    await _settled(db)


async def _doings(db: asyncpg.Connection, kind: str, first: int, last: int, pairs_count: int, every: int) -> None:
    for statement in _DOINGS:
        await db.execute(statement, kind, first, last, pairs_count, every)


async def crowd(db: asyncpg.Connection, first: int, last: int, pairs_count: int, progress: Progress) -> None:
    """People `first`…`last` more, in batches."""
    await db.execute("SET session_replication_role = replica")
    for start in range(first, last + 1, BATCH):
        end = min(start + BATCH - 1, last)
        await db.execute(_CROWD, start, end)
        await db.execute(_CROWD_RELATED, start, end, pairs_count)
        await _doings(db, "u", start, end, pairs_count, 4)
        progress(f"people {end:,}")
    await db.execute("SET session_replication_role = DEFAULT")
    await _settled(db)


_OLD_CALLS = """
INSERT INTO calls (id, creator_id, fan_id, call_type, state, end_reason, tokens_per_minute, created_at, accepted_at,
    connected_at, ended_at, billable_seconds, tokens_charged)
SELECT md5('call' || n)::uuid, md5('c' || (n % $3::int + 1))::uuid, md5('u' || (n % $4::int + 1))::uuid, 'video',
    'ended', 'fan_hung_up', 12, at, at, at, at + interval '5 minutes', 300, 60
FROM generate_series($1::int, $2::int) AS n, LATERAL (SELECT now() - make_interval(secs => n * 3)) AS t (at)
"""
_OLD_INVITATIONS = """
INSERT INTO call_invitations (call_id, state, created_at, expires_at)
SELECT md5('call' || n)::uuid, 'accepted', now(), now() FROM generate_series($1::int, $2::int) AS n
"""
_OLD_TRANSACTIONS = """
INSERT INTO ledger_transactions (op_key, kind, ref, created_at)
SELECT 'call:' || md5('call' || n)::uuid, 'call', md5('call' || n)::uuid, now() - ($3::int - n) * interval '6 seconds'
FROM generate_series($1::int, $2::int) AS n
"""
# Two entries a transaction: from a fan's account to a creator's, spread over all that there are.
_OLD_ENTRIES = """
INSERT INTO ledger_entries (transaction_id, account_id, amount)
SELECT t.id, CASE side WHEN -1 THEN $1::bigint + t.id % $2::bigint ELSE $1::bigint + (t.id + 1) % $2::bigint END,
    side * 60
FROM ledger_transactions t, unnest(ARRAY[-1, 1]) AS side WHERE t.id > $3::bigint
"""
_OLD_EVENTS = """
INSERT INTO events (type, call_id, creator_id, fan_id, version, created_at, published_at)
SELECT 'call.ended', md5('call' || n)::uuid, md5('c' || (n % $3::int + 1))::uuid, md5('u' || (n % $4::int + 1))::uuid,
    v, now() - make_interval(secs => n % 1000000), now()
FROM generate_series($1::int, $2::int) AS n, generate_series(1, 2) AS v
"""


async def past(
    db: asyncpg.Connection, first: int, last: int, pairs_count: int, people: int, progress: Progress, *, calls: int
) -> None:
    """Ledger transactions `first`…`last` (two entries each); the first `calls` of them with their call and events."""
    await db.execute("SET session_replication_role = replica")
    low, count = await db.fetchrow("SELECT min(id), count(*) FROM ledger_accounts WHERE kind = 'user'")
    for start in range(first, last + 1, BATCH):
        end = min(start + BATCH - 1, last)
        if start <= calls:
            until = min(end, calls)
            await db.execute(_OLD_CALLS, start, until, pairs_count, people)
            await db.execute(_OLD_INVITATIONS, start, until)
            await db.execute(_OLD_EVENTS, start, until, pairs_count, people)
        before = await db.fetchval("SELECT coalesce(max(id), 0) FROM ledger_transactions")
        await db.execute(_OLD_TRANSACTIONS, start, end, last)
        await db.execute(_OLD_ENTRIES, low, count, before)
        progress(f"ledger entries {end * 2:,}")
    await db.execute("SET session_replication_role = DEFAULT")
    await _settled(db)


async def _settled(db: asyncpg.Connection) -> None:
    """What autovacuum would have done by the time that a database is this large."""
    await db.execute("VACUUM ANALYZE")
    await db.execute("CHECKPOINT")


async def nothing_rings(db: asyncpg.Connection) -> None:
    """Between rounds: everybody may be rung again, and nobody's events are left for our server to tell."""
    await db.execute("TRUNCATE calls, call_cooldowns CASCADE")
    await db.execute("UPDATE events SET published_at = clock_timestamp() WHERE published_at IS NULL")
