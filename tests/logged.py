"""Logging as `serve` configures it, for a while."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import structlog

from stagedoor.core.logs import configure_logs


@contextlib.contextmanager
def logged(data_dir: Path) -> Iterator[Path]:
    """The log file as `serve` writes it; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level, known = root.handlers[:], root.level, structlog.get_config()
    configure_logs(data_dir)
    try:
        yield data_dir / "logs" / "combined.log"
    finally:
        for handler in root.handlers:
            if handler not in handlers:
                handler.close()
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**known)
