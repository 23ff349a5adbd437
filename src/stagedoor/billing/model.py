"""The money's wire forms. Whole tokens everywhere."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from stagedoor.calls import CallType, PersonWire
from stagedoor.core.wire import Reply, Request, Wire


class WalletWire(Wire, frozen=True):
    """`available` is what can be spent: the balance less what running calls hold."""

    balance: int
    held: int
    available: int


class WalletReply(Reply, frozen=True, kw_only=True):
    wallet: WalletWire


class EntryWire(Wire, frozen=True):
    """One movement of my tokens; negative is spent."""

    id: int
    created_at: datetime
    tokens: int
    kind: str
    call_id: uuid.UUID | None
    memo: str


class EntriesReply(Reply, frozen=True, kw_only=True):
    entries: list[EntryWire]
    next_cursor: str | None


class TopUpRequest(Request, frozen=True):
    tokens: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class SpanWire(Wire, frozen=True):
    """A span of time of a call, in seconds to the millisecond."""

    started_at: datetime
    ended_at: datetime
    seconds: float


class QualitySpanWire(SpanWire, frozen=True):
    """A span of connected time and how good it was, by the worse of the two sides: 3 good, 2 fair, 1 weak; null
    until one of them said so."""

    quality: Literal[1, 2, 3] | None


class ReceiptWire(Wire, frozen=True):
    """What a call cost, and why: tokensCharged = ceil(billableSeconds × tokensPerMinute / 60)."""

    call_id: uuid.UUID
    call_type: CallType
    creator: PersonWire | None
    fan: PersonWire | None
    state: str
    end_reason: str | None
    created_at: datetime
    connected_at: datetime | None
    ended_at: datetime | None
    billable_seconds: int
    increment_seconds: int
    tokens_per_minute: int
    tokens_charged: int
    fee_tokens: int
    creator_tokens: int
    refunded_tokens: int
    segments: list[SpanWire]
    gaps: list[SpanWire]
    quality: list[QualitySpanWire]


class ReceiptReply(Reply, frozen=True, kw_only=True):
    receipt: ReceiptWire
