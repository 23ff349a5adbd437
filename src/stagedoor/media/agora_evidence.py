"""What Agora says happened in a call's channel: kept as evidence, never used as the clock.

A notice counts once whatever its number of deliveries (`noticeId`), and in any order: when it happened is in the
notice, and a leave carries how long the stay was, so that even a lost join is made good.
"""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import structlog

from stagedoor.core.db import Database
from stagedoor.core.problems import ValidationFailed
from stagedoor.media.agora import call_of
from stagedoor.media.problems import SignatureInvalid

log = structlog.get_logger("agora")
RTC = 1  # the product whose notices are kept
# Agora's numbers: created and destroyed; then broadcasters, audience and members of a two-way call, in and out.
KINDS = {
    101: "created",
    102: "destroyed",
    103: "joined",
    104: "left",
    105: "joined",
    106: "left",
    107: "joined",
    108: "left",
}

Seconds = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Payload(msgspec.Struct, frozen=True, rename="camel"):
    """What the notices of a channel have in common. `ts` is when it happened, `duration` how long the stay was."""

    channel_name: Annotated[str, msgspec.Meta(max_length=64)] = ""
    ts: Annotated[int, msgspec.Meta(ge=0, le=2**33)] = 0
    uid: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)] | None = None
    client_seq: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None
    duration: Seconds | None = None
    reason: Seconds | None = None


class Notice(msgspec.Struct, frozen=True, rename="camel"):
    notice_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    product_id: int
    event_type: int
    payload: Payload = Payload()


_decode = msgspec.json.Decoder(Notice).decode
_INSERT = """
INSERT INTO agora_notices (notice_id, call_id, channel, kind, event_type, uid, client_seq, happened_at,
    stay_seconds, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (notice_id) DO NOTHING
"""


class AgoraEvidence:
    """Takes notices. `secret` is the one that Agora's console shows beside the webhook."""

    def __init__(self, database: Database, secret: str | None) -> None:
        self._database = database
        self._secret = secret

    @property
    def is_configured(self) -> bool:
        return self._secret is not None

    async def receive(self, body: bytes, signature: str) -> None:
        """Keep one notice. Raises SignatureInvalid, ValidationFailed. Other products' notices are let pass."""
        expected = hmac.digest((self._secret or "").encode(), body, hashlib.sha256).hex()
        if not self.is_configured or not hmac.compare_digest(expected.encode(), signature.lower().encode()):
            raise SignatureInvalid(because="Agora-Signature-V2 does not match AGORA_WEBHOOK_SECRET")
        try:
            notice = _decode(body)
        except msgspec.ValidationError as error:
            raise ValidationFailed(because=f"Agora notice: {error}") from error
        except msgspec.DecodeError as error:
            raise ValidationFailed(because="Agora notice: not JSON") from error
        if notice.product_id == RTC and notice.event_type in KINDS:
            await self._keep(notice)

    async def _keep(self, notice: Notice) -> None:
        payload = notice.payload
        call_id = call_of(payload.channel_name)
        async with self._database.connection() as connection:
            kept = await connection.execute(
                _INSERT,
                notice.notice_id,
                call_id,
                payload.channel_name,
                KINDS[notice.event_type],
                notice.event_type,
                payload.uid,
                payload.client_seq,
                datetime.fromtimestamp(payload.ts, UTC),
                payload.duration,
                payload.reason,
            )
        if kept.endswith(" 1"):
            log.info("agora notice", callId=str(call_id), kind=KINDS[notice.event_type], reason=payload.reason)
