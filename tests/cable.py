"""The cable between a house and its database, which a test may pull, plug in again, or leave in and mute; or which
passes on what the server says and not yet that it has hung up."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit


class Cable:
    """A unix socket in front of PostgreSQL's own. `dsn` leads through it."""

    def __init__(self, dsn: str, folder: Path) -> None:
        parts = urlsplit(dsn)
        query = parse_qs(parts.query)
        self._socket = f".s.PGSQL.{query['port'][0]}"
        self._behind = Path(query["host"][0]) / self._socket
        self._folder = folder
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.AbstractServer | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._ending = asyncio.Event()
        self._ending.set()
        self.dsn = f"{dsn.partition('?')[0]}?host={quote(str(folder))}&port={query['port'][0]}"

    async def plug(self) -> None:
        self._server = await asyncio.start_unix_server(self._carry, self._folder / self._socket)

    async def pull(self) -> None:
        """Connections break, and new ones are refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        (self._folder / self._socket).unlink(missing_ok=True)
        for writer in list(self._writers):
            writer.transport.abort()

    def mute(self) -> None:
        """Connections stay, and nothing comes through: a dead network."""
        self._flowing.clear()

    def unmute(self) -> None:
        self._flowing.set()

    def withhold_ends(self) -> None:
        """Who hangs up is heard, and still seems to be on the line: the moment between a server's two last signals."""
        self._ending.clear()

    def pass_on_ends(self) -> None:
        self._ending.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_unix_connection(self._behind)
        self._writers |= {writer, behind_writer}
        try:
            await asyncio.gather(self._pump(reader, behind_writer), self._pump(behind_reader, writer))
        finally:
            for end in (writer, behind_writer):
                self._writers.discard(end)
                end.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                await self._flowing.wait()
                target.write(data)
                await target.drain()
        await self._ending.wait()
        target.transport.abort()


@contextlib.asynccontextmanager
async def cable(dsn: str, folder: Path) -> AsyncIterator[Cable]:
    """A plugged cable; `folder` must have a short path, as a socket's name has at most 107 bytes."""
    place = folder / uuid.uuid4().hex[:6]
    place.mkdir()
    found = Cable(dsn, place)
    await found.plug()
    try:
        yield found
    finally:
        found.unmute()
        found.pass_on_ends()
        await found.pull()
