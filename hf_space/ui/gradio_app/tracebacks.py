"""Says in the log where a call of the demo failed, but not what it was sent, nor holds that.

Gradio prints the traceback of every error that is not meant for visitors. Its message may hold all
that the call was sent: names of files, notes, tokens. Its frames hold that too: the one that keeps
the error is in the error's traceback, and so all of it stays until the collector comes by.
"""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path

import gradio.queueing
import gradio.routes
from gradio.utils import error_payload

logger = logging.getLogger(__name__)


class _Places:
    """Stands in for the module `traceback`, of which Gradio uses one function there."""

    @staticmethod
    def print_exc() -> None:
        if error := sys.exception():
            log_places(error)


def log_places(error: BaseException) -> None:
    """Log the class of a call's error, and the files and lines that it came through."""
    called = traceback.extract_tb(error.__traceback__)
    places = " ".join(f"{Path(place.filename).name}:{place.lineno}" for place in called)
    logger.error("a call of the demo failed: %s at %s", type(error).__name__, places)


def keep_content_out_of_log() -> None:
    """Let Gradio log the class of an error and its place in the code, without the message."""
    for module in (gradio.queueing, gradio.routes):
        module.traceback = _Places  # type: ignore[attr-defined]


def forget_frames(error: BaseException | None) -> None:
    """Let go of what the frames held that an error, and those before it, came through."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error.__traceback__ = None
        error = error.__context__


def forget_failed_calls() -> None:
    """Let Gradio's queue hold nothing of a call that failed."""

    def told(
        error: BaseException | None,
        show_error: bool,  # noqa: FBT001 -- Gradio's
    ) -> dict[str, bool | str | float | None]:
        forget_frames(error)
        return error_payload(error, show_error)

    gradio.queueing.error_payload = told  # type: ignore[attr-defined]
