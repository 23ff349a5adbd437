"""The built UI is sent as small as the browser takes it."""

import gzip
from pathlib import Path

import httpx
import pytest

from stagedoor.core.pages import Pages

SCRIPT = b"export const sam = 'Sam';"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(b"<!doctype html><head></head>")
    (tmp_path / "assets" / "sam-1.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "sam-1.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "assets" / "sam-1.js.br").write_bytes(b"brotli")
    (tmp_path / "assets" / "plain-1.js").write_bytes(SCRIPT)
    return tmp_path


async def script(dist: Path, accepts: str, name: str = "sam-1.js") -> httpx.Response:
    transport = httpx.ASGITransport(Pages(None, dist))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
        request = browser.build_request("GET", f"/assets/{name}", headers={"accept-encoding": accepts})
        return await browser.send(request, stream=True)


@pytest.mark.parametrize(
    ("accepts", "sent"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("br;q=0.5", "br"),
        ("GZIP", "gzip"),
        ("identity", None),
        ("br;q=0, gzip;q=0.000", None),
        ("", None),
    ],
)
async def test_the_smallest_form_a_browser_takes_is_sent(dist: Path, accepts: str, sent: str | None) -> None:
    answer = await script(dist, accepts)
    assert answer.headers.get("content-encoding") == sent
    assert answer.headers["vary"] == "accept-encoding"
    assert answer.headers["content-type"].startswith(("text/javascript", "application/javascript"))


async def test_a_script_without_a_smaller_form_is_sent_as_it_is(dist: Path) -> None:
    answer = await script(dist, "br, gzip", "plain-1.js")
    assert "content-encoding" not in answer.headers
    assert await answer.aread() == SCRIPT


async def test_what_is_unpacked_is_what_was_built(dist: Path) -> None:
    answer = await script(dist, "gzip")
    assert await answer.aread() == SCRIPT


async def test_the_service_worker_is_asked_for_anew_each_time_and_reaches_every_page(dist: Path) -> None:
    (dist / "sw.js").write_bytes(SCRIPT)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Pages(None, dist)), base_url="http://test") as browser:
        answer = await browser.get("/sw.js")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    assert answer.content == SCRIPT
