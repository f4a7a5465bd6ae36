"""Batches of images, from files or a zip; each result is returned as soon as it is ready."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from anyio import to_thread

from hf_space.imaging.zip_archive import NamedImage
from hf_space.inference.batching import MAX_BATCH
from hf_space.prediction.admission import Request
from hf_space.schemas.batch import BatchItem
from hf_space.schemas.errors import error_body

if TYPE_CHECKING:
    from hf_space.prediction.admission import Sender
    from hf_space.prediction.predictor import Predictor
    from hf_space.schemas.options import PredictOptions
    from hf_space.schemas.prediction import PredictionResult

# Enough to fill the next forward passes of every stream.
_AT_ONCE: Final = 3 * MAX_BATCH


async def predict_many(
    predictor: Predictor,
    images: Iterable[NamedImage],
    options: PredictOptions,
    *,
    owner: bytes | None = None,
    sender: Sender | None = None,
) -> AsyncGenerator[BatchItem, None]:
    """Yield each image's result or error as soon as it is ready, in any order.

    Args:
        predictor: Scores each image.
        images: Read one by one, a few ahead, as memory for their files allows.
        options: The same for all images.
        owner: Owner of the history that saves the results, if any.
        sender: Who is charged.
    """
    predict = partial(predictor.predict, options=options, owner=owner, sender=sender, patient=True)

    async def answer(image: NamedImage) -> PredictionResult:
        size = min(image.size, predictor.files.most_pixels)
        async with predictor.files.held(Request(size, 0, sender, patient=True)):
            return await predict(await to_thread.run_sync(image.read))

    waiting: Iterator[tuple[int, NamedImage]] = enumerate(images)
    running: set[asyncio.Task[BatchItem]] = set()
    try:
        while True:
            for index, image in islice(waiting, _AT_ONCE - len(running)):
                running.add(asyncio.create_task(_item(answer, index, image)))
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in running:
            task.cancel()


async def _item(
    answer: Callable[[NamedImage], Awaitable[PredictionResult]], index: int, image: NamedImage
) -> BatchItem:
    try:
        result = await answer(image)
    except Exception as error:  # one bad image must not end the batch
        return BatchItem(index=index, name=image.name, error=error_body(error))
    return BatchItem(index=index, name=image.name, result=result)
