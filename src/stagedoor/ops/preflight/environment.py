"""The environment: settings that can be read, secrets that are there, nothing that lets everybody in."""

import asyncio
import json
import re
import socket
import ssl
import time
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

from stagedoor.ops.preflight.checks import Answer, Place, bad, check, good
from stagedoor.settings import Settings, SettingsError

_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
# The line of the table that a wrong variable belongs to; the rest belong to `settings`.
_LINES = {"TRUSTED_PROXIES": "proxies", "FRONTEND_URL": "cors", "AGORA": "media", "MEDIA": "media", "TURN": "media"}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
CERTIFICATE_DAYS_MIN = 14


def read_settings(env: Mapping[str, str]) -> tuple[Settings, dict[str, str]]:
    """The settings as far as they can be read, and what is wrong, by the line it belongs to: a wrong variable is
    put aside with its sentence, so that everything else can still be looked at."""
    left = dict(env)
    wrong: dict[str, str] = {}
    for _ in range(len(env) + 1):
        try:
            return Settings.from_env(left), wrong
        except SettingsError as error:
            names = list(dict.fromkeys(name for name in _VARIABLE.findall(str(error)) if name in left))
            if not names:
                raise
            line = next((line for part, line in _LINES.items() if names[0].startswith(part)), "settings")
            wrong[line] = str(error)
            for name in names:
                del left[name]
    raise AssertionError("more wrong variables than variables")


@check("settings")
async def settings(place: Place) -> Answer:
    if "settings" in place.wrong_settings:
        return bad(place.wrong_settings["settings"], "mend that variable")
    left_on = [
        name for name, on in (("STAGEDOOR_DEMO", place.settings.demo), ("WALLET_TOP_UP", place.settings.top_up)) if on
    ]
    if left_on:
        return bad(f"{' and '.join(left_on)} on: anybody gets tokens for nothing", "take it out of the environment")
    return good("readable, and nothing of the demo is on")


@check("secrets")
async def secrets(place: Place) -> Answer:
    identity = place.settings.identity
    key = identity.secret_key or identity.jwt_secret
    if not key and place.settings.database_url:
        return bad("every server would make its own session key", "set STAGEDOOR_SECRET_KEY to the same on all")
    if key and len(key) < 32:
        return bad("the session key is shorter than 32 characters", "openssl rand -hex 32")
    if (identity.jwt_secret or identity.jwt_jwks_url) and not (identity.jwt_issuer and identity.jwt_audience):
        return bad("any issuer's token for anybody would do", "set JWT_ISSUER and JWT_AUDIENCE")
    if identity.jwt_jwks_url:
        return await asyncio.to_thread(_keys, identity.jwt_jwks_url)
    return good("there" if key else "the embedded database's own key file")


def _keys(url: str) -> Answer:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # the operator's own JWT_JWKS_URL
            count = len(json.load(answer)["keys"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return bad(f"JWT_JWKS_URL gives no keys ({error})", "mend JWT_JWKS_URL")
    return good(f"there, and the issuer publishes {count} keys")


@check("proxies")
async def proxies(place: Place) -> Answer:
    if "proxies" in place.wrong_settings:
        return bad(place.wrong_settings["proxies"], "name your own proxies' networks, such as 10.0.0.0/8")
    trusted = place.settings.trusted_proxies
    public = [str(network) for network in trusted if not network.is_private and network.num_addresses > 256]
    if public:
        return bad(f"{', '.join(public)} may say who is asking", "name single proxies in TRUSTED_PROXIES")
    return good(", ".join(map(str, trusted)) if trusted else "none: the peer's own address counts")


@check("cors")
async def cors(place: Place) -> Answer:
    if "cors" in place.wrong_settings:
        return bad(place.wrong_settings["cors"], "name the front end's origins in FRONTEND_URL")
    for origin in place.settings.frontend_urls:
        parts = urlsplit(origin)
        if "*" in origin or parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
            mend = "name whole origins in FRONTEND_URL, such as https://stage.example"
            return bad(f"{origin!r} is not an origin of yours", mend)
    return good(", ".join(place.settings.frontend_urls) or "this server's own pages alone")


@check("certificate")
async def certificate(place: Place) -> Answer:
    """Camera and microphone need a secure context, and so does a bearer token."""
    urls = [*place.settings.frontend_urls, *([place.url] if place.url else [])]
    plain = [url for url in urls if url.startswith("http:") and urlsplit(url).hostname not in _LOOPBACK]
    if plain:
        return bad(f"{', '.join(plain)} without TLS", "serve it by https (deploy/nginx.conf), and name it so")
    if place.url and place.url.startswith("https:"):
        return await asyncio.to_thread(_days_left, place.url)
    return good("every origin is https" if urls else "no public origin is named")


def _days_left(url: str) -> Answer:
    parts = urlsplit(url)
    try:
        context = ssl.create_default_context()
        with (
            socket.create_connection((parts.hostname or "", parts.port or 443), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as wrapped,
        ):
            until = ssl.cert_time_to_seconds(str((wrapped.getpeercert() or {})["notAfter"]))
    except (OSError, KeyError) as error:
        return bad(f"{url} has no certificate that holds ({error})", "renew it, with its whole chain")
    days = (until - time.time()) / 86_400
    if days < CERTIFICATE_DAYS_MIN:
        return bad(f"the certificate ends in {days:.0f} days", "renew it")
    return good(f"the certificate holds for {days:.0f} days")
