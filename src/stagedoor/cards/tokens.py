"""Tokens of share links: 192 bits that the server can make again and that a database dump cannot.

token = first 24 bytes of HMAC-SHA256(key, nonce), in base64url. The nonce (256 bits from `secrets`) and the
token's SHA-256 are stored; the key is not in the database. Why so: docs/decisions/0005-share-tokens.md.
"""

import base64
import hashlib
import hmac
import secrets

TOKEN_BYTES = 24
NONCE_BYTES = 32


def card_key(local_key: bytes) -> bytes:
    """The cards' own key: one that signs sessions makes no links."""
    return hmac.digest(local_key, b"stagedoor-share-cards", hashlib.sha256)


def new_nonce() -> bytes:
    return secrets.token_bytes(NONCE_BYTES)


def token_of(key: bytes, nonce: bytes) -> str:
    digest = hmac.digest(key, nonce, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()


def hash_of(token: str) -> bytes:
    """Of anything that a client sends: what is no token has a hash that no card has."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
