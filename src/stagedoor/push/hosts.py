"""Where pushes may go. An endpoint comes from a client, and this server will send requests to it: so only to push
services that are known, never to an address of the client's choice."""

import re
from collections.abc import Iterable

# An address without user, without tricks: what is matched here is what the HTTP client will connect to.
_ADDRESS = re.compile(r"(https?)://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([0-9]{1,5}))?(/[!-~]*)")


def allowed(endpoint: str, hosts: Iterable[str]) -> bool:
    """`hosts` are names (`fcm.googleapis.com`), names with all below them (`*.push.apple.com`), both by https on its
    own port alone, or whole origins (`http://127.0.0.1:8123`)."""
    match = _ADDRESS.fullmatch(endpoint)
    if match is None or "\\" in endpoint:
        return False
    scheme, host, port, _path = match.groups()
    origin = f"{scheme}://{host}" + (f":{port}" if port else "")
    return any(_matches(entry, scheme, host, port, origin) for entry in hosts)


def _matches(entry: str, scheme: str, host: str, port: str | None, origin: str) -> bool:
    if "://" in entry:
        return origin == entry
    if scheme != "https" or port not in (None, "443"):
        return False
    return host.endswith(entry[1:]) if entry.startswith("*.") else host == entry
