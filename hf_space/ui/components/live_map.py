"""Shows a prediction while it is computed: a region's map as it fills in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
import numpy as np
from anyio import to_thread

from hf_space.messages.catalogue import text
from hf_space.messages.formats import number
from hf_space.messages.language import Language
from hf_space.prediction.progress import ImageFound, Progress, TissueFound
from hf_space.prediction.response import tiles_url
from hf_space.prediction.streaming import Steps
from hf_space.schemas.prediction import PredictionResult
from hf_space.schemas.stream import TilesEvent
from hf_space.ui.components.form import jpeg_of
from hf_space.ui.gradio_app.shown_files import Offers
from hf_space.ui.rendering import paragraph

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Seconds between two pictures, so that drawing and sending cost little compared with scoring.
_PAUSE_SECONDS: Final = 0.7
_SHARE_OF_TIME: Final = 0.05
_NAME: Final = "tiles_so_far.jpg"


class _LiveMap:
    """Draws the tiles scored so far over their region."""

    def __init__(self, language: Language, offers: Offers) -> None:
        self._language = language
        self._offers = offers
        self._image = ""
        self._started = self._drawn = monotonic()
        self._found: TissueFound | None = None
        self._probabilities: NDArray[np.float64] = np.empty((0, 0))

    async def shown(self, step: Progress) -> list[Any] | None:
        """Return picture and text after a step, or None where too little has changed."""
        if isinstance(step, ImageFound):
            self._image = step.facts.sha256
            # A patch is done before anybody could read a text.
            return [gr.skip(), self._image_text(step)] if step.kind == "region" else None
        if isinstance(step, TissueFound):
            self._found = step
            self._probabilities = np.full(step.tiles.tissue.shape, np.nan)
            done, total = 0, int(step.tiles.tissue.sum())
        else:
            self._fill_in(step)
            done, total = step.done, step.total
            if not self._is_due():
                return None
        picture = await to_thread.run_sync(self._picture)
        self._drawn = monotonic()
        return [picture, self._tiles_text(done, total)]

    def _fill_in(self, event: TilesEvent) -> None:
        for row, column, probability in event.tiles:
            self._probabilities[row, column] = probability

    def _is_due(self) -> bool:
        now = monotonic()
        pause = max(_PAUSE_SECONDS, _SHARE_OF_TIME * (now - self._started))
        return now - self._drawn >= pause

    def _picture(self) -> gr.Image:
        assert self._found is not None  # noqa: S101 -- tiles come after the tissue
        tiles = self._found.tiles
        url = tiles_url(tiles.image, self._probabilities, tiles.covered, None)
        label = text("picture.heatmap", self._language)
        value = self._offers.write(_NAME, jpeg_of(url), self._image)
        return gr.Image(value=value, label=label, alt_text=label)

    def _image_text(self, found: ImageFound) -> str:
        sides = (found.facts.width, found.facts.height)
        width, height = (number(side, self._language) for side in sides)
        return self._status("progress.image", width=width, height=height)

    def _tiles_text(self, done: int, total: int) -> str:
        done_text = number(done, self._language)
        return self._status("progress.scored", count=total, done=done_text)

    def _status(self, key: str, *, count: int | None = None, **values: str) -> str:
        told = text(key, self._language, count=count, **values)
        return paragraph(told, "bp-facts", role="status")


async def live_values(
    prediction: AbstractAsyncContextManager[Steps],
    language: Language,
    offers: Offers,
    show: Callable[[PredictionResult], list[Any]],
    outputs: int,
) -> AsyncGenerator[list[Any], None]:
    """Yield the values of a tab's outputs while a prediction is computed, and then of its result.

    Args:
        prediction: Cancelled when the page stops listening.
        language: The visitor's.
        offers: Makes the pictures available to the visitor.
        show: Returns the values for the result; called in another thread.
        outputs: Number of outputs: a picture, a text, and others that wait for the result.
    """
    live = _LiveMap(language, offers)
    async with prediction as steps:
        async for step in steps:
            if isinstance(step, PredictionResult):
                yield await to_thread.run_sync(show, step)
            elif values := await live.shown(step):
                yield [*values, *[gr.skip()] * (outputs - len(values))]
