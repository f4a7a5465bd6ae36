"""Waiting for what happens by itself: the only place where tests sleep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable

SECONDS = 30
# The condition may depend on another process, which polling must not keep busy.
_POLL_SECONDS = 0.05
_POLL_SECONDS_OF_LOOP = 0.01


def comes_true(is_so: Callable[[], bool], seconds: float = SECONDS) -> bool:
    """Wait until something is so, and return whether that came in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def wait_until(is_so: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Wait until something is so; fail when that does not come."""
    assert comes_true(is_so, seconds), "it takes too long"


async def until(is_so: Callable[[], bool | Awaitable[bool]], seconds: float = SECONDS) -> None:
    """Let the event loop work until something is so; fail when that does not come."""
    async with asyncio.timeout(seconds):
        while not await _value(is_so()):
            await asyncio.sleep(_POLL_SECONDS_OF_LOOP)


async def next_turn() -> None:
    """Let everything else run that the event loop can run now."""
    await asyncio.sleep(0)


async def _value(found: bool | Awaitable[bool]) -> bool:  # noqa: FBT001 -- it is what was found
    return await found if isawaitable(found) else found
