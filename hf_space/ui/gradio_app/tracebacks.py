"""Logs where a call of the demo failed, without its input, and does not keep the input.

Gradio prints the traceback of every error that is not meant for visitors. Its message may contain
the call's input: file names, notes, tokens. The frames hold the input too. One of them refers to
the error, and the error's traceback refers to the frame, so all of it stays until the garbage
collector runs.
"""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from typing import Final

import gradio.queueing
import gradio.routes
from gradio.utils import error_payload

# Where Gradio reads a call's inputs, before it calls a function; and where it calls one, which of
# itself fails only for those that are scripts of the page.
_READS_INPUTS: Final = frozenset({"preprocess_data", "validate_inputs"})
_CALLS: Final = "call_function"

logger = logging.getLogger(__name__)


class _Places:
    """Replaces the module `traceback`, of which Gradio uses one function."""

    @staticmethod
    def print_exc() -> None:
        if error := sys.exception():
            called = traceback.extract_tb(error.__traceback__)
            reads = any(place.name in _READS_INPUTS for place in called)
            if reads or called[-1].name == _CALLS:
                log_refusal(error)
            else:
                places = " ".join(f"{Path(place.filename).name}:{place.lineno}" for place in called)
                logger.error("a call of the demo failed: %s at %s", type(error).__name__, places)


def log_refusal(error: BaseException) -> None:
    """Log the class of an error that a call's inputs are to blame for."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    places = " ".join(f"{Path(place.filename).name}:{place.lineno}" for place in last)
    logger.info("the demo refused a call: %s at %s", type(error).__name__, places)


def keep_content_out_of_log() -> None:
    """Make Gradio log an error's class and its place in the code, without the message.

    What is wrong with the inputs anybody can send again and again: it is logged as information.
    """
    for module in (gradio.queueing, gradio.routes):
        module.traceback = _Places  # type: ignore[attr-defined]


def forget_frames(error: BaseException | None) -> None:
    """Clear the frames of an error and of the errors that caused it."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error.__traceback__ = None
        error = error.__context__


def forget_failed_calls() -> None:
    """Make Gradio's queue keep nothing of a failed call."""

    def told(
        error: BaseException | None,
        show_error: bool,  # noqa: FBT001 -- Gradio's
    ) -> dict[str, bool | str | float | None]:
        forget_frames(error)
        return error_payload(error, show_error)

    gradio.queueing.error_payload = told  # type: ignore[attr-defined]
