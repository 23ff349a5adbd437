"""The built UI: static files with long caching, and one page for every other path.

Fan pages carry `X-Robots-Tag: noindex`; a share card also `Referrer-Policy: no-referrer` and no caching, and
the noindex meta is put into its HTML, so that a crawler that runs no script still reads it.
"""

import mimetypes
import re
from pathlib import Path
from typing import Any

ROBOTS = """User-agent: *
Allow: /creator/
Allow: /@
Disallow: /fan/
Disallow: /u/
Disallow: /c/
Disallow: /dashboard
Disallow: /messages
Disallow: /wallet
Disallow: /settings
"""
NOT_PAGES = ("/api", "/socket.io", "/health", "/ready", "/metrics", "/openapi.json", "/docs", "/debug-sentry")
FAN_PAGES = ("/fan/", "/u/", "/c/", "/dashboard", "/messages", "/wallet", "/settings", "/calls")
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))  # made beside each file by the build, the smaller first
MISSING = b"""<!doctype html><meta charset="utf-8"><title>Stagedoor</title>
<p>The user interface is not built. Run <code>make install</code>, or
<code>npm ci &amp;&amp; npm run build</code> in web/."""
CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https:; "
    "media-src 'self' blob:; connect-src 'self' ws: wss: https:; frame-ancestors 'self'; base-uri 'none'; "
    "object-src 'none'; form-action 'self'"
)


class Pages:
    """An ASGI layer over the API: answers GET and HEAD for pages and assets, passes everything else on."""

    def __init__(self, app: Any, dist: Path | None, *, also_connect: str = "") -> None:
        """`also_connect` is one more origin that pages may talk to, beside our own and every TLS one."""
        self._app = app
        self._csp = CSP.replace("connect-src 'self'", f"connect-src 'self' {also_connect}".rstrip()).encode()
        self._dist = dist
        self._assets = _read(dist)
        self._index = self._assets.pop("/index.html", MISSING)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or _is_not_page(scope["path"]):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        scope["path_template"] = "page"
        body, headers, status = self._answer(path, _accepted(scope["headers"]))
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _answer(self, path: str, accepted: set[str]) -> tuple[bytes, list[tuple[bytes, bytes]], int]:
        if path == "/robots.txt":
            return ROBOTS.encode(), [(b"content-type", b"text/plain; charset=utf-8")], 200
        asset = self._assets.get(path)
        if asset is not None:
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            hashed = path.startswith("/assets/")
            cache = b"public, max-age=31536000, immutable" if hashed else b"no-cache"
            headers = [(b"content-type", kind.encode()), (b"cache-control", cache), (b"vary", b"accept-encoding")]
            for encoding, suffix in ENCODINGS:
                smaller = self._assets.get(path + suffix)
                if smaller is not None and encoding in accepted:
                    return smaller, [*headers, (b"content-encoding", encoding.encode())], 200
            return asset, headers, 200
        if path.startswith("/assets/"):
            return b"", [(b"content-type", b"text/plain")], 404
        return self._page(path)

    def _page(self, path: str) -> tuple[bytes, list[tuple[bytes, bytes]], int]:
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-security-policy", self._csp),
        ]
        body = self._index
        card = path.startswith("/c/")
        if path.startswith(FAN_PAGES):
            headers.append((b"x-robots-tag", b"noindex"))
            body = body.replace(b"</head>", b'<meta name="robots" content="noindex"></head>', 1)
        if card:
            headers.append((b"referrer-policy", b"no-referrer"))
        headers.append((b"cache-control", b"no-store" if card else b"no-cache"))
        return body, headers, 200


def _accepted(headers: list[tuple[bytes, bytes]]) -> set[str]:
    """The encodings a client takes; one that it weighs with 0 it does not take."""
    asked = b",".join(value for name, value in headers if name == b"accept-encoding").decode("latin-1").lower()
    weighed = [[word.strip() for word in part.split(";")] for part in asked.split(",")]
    return {name for name, *weight in weighed if not any(re.fullmatch(r"q=0(\.0*)?", word) for word in weight)}


def _is_not_page(path: str) -> bool:
    return path.startswith(tuple(f"{name}/" for name in NOT_PAGES)) or path in NOT_PAGES


def _read(dist: Path | None) -> dict[str, bytes]:
    """Everything the build made, in memory: a few hundred kilobytes, and no path can lead out of it."""
    if dist is None or not dist.is_dir():
        return {}
    return {f"/{file.relative_to(dist).as_posix()}": file.read_bytes() for file in dist.rglob("*") if file.is_file()}


def find_dist() -> Path | None:
    """Where the built UI is: inside the installed package, or web/dist of a checkout."""
    package = Path(__file__).parent.parent
    for folder in (package / "web_dist", package.parent.parent / "web" / "dist"):
        if (folder / "index.html").is_file():
            return folder
    return None
