"""An event loop beside the caller's own code."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Iterator
    from typing import Any

Result = TypeVar("Result")


class LoopThread:
    """An event loop in its own thread: a predictor needs one, and a notebook's loop is busy."""

    def __init__(self) -> None:
        """Start the thread."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="biopsia-model", daemon=True
        )
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine and return its result; interrupting the wait cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def each(self, items: AsyncGenerator[Result, None]) -> Iterator[Result]:
        """Yield the items of a generator, which keeps running in the background."""
        try:
            while True:
                yield self.run(items.__anext__())
        except StopAsyncIteration:
            return
        finally:
            self.run(items.aclose())

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
