"""Log lines, for people or as JSON, each with the id of the request it belongs to."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from typing import Final, Literal

from pythonjsonlogger.json import JsonFormatter

request_id: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)


LogFormat = Literal["auto", "text", "json"]

# Attributes of every record; others were passed with the message.
_OWN_FIELDS: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def configure_logging(level: str, log_format: LogFormat) -> None:
    """Write all log records to standard error.

    Args:
        level: Least severe level written: debug, info, warning or error.
        log_format: ``json``: one object a line; ``text``: lines for people; ``auto``: text at a
            terminal, and JSON elsewhere.
    """
    is_text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.addFilter(_add_request_id)
    handler.addFilter(_drop_coloured_copy)
    handler.setFormatter(TextFormatter() if is_text else _json_formatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # These log every request or loaded part at info level, which is meant for events.
    for name in ("httpx", "httpx2", "alembic.runtime"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # If the Hub's client is already imported, it has its own handler, and its warnings contain
    # signed addresses of large files.
    client = logging.getLogger("huggingface_hub")
    client.handlers.clear()
    client.setLevel(logging.ERROR)


class TextFormatter(logging.Formatter):
    """Writes time, level and message, then the record's fields as ``name=value``."""

    def __init__(self) -> None:
        """Leave out the date, which is not needed at a terminal."""
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- the name of logging
        """Return the line with unprintable characters escaped, so that it stays a single line."""
        given = ((name, value) for name, value in vars(record).items() if name not in _OWN_FIELDS)
        # Libraries such as Ray add private fields to every record.
        facts = [
            f"{name}={value}"
            for name, value in given
            if value is not None and not name.startswith("_")
        ]
        line = " ".join([super().formatMessage(record), *facts])
        return "".join(each if each.isprintable() else repr(each)[1:-1] for each in line)


def _json_formatter() -> logging.Formatter:
    return JsonFormatter(
        "{asctime}{levelname}{name}{message}{request_id}",
        style="{",
        rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
    )


def _add_request_id(record: logging.LogRecord) -> bool:
    record.request_id = request_id.get()
    return True


def _drop_coloured_copy(record: logging.LogRecord) -> bool:
    # uvicorn gives its messages twice, once with the codes of a terminal's colours.
    vars(record).pop("color_message", None)
    return True
