"""The key that this server signs its pushes with (VAPID, RFC 8292): from settings, else made once and kept beside the
data (mode 0600). Browsers bind their subscriptions to it: with another key all of them have to subscribe again."""

import time
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stagedoor.core.secret_key import key_in
from stagedoor.push.base64url import decode, encode
from stagedoor.settings import Settings, SettingsError

CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # P-256
VALID_SECONDS = 12 * 3600  # push services take at most 24 hours
CONTACT = "mailto:webmaster@localhost"


class VapidKeys:
    """Signs for each push service. `contact` (mailto: or https:) is whom it turns to about our pushes."""

    def __init__(self, private: ec.EllipticCurvePrivateKey, contact: str) -> None:
        self._private = private
        self._contact = contact
        self._signed: dict[str, tuple[float, str]] = {}
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key = encode(point)  # as `applicationServerKey` of pushManager.subscribe

    def authorization(self, endpoint: str) -> str:
        """The Authorization header for `endpoint`; one signature serves a push service for hours."""
        parts = urlsplit(endpoint)
        origin = f"{parts.scheme}://{parts.netloc}"
        now = time.time()
        expiry, token = self._signed.get(origin, (0.0, ""))
        if expiry < now + VALID_SECONDS / 2:
            expiry = now + VALID_SECONDS
            claims = {"aud": origin, "exp": int(expiry), "sub": self._contact}
            token = jwt.encode(claims, self._private, algorithm="ES256")
            self._signed[origin] = (expiry, token)
        return f"vapid t={token}, k={self.public_key}"


def vapid_keys(settings: Settings) -> VapidKeys:
    """Raises SettingsError when VAPID_PRIVATE_KEY is not a key, or none can be kept."""
    https = next((url for url in settings.frontend_urls if url.startswith("https://")), None)
    return VapidKeys(_private(settings), settings.push.contact or https or CONTACT)


def _private(settings: Settings) -> ec.EllipticCurvePrivateKey:
    given = settings.push.vapid_private_key
    if given is not None:
        try:
            key = decode(given)
            if len(key) != 32:
                raise ValueError("it is not 32 bytes")
            return ec.derive_private_key(int.from_bytes(key, "big"), ec.SECP256R1())
        except ValueError as error:
            raise SettingsError(f"VAPID_PRIVATE_KEY is no P-256 key in base64url ({error}).") from error
    path = settings.data_dir / "vapid.key"
    try:
        kept = int.from_bytes(key_in(path), "big")
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{path} does not hold the push key ({error}). Make the folder writable, or set VAPID_PRIVATE_KEY."
        ) from error
    return ec.derive_private_key(kept % (CURVE_ORDER - 1) + 1, ec.SECP256R1())
