"""Log lines as JSON objects, each with the id of the request it belongs to."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import Final

from pythonjsonlogger.json import JsonFormatter

request_id: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)


def configure_logging(level: str) -> None:
    """Write all log records to standard error, one JSON object a line.

    Args:
        level: Least severe level written: debug, info, warning or error.
    """
    handler = logging.StreamHandler()
    handler.addFilter(_add_request_id)
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}{request_id}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # These tell of every request they send, or part they load, at a level meant for events.
    for name in ("httpx", "httpx2", "alembic.runtime.plugins"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # The Hub's client, where it is imported by now, has a handler of its own, and its warnings hold
    # addresses of large files, which are signed.
    client = logging.getLogger("huggingface_hub")
    client.handlers.clear()
    client.setLevel(logging.ERROR)


def _add_request_id(record: logging.LogRecord) -> bool:
    record.request_id = request_id.get()
    return True
