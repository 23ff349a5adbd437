"""Logs: one JSON object a line, on stdout and in {data_dir}/logs/combined.log, safe with several processes.

No token, no secret and no address is ever a field; what is logged of an event is chosen in events/sinks.py.
"""

import logging
import logging.handlers
import sys
from pathlib import Path
from typing import Any

import msgspec
import structlog

from stagedoor.settings import SettingsError

_encoder = msgspec.json.Encoder(enc_hook=str)


def _dumps(event: Any, **_options: Any) -> str:
    return _encoder.encode(event).decode()


def configure_logs(data_dir: Path, *, to_file: bool = True, level: int = logging.INFO) -> None:
    """Route structlog and the standard library's logging through one JSON formatter. Raises SettingsError when the
    file cannot be written."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
    )
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stdout)]
    if to_file:
        handlers.append(_file(data_dir / "logs"))
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(level)
    for handler in handlers:
        handler.setFormatter(formatter)
    for noisy in ("httpx", "httpcore", "asyncio", "engineio", "socketio", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    uvicorn = logging.getLogger("uvicorn.error")
    if _no_connections not in uvicorn.filters:
        uvicorn.addFilter(_no_connections)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _no_connections(record: logging.LogRecord) -> bool:
    """uvicorn tells of every WebSocket with the address of its client and all that stood in its URL."""
    return record.levelno >= logging.WARNING or "websockets" not in record.pathname


def _file(folder: Path) -> logging.Handler:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return logging.handlers.WatchedFileHandler(folder / "combined.log")
    except OSError as error:
        raise SettingsError(
            f"{folder} cannot hold the logs ({error.strerror}). Make it writable, or set STAGEDOOR_DATA_DIR to a"
            " folder that is."
        ) from error
