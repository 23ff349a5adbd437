"""The client's address: the peer's, unless the peer is a configured proxy; then the nearest untrusted hop's."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from stagedoor.settings import Network


@lru_cache(4096)
def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.strip().removeprefix("[").split("]")[0].split("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def client_address(scope: Any, trusted: Sequence[Network]) -> str:
    """The address that limits are counted by, as text; IPv6 as its /64, which is what one subscriber holds.

    X-Forwarded-For is read from the right, and only while the hop that wrote it is a trusted proxy.
    """
    peer = scope.get("client")
    address = _parsed(peer[0]) if peer else None
    if trusted and address is not None:
        forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        hops = b",".join(forwarded).decode("latin-1").split(",") if forwarded else []
        for hop in reversed(hops):
            if not any(address in network for network in trusted):
                break
            following = _parsed(hop)
            if following is None:
                break
            address = following
    if address is None:
        return "unknown"
    if address.version == 6 and not address.is_loopback:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
