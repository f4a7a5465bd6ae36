"""Streams the steps of a prediction while it is computed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from hf_space.prediction.progress import Progress
from hf_space.schemas.prediction import PredictionResult
from hf_space.schemas.stream import TilesEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hf_space.prediction.admission import Sender
    from hf_space.prediction.predictor import Predictor
    from hf_space.schemas.options import PredictOptions


Steps = AsyncGenerator[Progress | PredictionResult, None]
"""The steps of a prediction; the last is the result."""


class _Inbox:
    """Unread progress. Waiting tiles are joined, so a slow reader gets long lines."""

    def __init__(self) -> None:
        self._waiting: deque[Progress | None] = deque()
        self._arrived = asyncio.Event()

    def put(self, step: Progress | None) -> None:
        self._waiting.append(step)
        self._arrived.set()

    async def get(self) -> Progress | None:
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        step = self._waiting.popleft()
        return self._joined(step) if isinstance(step, TilesEvent) else step

    def _joined(self, first: TilesEvent) -> TilesEvent:
        events = [first]
        while self._waiting and isinstance(self._waiting[0], TilesEvent):
            events.append(self._waiting.popleft())  # type: ignore[arg-type] # it is one
        if len(events) == 1:
            return first
        tiles = [tile for event in events for tile in event.tiles]
        return events[-1].model_copy(update={"tiles": tiles})


@asynccontextmanager
async def followed_prediction(
    predictor: Predictor,
    data: bytes,
    options: PredictOptions,
    *,
    owner: bytes | None = None,
    sender: Sender | None = None,
) -> AsyncIterator[Steps]:
    """Start a prediction and yield its steps; leaving the context cancels unfinished work.

    The first step has the image, the last the result. A region that is computed has its tissue and
    then its tiles in between. An error is raised in place of a step.

    Args:
        predictor: Computes it, see `Predictor.predict`.
        data: The image file's content.
        options: What the caller asked for.
        owner: Owner of the history that saves the result, if any.
        sender: Who is charged.
    """
    inbox = _Inbox()
    work = predictor.predict(data, options, owner=owner, sender=sender, listen=inbox.put)
    task = asyncio.create_task(work)
    task.add_done_callback(lambda _: inbox.put(None))
    try:
        yield _steps(inbox, task)
    finally:
        task.cancel()


async def _steps(inbox: _Inbox, task: asyncio.Task[PredictionResult]) -> Steps:
    while (step := await inbox.get()) is not None:
        yield step
    yield await task
