"""Both providers behind the one port: a call keeps the provider that it was placed with.

So a change of MEDIA_PROVIDER, and its rollback, never splits a running call between two clouds.
"""

from collections.abc import Mapping
from typing import Any, Literal

from stagedoor.media.port import Credentials, MediaProvider


class Providers:
    """Asks the provider that the call names."""

    def __init__(self, by_name: Mapping[str, MediaProvider]) -> None:
        self._by_name = by_name

    def credentials(
        self, call: Any, role: Literal["creator", "fan"], uid: int, epoch: int, seconds: int
    ) -> Credentials:
        return self._by_name[call.media_provider].credentials(call, role, uid, epoch, seconds)
