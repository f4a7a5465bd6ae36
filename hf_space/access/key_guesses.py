"""Limits guesses of API keys by address, without locking out keys in use at that address."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from cachetools import TTLCache

from hf_space.access.rate_limit import Limiter
from hf_space.errors import RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hf_space.cache.redis import RedisConnection

# Enough for a person who mistypes, and far too few to find a key of 16 characters.
_UNKNOWN_PER_MINUTE: Final = 10
# Keys in use at the address still work until this many were refused. Anybody at the address can use
# up as many of its requests anyway.
_REFUSED_PER_MINUTE: Final = 1000
_REMEMBERED_SECONDS: Final = 24 * 3600
_MOST_REMEMBERED: Final = 20_000


class KeyGuesses:
    """Counts unknown keys by their address, and knows which keys are in use at which address.

    If every right key were accepted, the refusal of the others would reveal which one is right, and
    guesses would not be limited. So once an address has sent too many unknown keys, all its keys
    are refused alike, except those that this process has accepted from it within the last day.
    """

    def __init__(self, connection: RedisConnection | None) -> None:
        """Start with none; see `Limiter`."""
        self._unknown = Limiter(0, _UNKNOWN_PER_MINUTE, connection, kind="guess")
        self._refused = Limiter(0, _REFUSED_PER_MINUTE, connection, kind="refused-guess")
        self._in_use: TTLCache[tuple[str, bytes], bool] = TTLCache(
            _MOST_REMEMBERED, _REMEMBERED_SECONDS
        )
        self._counted: TTLCache[tuple[str, bytes], bool] = TTLCache(
            _MOST_REMEMBERED, _REMEMBERED_SECONDS
        )

    async def check(self, address: str, owner: bytes | None, key: str) -> None:
        """Refuse an address that has no guesses left, before it is told whether a key is right.

        An unknown key is counted here and now, so that guesses that come at once are no more. The
        same one again, as a program sends it, is no other guess.

        Args:
            address: Where the key came from.
            owner: Whose key it is; None for an unknown one.
            key: What was sent.

        Raises:
            RateLimitedError: It has sent too many unknown keys.
        """
        is_in_use = owner is not None and (address, owner) in self._in_use
        guess = (address, hashlib.sha256(key.encode()).digest())
        try:
            if owner is None and guess not in self._counted:
                await _take(self._unknown, address)
                self._counted[guess] = True
            else:
                await _check(self._refused if is_in_use else self._unknown, address)
        except RateLimitedError:
            with suppress(RateLimitedError):
                await _take(self._refused, address)
            raise

    def note_use(self, address: str, owner: bytes) -> None:
        """Remember that a right key came from an address."""
        self._in_use[address, owner] = True


async def _check(limiter: Limiter, address: str) -> None:
    """Refuse an address whose bucket holds no more than a part of a guess."""
    left = await limiter.charge(owner=None, address=address, cost=0)
    if left and left.remaining < 1:
        raise _refusal(asdict(left))


async def _take(limiter: Limiter, address: str) -> None:
    try:
        await limiter.charge(owner=None, address=address)
    except RateLimitedError as error:
        raise _refusal(error.details) from None


def _refusal(left: Mapping[str, Any]) -> RateLimitedError:
    seconds = -(-60 // left["limit"])
    return RateLimitedError(
        f"Too many unknown API keys came from your network address; try again in {seconds} s.",
        **{**left, "retry_after_seconds": seconds, "scope": "address"},
    )
