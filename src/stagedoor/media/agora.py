"""Media through Agora: each participant gets a token for their own uid in their own call's channel, and no other.

Tokens are short-lived; a client renews its own before it expires (GET /api/agora/token), for as long as its call
lives. The calls' clock never listens to Agora: see agora_evidence.py.
"""

import math
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import asyncpg

from stagedoor.core.db import Database
from stagedoor.core.identity import Person
from stagedoor.core.problems import Forbidden
from stagedoor.media.agora_token import Role, privileges_of, rtc_token
from stagedoor.media.port import Credentials
from stagedoor.media.problems import AgoraDisabled, ChannelNotFound
from stagedoor.settings import Media

TEST_CHANNEL = "test"
CHANNEL_PREFIX = "call-"

# The caller's own uid, and for how many connected seconds the call's funds still last.
_OWN = """
SELECT media_uid_of($2) AS uid, call_seconds_covered(
        least(held_tokens + fan_available_tokens, max_tokens), tokens_per_minute, increment_seconds
    ) - extract(epoch FROM connected)::float8 AS seconds_left
FROM call_facts
WHERE id = $1 AND $2 IN (creator_id, fan_id) AND media_provider = 'agora'
  AND state IN ('connecting', 'active', 'reconnecting')
"""
_UID_OF_ANOTHER = "SELECT true FROM media_identities WHERE media_uid = $1 AND user_id <> $2"


@dataclass(frozen=True, slots=True)
class Grant:
    """A token, with all that the SDK's `join` takes beside it."""

    app_id: str
    channel: str
    uid: int
    role: Role
    token: str
    expires_at: datetime


class Agora:
    """Makes tokens. Without an App ID and Certificate nobody gets one. `wait_seconds`: how long a call may wait for
    media, beyond what its funds pay for."""

    def __init__(self, settings: Media, database: Database, wait_seconds: int) -> None:
        self._settings = settings
        self._database = database
        self._wait_seconds = wait_seconds

    def credentials(
        self, call: Any, role: Literal["creator", "fan"], uid: int, epoch: int, seconds: int
    ) -> Credentials:
        """For a call that the caller is known to be in. Raises AgoraDisabled."""
        grant = self._grant(call.channel, uid, "publisher", seconds)
        return Credentials(
            provider="agora",
            polite=role == "fan",
            epoch=epoch,
            expires_at=grant.expires_at,
            app_id=grant.app_id,
            channel=grant.channel,
            uid=grant.uid,
            token=grant.token,
        )

    async def token(self, person: Person, channel: str, uid: int | None, role: Role) -> Grant:
        """A token for `person` in `channel`: of their own live call, or `test` for operators.

        Raises ChannelNotFound for every other channel, Forbidden for a uid that is not theirs, AgoraDisabled.
        """
        if channel == TEST_CHANNEL and person.is_operator:
            return self._grant(channel, await self._test_uid(person, uid), role, self._settings.agora_token_ttl_seconds)
        own = await self._own(person, channel)
        if own is None:
            raise ChannelNotFound
        if uid not in (None, own["uid"]):
            raise Forbidden(because="another's media uid")
        return self._grant(channel, own["uid"], role, math.ceil(max(0.0, own["seconds_left"])) + self._wait_seconds)

    async def _own(self, person: Person, channel: str) -> asyncpg.Record | None:
        call_id = call_of(channel)
        if call_id is None:
            return None
        async with self._database.connection() as connection:
            return await connection.fetchrow(_OWN, call_id, person.id)

    async def _test_uid(self, person: Person, uid: int | None) -> int:
        """Any number will do to try the service out, as long as it is nobody else's."""
        async with self._database.connection() as connection:
            if uid is None:
                own: int = await connection.fetchval("SELECT media_uid_of($1)", person.id)
                return own
            if await connection.fetchval(_UID_OF_ANOTHER, uid, person.id):
                raise Forbidden(because="another's media uid")
        return uid

    def _grant(self, channel: str, uid: int, role: Role, seconds_max: int) -> Grant:
        settings = self._settings
        if settings.agora_app_id is None or settings.agora_app_certificate is None:
            raise AgoraDisabled(because="AGORA_APP_ID and AGORA_APP_CERTIFICATE are not set")
        seconds = min(settings.agora_token_ttl_seconds, seconds_max)
        issued_at = int(time.time())
        token = rtc_token(
            settings.agora_app_id,
            settings.agora_app_certificate,
            channel,
            uid,
            privileges_of(role, seconds),
            seconds,
            issued_at=issued_at,
        )
        return Grant(settings.agora_app_id, channel, uid, role, token, datetime.fromtimestamp(issued_at + seconds, UTC))


def call_of(channel: str) -> uuid.UUID | None:
    """The call that a channel belongs to; None for any other channel, or another spelling of the name."""
    try:
        call_id = uuid.UUID(channel.removeprefix(CHANNEL_PREFIX))
    except ValueError:
        return None
    return call_id if channel == f"{CHANNEL_PREFIX}{call_id}" else None
