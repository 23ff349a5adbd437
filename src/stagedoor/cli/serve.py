"""`stagedoor serve`: the API, the sockets and the built UI, in one or several processes."""

import asyncio
import contextlib
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from stagedoor.app import asgi
from stagedoor.cli import draining
from stagedoor.cli.opened import CommandError, clear_errors, database
from stagedoor.core import migrate
from stagedoor.core.logs import configure_logs
from stagedoor.ops import SHARED_DIR
from stagedoor.settings import Settings

_DSN = "STAGEDOOR_WORKER_DSN"  # how a worker process learns where the parent's embedded server is

PROTOCOL: dict[str, Any] = {
    "http": "httptools",
    "ws": "websockets-sansio",
    "ws_per_message_deflate": False,
    "ws_max_size": 64 * 1024,
    "proxy_headers": False,  # core.address reads them, from TRUSTED_PROXIES only
    "server_header": False,
    "access_log": False,
    "log_config": None,
    "timeout_keep_alive": 75,  # longer than any proxy keeps one idle: the proxy lets go, never the server first
    "timeout_graceful_shutdown": 10,
}


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes. More than one needs REDIS_URL.")] = 1,
) -> None:
    """Serve until interrupted. Calls, timers and money are in the database: a restart loses none of them."""
    with clear_errors():
        settings = Settings.from_env()
        if workers > 1 and not settings.redis_url:
            raise CommandError("Several workers share sockets and limits through Redis: set REDIS_URL, or use one.")
        check_port(host, port)
        with database(settings) as dsn:
            bring_forward(settings, dsn)
            with counting_together(workers):
                run(settings, dsn, host, port, workers)


@contextlib.contextmanager
def counting_together(workers: int) -> Iterator[None]:
    """Several workers behind one port keep their counts in one empty folder (ops/metrics.py), gone when they end."""
    if workers == 1:
        yield
    elif SHARED_DIR in os.environ:  # the operator's own folder, as the operator wants it
        Path(os.environ[SHARED_DIR]).mkdir(parents=True, exist_ok=True)
        yield
    else:
        with tempfile.TemporaryDirectory(prefix="stagedoor-metrics-", ignore_cleanup_errors=True) as folder:
            os.environ[SHARED_DIR] = folder
            try:
                yield
            finally:
                del os.environ[SHARED_DIR]


def bring_forward(settings: Settings, dsn: str) -> None:
    """The embedded database is ours to migrate; another is its operator's."""
    if settings.database_url is None:
        asyncio.run(migrate.up(dsn))
        return
    pending = [row.title for row in asyncio.run(migrate.status(dsn)) if row.state == "pending"]
    if pending:
        raise CommandError(f"Not migrated yet: {', '.join(pending)}. Run: stagedoor migrate up")


def check_port(host: str, port: int) -> None:
    """Raises CommandError when the port is taken or not allowed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used ({error.strerror}). Choose another with --port."
            ) from error


def run(
    settings: Settings,
    dsn: str,
    host: str,
    port: int,
    workers: int = 1,
    *,
    listening: Callable[[], None] | None = None,
) -> None:
    os.environ[_DSN] = dsn
    draining.run(
        uvicorn.Config(
            "stagedoor.cli.serve:worker" if workers > 1 else worker(settings),
            factory=workers > 1,
            host=host,
            port=port,
            workers=workers,
            loop="uvloop",
            **PROTOCOL,
        ),
        listening,
    )


def worker(settings: Settings | None = None) -> Any:
    """One process's application."""
    settings = settings or Settings.from_env()
    configure_logs(settings.data_dir)
    return asgi(settings, os.environ[_DSN])
