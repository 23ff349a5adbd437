"""A pass lets a browser's service worker, which holds no session, do one thing for one person: decline the one call it
was pushed, or tell where one subscription moved. It is worth nothing once that call is over or that subscription gone.

pass = person (16 bytes) + first 24 bytes of HMAC-SHA256(key, purpose, person, subject), in base64url. Nothing is
stored: what it may do, and when no more, is decided by what it is about.
"""

import hashlib
import hmac
import uuid
from typing import Literal

from stagedoor.push.base64url import decode, encode

Purpose = Literal["decline", "renew"]
TAG_BYTES = 24


class Passes:
    """Makes and reads them. The key is derived: one that signs sessions makes no passes."""

    def __init__(self, local_key: bytes) -> None:
        self._key = hmac.digest(local_key, b"stagedoor-push-passes", hashlib.sha256)

    def issue(self, purpose: Purpose, person: uuid.UUID, subject: str) -> str:
        """For `subject`: a call's id to decline, an endpoint to renew."""
        return encode(person.bytes + self._tag(purpose, person, subject))

    def holder(self, purpose: Purpose, token: str, subject: str) -> uuid.UUID | None:
        """Whom `token` was issued to, for exactly this; None for any other."""
        try:
            raw = decode(token)
        except ValueError:
            return None
        if len(raw) != 16 + TAG_BYTES:
            return None
        person = uuid.UUID(bytes=raw[:16])
        return person if hmac.compare_digest(raw[16:], self._tag(purpose, person, subject)) else None

    def _tag(self, purpose: Purpose, person: uuid.UUID, subject: str) -> bytes:
        said = b"\0".join((purpose.encode(), person.bytes, subject.encode()))
        return hmac.digest(self._key, said, hashlib.sha256)[:TAG_BYTES]
