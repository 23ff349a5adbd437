"""Logs: one JSON object a line, on stdout and in {data_dir}/logs/combined.log, safe with several processes.

No token, no secret and no address is in a line: what is logged of an event is chosen in events/sinks.py, and every
other text (a reason, another library's message, what an exception says) is scrubbed on its way out (core/scrub.py).
"""

import logging
import logging.handlers
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import structlog

from stagedoor.core.scrub import names_a_secret, scrub
from stagedoor.settings import SettingsError

MESSAGE_MAX = 4000  # another library's message; uvicorn puts a whole traceback into one
# Fields that are ours: names, states, times, and the ids that lead from one line to the next.
PLAIN = frozenset(
    (
        *("event_code", "event_type", "key", "kind", "level", "logger", "outcome", "state", "timestamp"),
        *("callId", "callType", "creatorId", "endReason", "fanId", "process", "requestId", "check", "subject"),
    )
)
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
        structlog.processors.ExceptionRenderer(_told),
        _scrub_fields,
    ]
    formatter = _OneLine(
        foreign_pre_chain=[*shared, _scrub_message],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
    )
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stdout)]
    if to_file:
        handlers.append(_file(data_dir / "logs"))
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # no line says them
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


def write(logger: logging.Logger, event: str, fields: dict[str, object]) -> None:
    """A line of what is ours to the last field, names and values: there is nothing to scrub, and each request that
    changes something writes one."""
    if not logger.isEnabledFor(logging.INFO):
        return
    line = {**fields, "event": event, "level": "info", "logger": logger.name, "timestamp": _now()}
    record = logging.LogRecord(logger.name, logging.INFO, __file__, 0, event, (), None)
    record.__dict__["_line"] = _dumps(line)
    logger.handle(record)


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class _OneLine(structlog.stdlib.ProcessorFormatter):
    """Stdout and the file are told the same: a line is made once."""

    def format(self, record: logging.LogRecord) -> str:
        line: str | None = record.__dict__.get("_line")
        if line is None:
            line = super().format(record)
            record.__dict__["_line"] = line
        return line


def _scrub_fields(_logger: Any, _method: str, line: Any) -> Any:
    """Everything but our own sentence, the traceback (whose messages are scrubbed one by one) and PLAIN."""
    for name, value in line.items():
        if name not in PLAIN and name not in ("event", "exception", "exc_info") and not name.startswith("_"):
            line[name] = _scrubbed(name, value)
    return line


def _scrubbed(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if names_a_secret(name):
        return "[secret]"
    if isinstance(value, list | tuple | set | frozenset):
        return [_scrubbed(name, part) for part in value]
    return scrub(str(value))  # of a dict too: the name of a part may say that it is a secret


def _scrub_message(_logger: Any, _method: str, line: Any) -> Any:
    """A sentence that is not ours may quote anything."""
    line["event"] = scrub(str(line["event"]), MESSAGE_MAX)
    return line


def _told(exc_info: Any) -> str:
    """A traceback as Python prints it, with what each exception says scrubbed. Source lines stay: they are code."""
    return "".join(_chain(exc_info[1], set())).rstrip("\n")


def _chain(error: BaseException, told: set[int]) -> Iterator[str]:
    told.add(id(error))
    before, how = error.__cause__, "The above exception was the direct cause of the following exception:"
    if before is None and not error.__suppress_context__:
        before, how = error.__context__, "During handling of the above exception, another exception occurred:"
    if before is not None and id(before) not in told:
        yield from _chain(before, told)
        yield f"\n{how}\n\n"
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(error.__traceback__)
    kind = type(error)
    module = "" if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}."
    yield f"{module}{kind.__qualname__}: {scrub(str(error))}\n"
    for note in getattr(error, "__notes__", ()):
        yield f"{scrub(str(note))}\n"
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            if id(part) not in told:
                yield from _chain(part, told)


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
