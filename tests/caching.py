"""Shared helper of the tests of the result cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hf_space.cache.result_cache import Key, ResultCache


async def put(cache: ResultCache, key: Key, value: bytes) -> None:
    """Put a result into both levels, and wait until it is there."""
    cache.put(key, value)
    await cache.settle()
