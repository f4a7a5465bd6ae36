"""Shared by all tabs and endpoints: the parts of the service, and error texts."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import gradio as gr
from pydantic import ValidationError

from hf_space.access.rate_limit import charge
from hf_space.errors import ModelUnavailableError
from hf_space.messages.catalogue import text
from hf_space.messages.errors import error_message
from hf_space.messages.language import Language
from hf_space.prediction.admission import Sender
from hf_space.prediction.pipeline import file_room
from hf_space.prediction.predictor import Predictor
from hf_space.schemas.base import Schema
from hf_space.schemas.errors import ErrorBody, error_body
from hf_space.schemas.options import PredictOptions, invalid_options, read_options
from hf_space.settings import Settings
from hf_space.ui.gradio_app.shown_files import Offers
from hf_space.ui.gradio_app.uploads import Uploads
from hf_space.ui.visitor import caller, known_page_owner

if TYPE_CHECKING:
    from pathlib import Path

    from hf_space.access.rate_limit import Limiter
    from hf_space.history.reading.repository import HistoryRepository
    from hf_space.observability.metrics import Metrics
    from hf_space.prediction.admission import ImageMemory

OWN_THRESHOLD = "own"

SchemaT = TypeVar("SchemaT", bound=Schema)


@dataclass(frozen=True, slots=True)
class Backend:
    """The service behind the demo.

    Attributes:
        settings: The limits of uploads, and how long records last.
        get_predictor: Returns the predictor; raises ModelUnavailableError when there is none.
        history: Finds and deletes saved records.
        limiter: Charges the images of a batch.
        metrics: Counts refusals.
        files: Memory for single files in progress.
        uploads: Files that visitors have sent, and files that the page shows to them.
    """

    settings: Settings
    get_predictor: Callable[[], Predictor]
    history: HistoryRepository
    limiter: Limiter
    metrics: Metrics
    files: ImageMemory
    uploads: Uploads = field(default_factory=Uploads)

    def label_verdicts(self) -> dict[str, str]:
        """Return the verdict of each class of the loaded model; empty without a model."""
        try:
            labels = self.get_predictor().bundle.config.verdict_labels
        except ModelUnavailableError:
            return {}
        return {label: verdict for verdict, label in labels.items()}

    async def charge_batch(self, images: int, request: gr.Request) -> None:
        """Charge a batch; the call itself was already charged for one image.

        Raises:
            RateLimitedError: The rate limit is used up.
        """
        if more := images - 1:
            await charge(caller(request), self.limiter, self.metrics, cost=more)

    def file_room(self, path: Path, request: gr.Request) -> AbstractAsyncContextManager[None]:
        """Hold memory for an uploaded file while it is read and predicted; raises BusyError."""
        size = min(path.stat().st_size, self.settings.max_upload_bytes)
        return file_room(self.files, size, self.sender(request))

    def offers(self, token: object, request: gr.Request) -> Offers:
        """Return the offers of a page: files that last until the visitor deletes their records."""
        return Offers(self.uploads.shown, known_page_owner(token, request))

    def sender(self, request: gr.Request) -> Sender:
        """Return the sender of a call, who is charged beyond what the call itself cost."""
        visitor = caller(request)

        async def pay(images: int) -> None:
            await charge(visitor, self.limiter, self.metrics, cost=images, in_addition=True)

        return Sender(visitor.name, visitor.address, pay)


def chosen_options(
    point: str | None,
    threshold: str | None,
    microns: str | None,
    save: object = True,  # noqa: FBT002 -- as the panel's inputs come
    **more: Any,
) -> PredictOptions:
    """Return what a visitor chose in the options panel; raises InvalidOptionsError.

    Args:
        point: The chosen operating point, or `OWN_THRESHOLD`.
        threshold: As typed, with a point or a comma; used for `OWN_THRESHOLD` only.
        microns: The scale, also as typed; None means that of the file.
        save: Whether the result is saved in the visitor's history.
        **more: Further options.
    """
    own = point == OWN_THRESHOLD
    return read_options(
        PredictOptions,
        {
            "operating_point": None if own else point,
            # An empty one is kept: it is not a number, and does not mean the default either.
            "threshold": _typed(threshold) if own else None,
            # An empty one is kept here too.
            "microns_per_pixel": None if microns is None else _typed(microns),
            "save": save,
            **more,
        },
    )


def validated(schema: type[SchemaT], **values: object) -> SchemaT:
    """Return a page's input as an object of a schema; raises InvalidOptionsError."""
    try:
        return schema(**values)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise invalid_options([dict(entry) for entry in found]) from error


def _typed(value: str | None) -> str:
    """Return a typed number in Python's notation; it is validated later."""
    return (value or "").strip().replace(",", ".")


@contextmanager
def errors_shown(language: Language | None = None) -> Iterator[None]:
    """Convert every exception to one that Gradio shows: text and code, without path or trace.

    Args:
        language: The visitor's language; None for a program, which gets the text unescaped.
    """
    try:
        yield
    except gr.Error:
        raise
    except Exception as error:
        body = error_body(error)
        raise gr.Error(
            error_text(body, language),
            title=body.code if language is None else text("page.error", language),
            print_exception=False,
        ) from None


def error_text(body: ErrorBody, language: Language | None) -> str:
    """Return an error's text and its code; for a visitor as HTML, in their language."""
    if language is None:
        return f"{body.message} ({body.code})"
    message = error_message(body.code, body.message, body.details, language)
    return html.escape(f"{message} ({body.code})", quote=False)
