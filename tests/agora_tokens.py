"""Reads an AccessToken2 as Agora's servers do: inflates it, checks the signature, and says what it grants."""

import base64
import hashlib
import hmac
import struct
import zlib
from dataclasses import dataclass

APP_ID = "970CA35de60c44645bbae8a215061b33"  # of Agora's published vectors
CERTIFICATE = "5CFd2fd1755d40ecb72977518be15d3b"


@dataclass(frozen=True)
class Opened:
    app_id: str
    issued_at: int
    expire: int
    salt: int
    channel: str
    uid: str
    privileges: dict[int, int]
    signed: bool


def inflated(token: str) -> bytes:
    assert token.startswith("007")
    return zlib.decompress(base64.b64decode(token[3:]))


def opened(token: str, certificate: str = CERTIFICATE) -> Opened:
    reader = _Reader(inflated(token))
    signature = reader.string()
    signed = reader.rest()
    app_id = reader.string().decode()
    issued_at, expire, salt, services = reader.unpack("<IIIH")
    assert services == 1
    kind, count = reader.unpack("<HH")
    assert kind == 1
    privileges = dict(reader.unpack("<HI") for _ in range(count))
    channel, uid = reader.string().decode(), reader.string().decode()
    assert reader.rest() == b""
    key = hmac.digest(struct.pack("<I", issued_at), certificate.encode(), hashlib.sha256)
    key = hmac.digest(struct.pack("<I", salt), key, hashlib.sha256)
    right = hmac.compare_digest(signature, hmac.digest(key, signed, hashlib.sha256))
    return Opened(app_id, issued_at, expire, salt, channel, uid, privileges, right)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def rest(self) -> bytes:
        return self._data

    def unpack(self, form: str) -> tuple[int, ...]:
        size = struct.calcsize(form)
        found, self._data = struct.unpack(form, self._data[:size]), self._data[size:]
        return found

    def string(self) -> bytes:
        (size,) = self.unpack("<H")
        found, self._data = self._data[:size], self._data[size:]
        return found
