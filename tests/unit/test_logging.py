"""The log, for programs and for people."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from hf_space.observability.logging import LogFormat, configure_logging, request_id


@pytest.fixture
def restored() -> Iterator[None]:
    """Leave the log as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def line(log_format: LogFormat, capfd: pytest.CaptureFixture[str]) -> str:
    configure_logging("info", log_format)
    token = request_id.set("r1")
    extra = {"_private": 1, "color_message": "\x1b[1msaid", "status": 200, "none": None}
    logging.getLogger("a.b").warning("said\n%s", "INFO forged", extra=extra)
    request_id.reset(token)
    return capfd.readouterr().err


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("log_format", ["json", "auto"])
def test_programs_get_objects(log_format: LogFormat, capfd: pytest.CaptureFixture[str]) -> None:
    # Here standard error is no terminal.
    told = json.loads(line(log_format, capfd))
    assert told.pop("time")
    assert told == {
        "level": "WARNING",
        "logger": "a.b",
        "message": "said\nINFO forged",
        "request_id": "r1",
        "status": 200,
        "none": None,
    }


@pytest.mark.usefixtures("restored")
def test_people_get_lines_in_which_nothing_begins_another(
    capfd: pytest.CaptureFixture[str],
) -> None:
    told = line("text", capfd)
    time, level, *words = told.split()
    assert len(time) == len("12:34:56")
    assert level == "WARNING"
    assert words == ["said\\nINFO", "forged", "status=200", "request_id=r1"]


@pytest.mark.usefixtures("restored")
def test_a_terminal_gets_lines(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert "status=200" in line("auto", capfd)
