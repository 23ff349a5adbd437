"""Receipts: recomputable from the segments, and equal to what the ledger moved."""

import uuid
from datetime import datetime
from itertools import pairwise

from stagedoor.billing.model import QualitySpanWire, ReceiptWire, SpanWire
from stagedoor.billing.quality import Said, Stretch, timeline
from stagedoor.calls import CallReader
from stagedoor.calls.problems import CallNotLive
from stagedoor.core.db import Database

_MOVED = """
SELECT coalesce(sum(e.amount) FILTER (WHERE t.kind = 'call' AND a.kind = 'platform'), 0)::bigint AS fee,
    coalesce(sum(e.amount) FILTER (WHERE t.kind = 'call' AND a.kind = 'user' AND e.amount > 0), 0)::bigint AS earned,
    coalesce(sum(e.amount) FILTER (WHERE t.kind = 'call_refund' AND a.kind = 'user' AND e.amount > 0), 0)::bigint
        AS refunded
FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
JOIN ledger_accounts a ON a.id = e.account_id
WHERE t.ref = $1
"""


_SAID = """
SELECT created_at, data ->> 'by' AS by, (data ->> 'quality')::integer AS quality FROM events
WHERE call_id = $1 AND type = 'call.quality' ORDER BY id
"""


class Receipts:
    def __init__(self, database: Database, reader: CallReader) -> None:
        self._database = database
        self._reader = reader

    async def of(self, person: uuid.UUID, call_id: uuid.UUID) -> ReceiptWire:
        """The receipt of a call that is over. Raises CallNotFound, CallNotLive while it still runs."""
        call = await self._reader.one(person, call_id)
        if call.ended_at is None:
            raise CallNotLive(because="still running")
        async with self._database.connection() as connection:
            moved = await connection.fetchrow(_MOVED, call_id)
            said = [Said(*row) for row in await connection.fetch(_SAID, call_id)]
        assert moved is not None
        spans = [(s.started_at, s.ended_at or call.ended_at) for s in call.segments]
        return ReceiptWire(
            call_id=call.id,
            call_type=call.call_type,
            creator=call.creator,
            fan=call.fan,
            state=call.state,
            end_reason=call.end_reason,
            created_at=call.created_at,
            connected_at=call.connected_at,
            ended_at=call.ended_at,
            billable_seconds=call.billable_seconds,
            increment_seconds=call.increment_seconds,
            tokens_per_minute=call.tokens_per_minute,
            tokens_charged=call.tokens_charged,
            fee_tokens=moved["fee"],
            creator_tokens=moved["earned"],
            refunded_tokens=moved["refunded"],
            segments=[_span(*span) for span in spans],
            gaps=[_span(before[1], after[0]) for before, after in pairwise(spans)],
            quality=[_quality(stretch) for stretch in timeline(spans, said)],
        )


def _span(start: datetime, end: datetime) -> SpanWire:
    return SpanWire(start, end, round((end - start).total_seconds(), 3))


def _quality(stretch: Stretch) -> QualitySpanWire:
    span = _span(stretch.start, stretch.end)
    return QualitySpanWire(span.started_at, span.ended_at, span.seconds, stretch.quality)
