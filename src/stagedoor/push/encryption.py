"""A payload that only one browser can read: RFC 8291 (Web Push) over RFC 8188 (aes128gcm)."""

import os
from typing import Any

import http_ece
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec


def encrypt(payload: dict[str, Any], public_key: bytes, auth: bytes) -> bytes:
    """`payload` as JSON for the browser with `public_key` (a point on P-256) and `auth`; the body of the push."""
    body: bytes = http_ece.encrypt(
        msgspec.json.encode(payload),
        salt=os.urandom(16),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=public_key,
        auth_secret=auth,
        version="aes128gcm",
    )
    return body
