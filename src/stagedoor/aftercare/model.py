"""Ratings, reports, disputes and refunds as they cross the wire. Whole tokens everywhere."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from stagedoor.calls import CallType, PersonWire, Role
from stagedoor.core.wire import Reply, Request, Wire

ReportReason = Literal["harassment", "spam", "underage", "fraud", "other"]
Text = Annotated[str, msgspec.Meta(max_length=2000)]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Tokens = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class RatingRequest(Request, frozen=True):
    stars: Annotated[int, msgspec.Meta(ge=1, le=5)]


class RatingWire(Wire, frozen=True):
    stars: int


class RatingReply(Reply, frozen=True, kw_only=True):
    rating: RatingWire


class ReportRequest(Request, frozen=True):
    reason: ReportReason
    text: Text = ""


class ReportWire(Wire, frozen=True):
    id: uuid.UUID
    created_at: datetime


class ReportReply(Reply, frozen=True, kw_only=True):
    report: ReportWire


class DisputeRequest(Request, frozen=True):
    text: Text


class DisputeWire(Wire, frozen=True):
    """`frozenTokens` of the creator's stay where they are until an operator has decided."""

    call_id: uuid.UUID
    frozen_tokens: int
    created_at: datetime


class DisputeReply(Reply, frozen=True, kw_only=True):
    dispute: DisputeWire


class ReportCase(Wire, frozen=True):
    """A report, as an operator sees it. People are null once they are erased, and so is what they wrote."""

    id: uuid.UUID
    call_id: uuid.UUID
    call_type: CallType | None
    reason: ReportReason
    text: str
    by: Role
    reporter: PersonWire | None
    accused: PersonWire | None
    created_at: datetime
    closed_at: datetime | None
    resolution: str | None


class ReportCasesReply(Reply, frozen=True, kw_only=True):
    reports: list[ReportCase]
    next_cursor: str | None


class CloseRequest(Request, frozen=True):
    """What was found and done; kept with the report."""

    resolution: Words


class ReportCaseReply(Reply, frozen=True, kw_only=True):
    report: ReportCase


class DisputeCase(Wire, frozen=True):
    """A dispute, as an operator sees it. `frozenTokens` was frozen when it was opened."""

    call_id: uuid.UUID
    call_type: CallType | None
    fan: PersonWire | None
    creator: PersonWire | None
    text: str
    tokens_charged: int
    refunded_tokens: int
    frozen_tokens: int
    created_at: datetime
    resolved_at: datetime | None


class DisputeCasesReply(Reply, frozen=True, kw_only=True):
    disputes: list[DisputeCase]
    next_cursor: str | None


class ResolveRequest(Request, frozen=True):
    """`refundTokens` is the total that shall have been refunded: 0 leaves the charge as it was."""

    refund_tokens: Tokens
    platform_pays: bool = False


class DisputeCaseReply(Reply, frozen=True, kw_only=True):
    dispute: DisputeCase


class RefundRequest(Request, frozen=True):
    """`tokens` is the total that shall have been refunded; absent, all of the charge."""

    tokens: Tokens | None = None
    platform_pays: bool = False


class RefundWire(Wire, frozen=True):
    """What has gone back to the fan in all, and by this request."""

    call_id: uuid.UUID
    tokens_charged: int
    refunded_tokens: int
    moved_tokens: int


class RefundReply(Reply, frozen=True, kw_only=True):
    refund: RefundWire
