"""The site as crawlers, browsers and the curious meet it: what is indexed, kept and loaded, and what is not there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from stagedoor.core.edge import Edge
from stagedoor.core.pages import FAN_PAGES, Pages
from tests.outside import assert_problem

ROBOTS = """\
User-agent: *
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
NOINDEX = '<meta name="robots" content="noindex">'
SECRET = "what lies beside the site"


async def nothing_here(scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


@pytest.fixture
def site(tmp_path: Path) -> Iterator[httpx.AsyncClient]:
    """A small site in a folder beside which lies something that is nobody's business."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><html><head><title>Stagedoor</title></head><body></body></html>")
    (dist / "assets" / "app-1a2b.js").write_text("export {}")
    (dist / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.key").write_text(SECRET)
    app = Edge(Pages(nothing_here, dist), lambda *_about: None)
    yield httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_robots_txt_is_exactly_this(site: httpx.AsyncClient) -> None:
    answer = await site.get("/robots.txt")
    assert answer.text == ROBOTS
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_what_is_disallowed_is_noindex_too(site: httpx.AsyncClient) -> None:
    """A crawler that does not ask for robots.txt reads the header, one that reads neither reads the page."""
    disallowed = [line.removeprefix("Disallow: ") for line in ROBOTS.splitlines() if line.startswith("Disallow")]
    for path in (*disallowed, *FAN_PAGES, "/c/a-token", "/fan/sam", "/u/sam", "/settings/privacy", "/wallet?page=2"):
        answer = await site.get(path)
        assert answer.status_code == 200
        assert answer.headers["x-robots-tag"] == "noindex", path
        assert answer.text.count(NOINDEX) == 1, path
        assert answer.text.index(NOINDEX) < answer.text.index("</head>")


async def test_what_is_public_may_be_indexed(site: httpx.AsyncClient) -> None:
    for path in ("/", "/creator/mia", "/@mia", "/sign-in"):
        answer = await site.get(path)
        assert "x-robots-tag" not in answer.headers, path
        assert "noindex" not in answer.text, path


async def test_a_share_card_is_not_kept_and_tells_nobody_where_its_reader_came_from(site: httpx.AsyncClient) -> None:
    for path in ("/c/a-token", "/c/a-token/", "/c/a-token?from=chat", "/%63/a-token"):
        answer = await site.get(path)
        assert answer.headers["referrer-policy"] == "no-referrer", path
        assert answer.headers["cache-control"] == "no-store", path
        assert answer.headers["x-robots-tag"] == "noindex", path
    other = await site.get("/creator/mia")
    assert other.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert other.headers["cache-control"] == "no-cache"


async def test_whoever_asks_for_the_headers_alone_gets_those_of_the_page(site: httpx.AsyncClient) -> None:
    for path in ("/", "/c/anything", "/settings/privacy", "/robots.txt", "/assets/app-1a2b.js"):
        page, head = await site.get(path), await site.head(path)
        assert (head.status_code, head.content) == (page.status_code, b"")
        assert {**head.headers, "x-request-id": ""} == {**page.headers, "x-request-id": ""}


async def test_every_answer_carries_the_security_headers(site: httpx.AsyncClient) -> None:
    for path in ("/", "/c/a-token", "/robots.txt", "/assets/app-1a2b.js", "/assets/none.js", "/api/none"):
        answer = await site.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["x-frame-options"] == "SAMEORIGIN", path
        assert answer.headers["cross-origin-opener-policy"] == "same-origin", path
        assert "camera=(self)" in answer.headers["permissions-policy"], path
        assert answer.headers.get_list("referrer-policy") == [answer.headers["referrer-policy"]], path
        assert "server" not in answer.headers
    policy = (await site.get("/")).headers["content-security-policy"]
    for rule in ("default-src 'self'", "script-src 'self';", "frame-ancestors 'self'", "object-src 'none'"):
        assert rule in policy


async def test_assets_that_are_named_after_their_content_are_kept_for_good(site: httpx.AsyncClient) -> None:
    hashed = await site.get("/assets/app-1a2b.js")
    assert hashed.headers["content-type"].startswith("text/javascript")
    assert "immutable" in hashed.headers["cache-control"]
    assert (await site.get("/favicon.svg")).headers["cache-control"] == "no-cache"


async def test_a_missing_asset_is_404_and_no_page(site: httpx.AsyncClient) -> None:
    for path in ("/assets/app-0000.js", "/assets/", "/assets/app-1a2b.js/"):
        assert_problem(await site.get(path), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.key",
        "/assets/../../secret.key",
        "/assets/..%2f..%2fsecret.key",
        "/assets/%2e%2e/%2e%2e/secret.key",
        "/..\\secret.key",
        "//secret.key",
        "/assets//../secret.key",
        "/assets/app-1a2b.js/../../../secret.key",
        "/\0/secret.key",
    ],
)
async def test_no_path_leads_out_of_the_site(site: httpx.AsyncClient, path: str, tmp_path: Path) -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    await Pages(nothing_here, tmp_path / "dist")(scope, None, send)
    body = b"".join(message.get("body", b"") for message in sent)
    assert SECRET.encode() not in body
    for absolute in (str(tmp_path / "secret.key"), "/etc/passwd"):
        answer = await site.get(absolute)
        assert SECRET not in answer.text and "root:" not in answer.text


async def test_what_is_no_page_is_left_to_the_api(site: httpx.AsyncClient) -> None:
    for path in ("/api", "/api/none", "/health/x", "/metrics/x", "/socket.io/x", "/ready/x", "/debug-sentry/x"):
        assert_problem(await site.get(path), 404, "NOT_FOUND")
    assert (await site.get("/apiary")).status_code == 200


async def test_without_a_built_site_the_page_says_how_to_build_it() -> None:
    app = Edge(Pages(nothing_here, None), lambda *_about: None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.get("/")
    assert answer.status_code == 200
    assert "make install" in answer.text
