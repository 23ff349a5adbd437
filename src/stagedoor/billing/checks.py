"""Every way in which calls, invitations, segments, holds, ledger, events and presence could disagree.

Each check is one statement, so it sees one moment; it answers `subject`, `detail`, and whether that may be mended
without deciding anything: no row is a violation that a running call could show for a moment.
"""

from dataclasses import dataclass

LATE_SECONDS = 60
SILENT_MINUTES = 10
AGORA_SLACK_SECONDS = 15  # Agora counts whole seconds, and hears of a lost connection later than the other side


@dataclass(frozen=True, slots=True)
class Check:
    """`name` is the metric's label; `says` is the finding in words."""

    name: str
    says: str
    sql: str


CHECKS = [
    Check("ledger", "the ledger contradicts itself", "SELECT subject, violation AS detail, false FROM ledger_audit()"),
    Check(
        "hold_open_after_end",
        "tokens are still held for a call that is over, or gone",
        """
        SELECT h.call_id::text, h.amount || ' tokens held', coalesce(c.tokens_charged, 0) = 0
        FROM ledger_holds h LEFT JOIN calls c ON c.id = h.call_id
        WHERE h.purpose = 'call' AND h.closed_at IS NULL AND (c.id IS NULL OR c.ended_at IS NOT NULL)
        """,
    ),
    Check(
        "frozen_after_decision",
        "tokens are still frozen though the dispute was decided, or never was",
        """
        SELECT h.call_id::text, h.amount || ' tokens frozen', true
        FROM ledger_holds h LEFT JOIN call_disputes d ON d.call_id = h.call_id
        WHERE h.purpose = 'dispute' AND h.closed_at IS NULL AND (d.call_id IS NULL OR d.resolved_at IS NOT NULL)
        """,
    ),
    Check(
        "never_due",
        "a call that rings or runs is never due, so nothing would end it",
        "SELECT id::text, state, true FROM calls WHERE ended_at IS NULL AND due_at IS NULL",
    ),
    Check(
        "overdue",
        "a call has been due for long: no sweeper does its work",
        f"""
        SELECT id::text, state || ', due ' || due_at, false FROM calls
        WHERE due_at < clock_timestamp() - interval '{LATE_SECONDS} seconds'
        """,
    ),
    Check(
        "nobody_there",
        "a call runs though a side was last heard of long ago",
        f"""
        SELECT c.id::text, 'last heard of ' || min(p.seen_at), true
        FROM calls c JOIN call_participants p ON p.call_id = c.id
        WHERE c.state = 'active' AND c.due_at > clock_timestamp() + interval '{LATE_SECONDS} seconds'
        GROUP BY c.id HAVING min(p.seen_at) < clock_timestamp() - interval '{SILENT_MINUTES} minutes'
        """,
    ),
    Check(
        "live_without_hold",
        "an answered call runs without held tokens",
        """
        SELECT c.id::text, c.state, false FROM calls c
        WHERE c.state IN ('connecting', 'active', 'reconnecting') AND NOT EXISTS (
            SELECT 1 FROM ledger_holds h WHERE h.call_id = c.id AND h.purpose = 'call' AND h.closed_at IS NULL)
        """,
    ),
    Check(
        "segments_overlap",
        "seconds of a call are counted twice",
        """
        SELECT DISTINCT s.call_id::text, 'segment ' || s.number, false
        FROM (SELECT call_id, number, started_at,
                  max(coalesce(ended_at, 'infinity')) OVER (PARTITION BY call_id ORDER BY started_at, number
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
              FROM call_segments) s
        WHERE s.before > s.started_at
        """,
    ),
    Check(
        "clock_and_state",
        "the clock runs without the call, or the call without its clock",
        """
        SELECT c.id::text, c.state || CASE WHEN s.call_id IS NULL THEN ', no open segment' ELSE ', open segment' END,
            false
        FROM calls c LEFT JOIN call_segments s ON s.call_id = c.id AND s.ended_at IS NULL
        WHERE (c.state = 'active') <> (s.call_id IS NOT NULL)
        """,
    ),
    Check(
        "charge_not_from_segments",
        "what was charged is not what the segments add up to",
        """
        SELECT c.id::text, format('%s seconds and %s tokens on record, %s and %s by the segments',
            c.billable_seconds, c.tokens_charged, own.seconds, call_charge(own.seconds, c.tokens_per_minute)), false
        FROM calls c
        LEFT JOIN (SELECT call_id, sum(ended_at - started_at) AS connected FROM call_segments GROUP BY call_id) s
            ON s.call_id = c.id
        CROSS JOIN LATERAL (SELECT call_billable_seconds(coalesce(s.connected, interval '0'), c.increment_seconds)
            AS seconds) own
        WHERE c.ended_at IS NOT NULL AND (c.billable_seconds, c.tokens_charged)
            <> (own.seconds, call_charge(own.seconds, c.tokens_per_minute))
        """,
    ),
    Check(
        "capture_not_charge",
        "what was taken from the fan is not what the call says it cost",
        """
        SELECT c.id::text, format('%s tokens charged, %s taken', c.tokens_charged, coalesce(h.captured, 0)), false
        FROM calls c LEFT JOIN ledger_holds h ON h.call_id = c.id AND h.purpose = 'call'
        WHERE c.ended_at IS NOT NULL AND c.tokens_charged <> coalesce(h.captured, 0)
        """,
    ),
    Check(
        "refund_exceeds_charge",
        "more was refunded than was charged",
        """
        SELECT t.ref::text, format('%s refunded of %s', sum(e.amount), max(h.captured)), false
        FROM ledger_transactions t JOIN ledger_holds h ON h.call_id = t.ref AND h.purpose = 'call'
        JOIN ledger_entries e ON e.transaction_id = t.id AND e.account_id = h.account_id
        WHERE t.kind = 'call_refund' GROUP BY t.ref HAVING sum(e.amount) > max(h.captured)
        """,
    ),
    Check(
        "invitation_disagrees",
        "a call and its invitation disagree",
        """
        SELECT c.id::text, format('call %s, invitation %s', c.state, coalesce(i.state, 'missing')), false
        FROM calls c LEFT JOIN call_invitations i ON i.call_id = c.id
        WHERE i.state IS DISTINCT FROM CASE c.state WHEN 'ringing' THEN 'pending' WHEN 'missed' THEN 'expired'
            WHEN 'declined' THEN 'declined' WHEN 'cancelled' THEN 'cancelled' ELSE 'accepted' END
        """,
    ),
    Check(
        "event_missing",
        "a change of a call was not recorded",
        """
        SELECT c.id::text, format('version %s, %s on record', c.version, coalesce(e.versions, 0)), false
        FROM calls c LEFT JOIN (SELECT call_id, count(DISTINCT version) AS versions FROM events
            WHERE call_id IS NOT NULL AND version > 0 GROUP BY call_id) e ON e.call_id = c.id
        WHERE coalesce(e.versions, 0) < c.version AND c.created_at >= (SELECT min(created_at) FROM events)
        """,
    ),
    Check(
        "agora_disagrees",
        "more was billed than Agora saw the two together",
        f"""
        SELECT c.id::text, format('%s seconds billed, %s seen', c.billable_seconds, seen.seconds), false
        FROM calls c CROSS JOIN LATERAL (SELECT extract(epoch FROM agora_together(c.id))::bigint AS seconds) seen
        WHERE c.media_provider = 'agora' AND c.created_at > clock_timestamp() - interval '1 day'
          AND c.ended_at < clock_timestamp() - interval '5 minutes' AND (SELECT count(DISTINCT n.uid)
              FROM agora_notices n WHERE n.call_id = c.id AND n.kind = 'left') >= 2
          AND c.billable_seconds > seen.seconds + {AGORA_SLACK_SECONDS}
        """,
    ),
]
# Waiting is no contradiction: a server that runs publishes within seconds, and none may be running.
WAITING = Check(
    "event_unpublished",
    "an event waits to be told: no relay does its work, or a sink keeps failing",
    f"""
    SELECT id::text, type || ', recorded ' || created_at, false FROM events
    WHERE published_at IS NULL AND created_at < clock_timestamp() - interval '{LATE_SECONDS} seconds'
    """,
)
