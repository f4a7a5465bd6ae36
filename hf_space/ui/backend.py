"""What all tabs and endpoints share: settings, the predictor, and errors in words."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gradio as gr

from hf_space.options import read_options
from hf_space.predictor import Predictor
from hf_space.reporting import error_body
from hf_space.schemas import ErrorBody, PredictOptions
from hf_space.settings import Settings
from hf_space.ui.error_words import error_words
from hf_space.ui.texts import Language, text_or

OWN_THRESHOLD = "own"


@dataclass(frozen=True, slots=True)
class Backend:
    """The service behind the demo.

    Attributes:
        settings: The limits of uploads.
        get_predictor: Returns the predictor; raises ModelUnavailableError when there is none.
    """

    settings: Settings
    get_predictor: Callable[[], Predictor]


def chosen_options(
    point: str | None, threshold: str | None, microns: str | None, **more: Any
) -> PredictOptions:
    """Return what a visitor chose in the options panel; raises InvalidOptionsError.

    Args:
        point: The chosen operating point, or `OWN_THRESHOLD`.
        threshold: As it was typed, with a point or a comma; counts for `OWN_THRESHOLD` only.
        microns: The scale, as it was typed too; empty means unknown.
        **more: Further options.
    """
    own = point == OWN_THRESHOLD
    return read_options(
        {
            "operating_point": None if own else point,
            # An empty one stays: it is no number, and no choice of the default either.
            "threshold": _typed(threshold) if own else None,
            "microns_per_pixel": _typed(microns) or None,
            **more,
        }
    )


def _typed(words: str | None) -> str:
    """Return a typed number as Python writes it; whether it is one is seen later."""
    return (words or "").strip().replace(",", ".")


@contextmanager
def errors_in_words(language: Language | None = None) -> Iterator[None]:
    """Turn every exception into one that Gradio shows: words and a code, no path, no trace.

    Args:
        language: The visitor's language; None for a program, which gets the words unescaped.
    """
    try:
        yield
    except gr.Error:
        raise
    except Exception as error:
        body = error_body(error)
        raise gr.Error(
            error_text(body, language),
            title=body.code if language is None else text_or("error", language, "Error"),
            print_exception=False,
        ) from None


def error_text(body: ErrorBody, language: Language | None) -> str:
    """Return an error's words and its code; for a visitor as HTML, in their language."""
    message = body.message if language is None else error_words(body, language)
    words = f"{message} ({body.code})"
    return words if language is None else html.escape(words, quote=False)
