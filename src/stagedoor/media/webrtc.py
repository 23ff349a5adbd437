"""Browser to browser. Where TURN is configured, through it alone: neither side learns the other's address."""

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime
from typing import Any, Literal

from stagedoor.media.port import Credentials, IceServer
from stagedoor.settings import Media


class WebRtc:
    """ICE servers with time-limited TURN credentials.

    Source: the TURN REST API's shared-secret scheme, as coturn's `use-auth-secret` implements it: the user name
    is `expiry:user`, the password base64(HMAC-SHA1(secret, user name)).
    """

    def __init__(self, settings: Media) -> None:
        self._settings = settings

    def credentials(
        self, call: Any, role: Literal["creator", "fan"], uid: int, epoch: int, seconds: int
    ) -> Credentials:
        """The creator is the impolite side and makes the first offer."""
        servers = [IceServer(urls=list(self._settings.stun_urls))] if self._settings.stun_urls else []
        expires_at = None
        if self._settings.turn_urls:
            expiry = int(time.time()) + min(self._settings.turn_ttl_seconds, seconds)
            username = f"{expiry}:{uid}"
            digest = hmac.digest((self._settings.turn_secret or "").encode(), username.encode(), hashlib.sha1)
            servers = [
                IceServer(
                    urls=list(self._settings.turn_urls),
                    username=username,
                    credential=base64.b64encode(digest).decode(),
                )
            ]
            expires_at = datetime.fromtimestamp(expiry, UTC)
        return Credentials(
            provider="webrtc",
            polite=role == "fan",
            epoch=epoch,
            expires_at=expires_at,
            ice_servers=tuple(servers),
            ice_transport_policy="relay" if self._settings.turn_urls else "all",
        )
