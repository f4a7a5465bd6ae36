"""The connection to Redis, which may be lost and come back at any time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

if TYPE_CHECKING:
    from redis.commands.core import AsyncScript

Script = Callable[[Sequence[str], Sequence[str | int | bytes]], Awaitable[Any]]
"""Takes keys and arguments; returns what the script returns, text as bytes, or None."""

# For a whole call: waiting for a connection, connecting if needed, the command and the reply.
_CALL_SECONDS: Final = 0.25
# Longer than a call, so that a call that began before the connection was lost does not report the
# loss again.
_SEARCH_SECONDS: Final = 1.0
_CONNECTIONS: Final = 16
# uvloop raises the last one for a write to a connection that the other end has reset.
_FAILURES: Final = (RedisError, OSError, TimeoutError, RuntimeError)

# A Redis that is full, read-only or without scripts counts as unreachable.
_CHECK: Final = "return redis.call('SET', KEYS[1], '', 'EX', 60)"
_CHECK_KEY: Final = "biopsia:check"

logger = logging.getLogger(__name__)


class RedisConnection:
    """Runs scripts in Redis; while it is unreachable, every call returns at once.

    It belongs to one event loop, and does not connect before it is started.
    """

    def __init__(self, url: str) -> None:
        """Prepare a connection.

        Args:
            url: Address of Redis, `redis://...`, `rediss://...` or `unix://...`.

        Raises:
            ValueError: It is no such address.
        """
        self._client = _client(url)
        self._check = self._client.register_script(_CHECK)
        # The client's own pool is not first come, first served, so some calls would wait long.
        self._turns = asyncio.Semaphore(_CONNECTIONS)
        self._ready = False
        self._times_found = 0
        self._search: asyncio.Task[None] | None = None

    @property
    def state(self) -> Literal["ready", "unavailable"]:
        """Whether calls go to Redis now."""
        return "ready" if self._ready else "unavailable"

    async def start(self) -> None:
        """Connect to Redis; if it is unreachable, keep trying in the background."""
        self._ready = True
        await self._run(self._check, [_CHECK_KEY], [])

    async def close(self) -> None:
        """Stop trying to connect, and close all connections."""
        self._ready = False
        if self._search is not None:
            self._search.cancel()
            with suppress(asyncio.CancelledError):
                await self._search
        with suppress(*_FAILURES):
            await self._client.aclose()

    def script(self, text: str) -> Script:
        """Return a Lua script, to be called as a function.

        The function returns None if the script does, and at once while Redis is unreachable. After
        a restart of Redis the script is loaded again.
        """
        return partial(self._run, self._client.register_script(text))

    async def _run(
        self, script: AsyncScript, keys: Sequence[str], arguments: Sequence[str | int | bytes]
    ) -> Any:
        if not self._ready:
            return None
        times_found = self._times_found
        try:
            async with asyncio.timeout(_CALL_SECONDS), self._turns:
                return await script(keys, arguments)
        except _FAILURES as error:
            # A call that began before Redis was reconnected says nothing about its state now.
            if times_found == self._times_found:
                self._lose(error)
            return None

    def _lose(self, error: Exception) -> None:
        """Record that Redis is unreachable; of calls that fail together, only the first does."""
        if self._ready:
            self._ready = False
            # The message may name the host, and an address may hold a password.
            logger.warning("Redis is unreachable (%s); memory takes over", type(error).__name__)
            self._search = asyncio.create_task(self._search_until_found())

    async def _search_until_found(self) -> None:
        while not self._ready:
            await asyncio.sleep(_SEARCH_SECONDS)
            with suppress(*_FAILURES):
                await self._find()
                self._ready = True
                self._times_found += 1
        logger.info("Redis is back")

    async def _find(self) -> None:
        async with asyncio.timeout(_CALL_SECONDS):
            # Old connections may have lost their other end without knowing it.
            await self._client.connection_pool.disconnect(inuse_connections=False)
            await self._check([_CHECK_KEY])


def _client(url: str) -> Redis:
    try:
        client: Redis = Redis.from_url(
            url,
            # Calls have a time limit as a whole, which costs less than one for each step.
            socket_timeout=None,
            socket_connect_timeout=_CALL_SECONDS,
            # A connection broken by a restart of Redis may only fail when it is used.
            retry=Retry(NoBackoff(), 1),
            retry_on_error=[RuntimeError],
            # Each of these would send another request on every new connection.
            protocol=2,
            driver_info=None,
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
        # Parameters are only checked here; this does not connect.
        pool = client.connection_pool
        pool.connection_class(**pool.connection_kwargs)
    except (ValueError, TypeError, RedisError):
        # The message may hold a part of the password.
        raise ValueError("this is no address of a Redis, as redis://host:6379/0 is") from None
    return client
