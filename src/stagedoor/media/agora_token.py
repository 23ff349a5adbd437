"""Agora's AccessToken2 ("007") for one user of one RTC channel.

Source: the format of AgoraIO's DynamicKey tools. All numbers are little-endian, strings carry a 16-bit length,
`expire` and privilege times are seconds from the moment of issue, and a privilege of 0 lasts as long as the token.
"""

import base64
import hashlib
import hmac
import secrets
import struct
import time
import zlib
from collections.abc import Mapping
from typing import Literal

JOIN_CHANNEL, PUBLISH_AUDIO, PUBLISH_VIDEO, PUBLISH_DATA = 1, 2, 3, 4
SERVICE_RTC = 1
CHANNEL_BYTES_MAX = 63
UID_MAX = 2**32 - 1
Role = Literal["publisher", "subscriber"]


def privileges_of(role: Role, seconds: int) -> dict[int, int]:
    """A subscriber may only join; a publisher may also send."""
    granted = (JOIN_CHANNEL,) if role == "subscriber" else (JOIN_CHANNEL, PUBLISH_AUDIO, PUBLISH_VIDEO, PUBLISH_DATA)
    return dict.fromkeys(granted, seconds)


def rtc_token(
    app_id: str,
    app_certificate: str,
    channel: str,
    uid: int,
    privileges: Mapping[int, int],
    expire_seconds: int,
    *,
    issued_at: int | None = None,
    salt: int | None = None,
) -> str:
    """A signed token. `uid` 0 stands for any user. Raises ValueError for a channel or uid that Agora refuses."""
    if not 0 < len(channel.encode()) <= CHANNEL_BYTES_MAX:
        raise ValueError("a channel name has 1 to 63 bytes")
    if not 0 <= uid <= UID_MAX:
        raise ValueError("a uid has 32 bits")
    issued_at = int(time.time()) if issued_at is None else issued_at
    salt = 1 + secrets.randbelow(99_999_999) if salt is None else salt
    signed = (
        _string(app_id.encode())
        + struct.pack("<IIIH", issued_at, expire_seconds, salt, 1)
        + _rtc_service(channel, uid, privileges)
    )
    key = hmac.digest(struct.pack("<I", issued_at), app_certificate.encode(), hashlib.sha256)
    key = hmac.digest(struct.pack("<I", salt), key, hashlib.sha256)
    signature = hmac.digest(key, signed, hashlib.sha256)
    return "007" + base64.b64encode(zlib.compress(_string(signature) + signed)).decode()


def _rtc_service(channel: str, uid: int, privileges: Mapping[int, int]) -> bytes:
    pairs = b"".join(struct.pack("<HI", *pair) for pair in sorted(privileges.items()))
    user = str(uid) if uid else ""
    return struct.pack("<HH", SERVICE_RTC, len(privileges)) + pairs + _string(channel.encode()) + _string(user.encode())


def _string(value: bytes) -> bytes:
    return struct.pack("<H", len(value)) + value
