"""A server that ends without a failed request: told to, it takes no more connections, answers what has come, and lets
every client go in a way that makes it look elsewhere.

* Whoever connects now is refused at once, so a proxy asks another process. Connections that the kernel had taken
  already are served like any other.
* Every answer from now on says `Connection: close`. A proxy that is slower to let go of an idle connection than
  DRAIN_SECONDS could send a request into a closing one: keep its `keepalive_timeout` below.
* Sockets are closed with 1012, "service restart", a few at a time: clients connect again by themselves, and all of them
  at once would be a storm for the processes that are left.

SIGTERM drains. Control-C is somebody at a keyboard, who is not kept waiting.
"""

import asyncio
import contextlib
import os
import random
import signal
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess, multiprocess

DRAIN_SECONDS = 5.0  # for requests and idle connections; sockets included
SPREAD_SECONDS = 2.0  # over how long sockets are let go, at most
SOCKETS_A_SECOND = 500
LOOK_SECONDS = 0.02


class DrainingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, listening: Callable[[], None] | None = None) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._listening is not None:
            self._listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        told = set(self._captured_signals)
        if signal.SIGTERM in told and signal.SIGINT not in told:
            await self._drain(sockets or [])
        await super().shutdown(sockets)

    async def _drain(self, sockets: list[socket.socket]) -> None:
        for waiting in self._stop_listening(sockets):
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, waiting)
        self._say_close()
        hanging_up = asyncio.create_task(self._hang_up())
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._http() and not self.force_exit:  # noqa: ASYNC110 - connections tell nobody that they end
                    await asyncio.sleep(LOOK_SECONDS)
                await hanging_up
        except TimeoutError:
            hanging_up.cancel()

    def _stop_listening(self, sockets: list[socket.socket]) -> list[socket.socket]:
        """Connections that the kernel has taken and nobody has accepted; to close now would reset them."""
        listening = [socket.socket(fileno=os.dup(sock.fileno())) for server in self.servers for sock in server.sockets]
        for server in self.servers:
            server.close()
        for sock in sockets:
            sock.close()
        waiting = []
        for sock in listening:
            with sock:
                sock.setblocking(False)
                while True:
                    try:
                        waiting.append(sock.accept()[0])
                    except OSError:
                        break
        return waiting

    def _protocol(self) -> asyncio.Protocol:
        kind: Any = self.config.http_protocol_class
        made: asyncio.Protocol = kind(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        return made

    def _http(self) -> list[HttpToolsProtocol]:
        return [c for c in self.server_state.connections if isinstance(c, HttpToolsProtocol)]

    def _say_close(self) -> None:
        headers = [*self.server_state.default_headers, (b"connection", b"close")]
        self.server_state.default_headers = headers
        for connection in self._http():
            if connection.cycle is not None:  # an answer under way
                connection.cycle.default_headers = headers

    async def _hang_up(self) -> None:
        sockets: list[Any] = [c for c in self.server_state.connections if not isinstance(c, HttpToolsProtocol)]
        random.shuffle(sockets)
        spread = min(SPREAD_SECONDS, len(sockets) / SOCKETS_A_SECOND)
        for connection in sockets:
            if connection in self.server_state.connections and connection.handshake_complete:
                connection.shutdown()
            await asyncio.sleep(spread / len(sockets))


class _Process(multiprocess.Process):
    @property
    def server(self) -> uvicorn.Server:
        if self._server is None:
            self._server = DrainingServer(self.config)
        return self._server


class Workers(Multiprocess):
    """Several draining servers behind one port, kept alive."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket]) -> None:
        multiprocess.Process = _Process  # type: ignore[misc]  # the class names it nowhere else
        super().__init__(config, sockets)

    def terminate_all(self) -> None:
        for sock in self.sockets:  # a port that nobody accepts from any more would take connections and never answer
            sock.close()
        super().terminate_all()


def run(config: uvicorn.Config, listening: Callable[[], None] | None = None) -> None:
    """Serve until told to end; a single process says when it is `listening`. Raises SystemExit when it could not
    start."""
    if config.workers > 1:
        Workers(config, [config.bind_socket()]).run()
        return
    server = DrainingServer(config, listening)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(uvicorn.config.STARTUP_FAILURE)
