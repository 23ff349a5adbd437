"""The SQL of the export: one statement a section, columns named as the document names them (docs/export.md)."""

import uuid
from typing import Any

from stagedoor.core.db import Connection

_PERSON = (
    "jsonb_build_object('id', {0}.id, 'username', {0}.username, 'displayName', {0}.display_name,"
    " 'avatarUrl', {0}.avatar_url)"
)
_OTHER = f"CASE WHEN o.id IS NOT NULL THEN {_PERSON.format('o')} END"

ACCOUNT = """
SELECT id, username, display_name AS "displayName", avatar_url AS "avatarUrl", bio, is_creator AS creator,
    is_operator AS operator, issuer, subject, password_hash IS NOT NULL AS "hasPassword", created_at AS "createdAt",
    fan_privacy_visibility AS visibility, fan_allow_dm AS "allowDm", fan_allow_calls AS "allowCalls",
    fan_searchable AS searchable, to_char(fan_quiet_from, 'HH24:MI') AS "quietFrom",
    to_char(fan_quiet_until, 'HH24:MI') AS "quietUntil", fan_quiet_timezone AS timezone
FROM users WHERE id = $1
"""
SECTIONS = {
    "follows": f"""
        SELECT {_OTHER} AS creator, f.created_at AS "createdAt"
        FROM follows f JOIN users o ON o.id = f.creator_id WHERE f.fan_id = $1 ORDER BY f.created_at
    """,
    "tips": f"""
        SELECT t.id, {_OTHER} AS creator, t.tokens, t.created_at AS "createdAt", t.refunded_at AS "refundedAt"
        FROM tips t LEFT JOIN users o ON o.id = t.creator_id WHERE t.fan_id = $1 ORDER BY t.created_at
    """,
    "relationships": f"""
        SELECT {_OTHER} AS creator, r.since, r.follows, r.tips, r.calls, r.forgotten_at AS "forgottenAt"
        FROM creator_fan_relationships r JOIN users o ON o.id = r.creator_id WHERE r.fan_id = $1 ORDER BY r.since
    """,
    "blocks": f"""
        SELECT {_OTHER} AS creator, b.created_at AS "createdAt"
        FROM fan_blocked_creators b JOIN users o ON o.id = b.creator_id WHERE b.fan_id = $1 ORDER BY b.created_at
    """,
    "messages": f"""
        SELECT m.id, {_OTHER} AS person, m.sender_id = $1 AS mine, m.body, m.created_at AS at, m.read_at AS "readAt"
        FROM messages m JOIN users o ON o.id = CASE WHEN m.sender_id = $1 THEN m.recipient_id ELSE m.sender_id END
        WHERE m.sender_id = $1 OR m.recipient_id = $1 ORDER BY m.created_at
    """,
    "ledger": """
        SELECT e.id, t.created_at AS "createdAt", e.amount AS tokens, t.kind, t.ref AS "refersTo", t.memo
        FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
        JOIN ledger_transactions t ON t.id = e.transaction_id
        WHERE a.owner_id = $1 AND a.kind = 'user' ORDER BY e.id
    """,
    "ratings": """
        SELECT r.call_id AS "callId", r.stars, r.created_at AS "createdAt", r.changed_at AS "changedAt"
        FROM call_ratings r JOIN calls c ON c.id = r.call_id
        WHERE CASE r.role WHEN 'fan' THEN c.fan_id ELSE c.creator_id END = $1 AND $1 IN (c.fan_id, c.creator_id)
        ORDER BY r.created_at
    """,
    "reports": """
        SELECT id, call_id AS "callId", reason, body AS text, created_at AS "createdAt", closed_at AS "closedAt",
            resolution
        FROM call_reports WHERE reporter_id = $1 ORDER BY created_at
    """,
    "disputes": """
        SELECT call_id AS "callId", body AS text, created_at AS "createdAt", resolved_at AS "resolvedAt",
            refunded_tokens AS "refundedTokens"
        FROM call_disputes WHERE fan_id = $1 ORDER BY created_at
    """,
    "pushSubscriptions": """
        SELECT endpoint, created_at AS "createdAt" FROM push_subscriptions WHERE user_id = $1 ORDER BY id
    """,
    "shareCards": """
        SELECT created_at AS "createdAt", expires_at AS "expiresAt" FROM share_cards WHERE fan_id = $1
    """,
}
# What a creator has besides.
CREATOR_SECTIONS = {
    "prices": """
        SELECT voice_tokens_per_minute AS "voiceTokensPerMinute", video_tokens_per_minute AS "videoTokensPerMinute"
        FROM creator_call_prices WHERE creator_id = $1
    """,
    "blocks": """
        SELECT blocked_user_id AS "fanId", created_at AS "createdAt"
        FROM creator_blocked_users WHERE creator_id = $1 ORDER BY created_at
    """,
    "tipsReceived": """
        SELECT id, tokens, created_at AS "createdAt", refunded_at AS "refundedAt"
        FROM tips WHERE creator_id = $1 ORDER BY created_at
    """,
}


async def section(db: Connection, statement: str, person: uuid.UUID) -> list[dict[str, Any]]:
    return [dict(row) for row in await db.fetch(statement, person)]
