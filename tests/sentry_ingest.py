"""A stand-in for Sentry on a free local port: takes envelopes and keeps every byte of them."""

import contextlib
import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Ingest:
    dsn: str = ""
    envelopes: list[bytes] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)

    async def envelope(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.envelopes.append(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
        self.headers.append(str(dict(request.headers)))
        return web.json_response({"id": "0"})

    def items(self, kind: str) -> list[dict[str, Any]]:
        """The items of one kind, such as `event` or `transaction`."""
        found = []
        for envelope in self.envelopes:
            lines = envelope.split(b"\n")
            for head, body in zip(lines[1::2], lines[2::2], strict=False):
                if json.loads(head)["type"] == kind:
                    found.append(json.loads(body))
        return found

    def everything(self) -> str:
        return b"\n".join(self.envelopes).decode() + "\n".join(self.headers)


@contextlib.asynccontextmanager
async def sentry_ingest() -> AsyncIterator[Ingest]:
    ingest = Ingest()
    app = web.Application(client_max_size=10 * 1024 * 1024)
    app.router.add_post("/api/1/envelope/", ingest.envelope)
    runner = web.AppRunner(app, auto_decompress=False, shutdown_timeout=0.2, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    ingest.dsn = f"http://public@127.0.0.1:{runner.addresses[0][1]}/1"
    try:
        yield ingest
    finally:
        await runner.cleanup()
