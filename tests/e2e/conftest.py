"""A served Stagedoor and real Chromium windows on it, as a newcomer has them after `make demo`."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright

PASSWORD = "stagedoor-demo"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-loopback-in-peer-connection",
    "--use-fake-device-for-media-stream=fps=5",  # software draws and encodes every frame,
    "--force-prefers-reduced-motion",  # and every movement on the page
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A `stagedoor` server process, its address and its data."""

    process: subprocess.Popen[str]
    url: str
    data_dir: Path
    env: dict[str, str]
    tokens: dict[str, str] = field(default_factory=dict)

    def cli(self, *args: str) -> str:
        """What a stagedoor command prints, run beside the server."""
        done = subprocess.run(
            [sys.executable, "-m", "stagedoor", *args], env=self.env, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def sign_in(self, username: str) -> dict[str, str]:
        """A new session of `username`: `token` and `expiresAt`."""
        answer = httpx.post(f"{self.url}/api/session", json={"username": username, "password": PASSWORD}, timeout=20)
        session: dict[str, str] = answer.raise_for_status().json()["session"]
        return session

    def token(self, username: str) -> str:
        """A bearer token of `username`, asked for once."""
        if username not in self.tokens:
            self.tokens[username] = self.sign_in(username)["token"]
        return self.tokens[username]


def start(data_dir: Path, *command: str, port: int | None = None, **env: str) -> Server:
    """Start `stagedoor COMMAND` and wait until it is ready."""
    port = port or free_port()
    environment = {**os.environ, "STAGEDOOR_DATA_DIR": str(data_dir), **env}
    environment.pop("DATABASE_URL", None)
    with (data_dir / "stdout.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "stagedoor", *command, "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
    server = Server(process, f"http://localhost:{port}", data_dir, environment)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError((data_dir / "stdout.log").read_text())
        try:
            with urllib.request.urlopen(f"{server.url}/ready", timeout=2) as reply:
                if reply.status == 200:
                    return server
        except OSError:
            time.sleep(0.1)  # readiness is asked for, nobody announces it
    raise RuntimeError("the server did not become ready")


def stop(server: Server) -> None:
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(timeout=20)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start(tmp_path_factory.mktemp("demo"), "demo", RATE_LIMIT_CALLS_PER_IP="1000", CALL_COOLDOWN_SECONDS="0")
    yield server
    stop(server)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        await browser.close()


# Software draws, encodes and decodes every frame here; a sixteenth of the picture shows the same things.
SMALL_PICTURE = """
const devices = navigator.mediaDevices
const open = devices?.getUserMedia.bind(devices)
if (open) devices.getUserMedia = ({ video, ...rest }) =>
    open(video ? { ...rest, video: { ...video, width: 320, height: 180 } } : rest)
"""


async def window(browser: Browser, server: Server, **options: Any) -> Page:
    """A window of a browser of its own, with camera and microphone granted; nobody is signed in."""
    context = await browser.new_context(**options)
    await context.add_init_script(SMALL_PICTURE)
    await context.grant_permissions(["camera", "microphone"], origin=server.url)
    page = await context.new_page()
    page.on("console", lambda message: complaints(page).append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints(page).append(str(error)))
    return page


async def phone(browser: Browser, server: Server, username: str, path: str = "/", **options: Any) -> Page:
    """A window in which `username` has signed in, at `path`."""
    kept = {"name": "stagedoor.session", "value": json.dumps(await asyncio.to_thread(server.sign_in, username))}
    storage = {"origins": [{"origin": server.url, "localStorage": [kept]}]}
    page = await window(browser, server, storage_state=storage, **options)
    await page.goto(f"{server.url}{path}")
    return page


async def signed_in_by_hand(browser: Browser, server: Server, username: str) -> Page:
    """The same, through the sign-in page."""
    page = await window(browser, server)
    await page.goto(f"{server.url}/signin")
    await page.get_by_label(re.compile("name", re.IGNORECASE)).first.fill(username)
    await page.get_by_label(re.compile("password", re.IGNORECASE)).first.fill(PASSWORD)
    await page.get_by_role("button", name=re.compile("^sign in$", re.IGNORECASE)).click()
    await page.wait_for_url(re.compile(r"^(?!.*signin).*$"))
    return page


def complaints(page: Page) -> list[str]:
    """What the page's console complained of so far."""
    found: list[str] = getattr(page, "_complaints", None) or []
    page._complaints = found  # type: ignore[attr-defined]
    return found


MEDIA = """async () => {
    const pc = window.__stagedoor?.pc
    if (!pc) return null
    const seen = { frames: 0, audioBytes: 0, pairs: [] }
    const stats = await pc.getStats()
    stats.forEach(s => {
        if (s.type === 'inbound-rtp' && s.kind === 'video') seen.frames += s.framesDecoded ?? 0
        if (s.type === 'inbound-rtp' && s.kind === 'audio') seen.audioBytes += s.bytesReceived ?? 0
    })
    return seen
}"""


async def media_flows(page: Page, *, video: bool = True, within: float = 15, beyond: int = 0) -> dict[str, int]:
    """Wait until more than `beyond` frames were decoded and audio arrives on `page`, by getStats."""
    deadline = time.monotonic() + within
    seen: dict[str, int] | None = None
    while time.monotonic() < deadline:
        seen = await page.evaluate(MEDIA)
        if seen and seen["audioBytes"] > 0 and (not video or seen["frames"] > beyond):
            return seen
        await asyncio.sleep(0.1)
    raise AssertionError(f"no media on {page.url}: {seen}")
