"""Cursor pages, newest first: a cursor is the last row's time and id, opaque to clients."""

import base64
import uuid
from datetime import UTC, datetime

from stagedoor.core.problems import ValidationFailed

PAGE = 30
PAGE_MAX = 100


def encode(at: datetime, row_id: uuid.UUID | int) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{row_id}".encode()).decode().rstrip("=")


def decode(cursor: str | None) -> tuple[datetime, str] | None:
    """Time and id of the row to go on after; None for the first page. Raises ValidationFailed."""
    if not cursor:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, row_id = text.partition("|")
        return datetime.fromisoformat(at).astimezone(UTC), row_id
    except (ValueError, OverflowError) as error:
        raise ValidationFailed(details=[{"field": "cursor", "message": "is not a cursor"}]) from error


def decode_uuid(cursor: str | None) -> tuple[datetime, uuid.UUID] | None:
    position = decode(cursor)
    if position is None:
        return None
    try:
        return position[0], uuid.UUID(position[1])
    except ValueError as error:
        raise ValidationFailed(details=[{"field": "cursor", "message": "is not a cursor"}]) from error


def decode_int(cursor: str | None) -> tuple[datetime, int] | None:
    """For tables whose id is a bigint."""
    position = decode(cursor)
    if position is None:
        return None
    if not position[1].isascii() or not position[1].isdigit() or int(position[1]) >= 2**63:
        raise ValidationFailed(details=[{"field": "cursor", "message": "is not a cursor"}])
    return position[0], int(position[1])


def page_size(limit: int | None) -> int:
    """`limit` within 1 to 100; 30 when absent."""
    return PAGE if limit is None else max(1, min(PAGE_MAX, limit))
