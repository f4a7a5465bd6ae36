"""The rate limit: how many requests and images a visitor and an address may send in a minute."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal

from cachetools import TLRUCache

from hf_space.errors import RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hf_space.access.visitor import Visitor
    from hf_space.cache.redis import RedisConnection
    from hf_space.observability.metrics import Metrics

# Times are whole microseconds, which Lua's numbers hold exactly.
_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_MOST_IN_MEMORY: Final = 20_000
_DIGEST_BYTES: Final = 16

# A bucket is stored as the time at which it will be full again, and expires then. A charge moves
# that time by as long as its tokens take to refill. An empty bucket is full after a minute.
_CHARGE: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local fills, allowed = {}, true
for i, bucket in ipairs(KEYS) do
  local full = tonumber(redis.call('GET', bucket) or 0)
  fills[i] = math.max(full - now, 0) + ARGV[i]
  allowed = allowed and fills[i] <= 60000000
end
if allowed then
  for i, bucket in ipairs(KEYS) do
    if fills[i] >= 1 then
      local full = string.format('%d', now + fills[i])
      redis.call('SET', bucket, full, 'PX', math.ceil(fills[i] / 1000))
    end
  end
end
return fills
"""

Scope = Literal["owner", "address"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """The remaining allowance of the bucket that will be empty first.

    Attributes:
        limit: Tokens in a full bucket, which is also the refill of a minute.
        remaining: Tokens in it now.
        reset_seconds: Time until it is full again.
    """

    limit: int
    remaining: int
    reset_seconds: int


@dataclass(frozen=True, slots=True)
class _Bucket:
    scope: Scope
    name: str
    limit: int

    def refill(self, tokens: int, most: int) -> int:
        """Return how long tokens take to refill; more than a full bucket counts as a full one."""
        return min(tokens, most) * _MINUTE // self.limit

    def allowance(self, fill: int) -> Allowance:
        """Return the allowance of a bucket that will be full after ``fill``."""
        remaining = (_MINUTE - fill) * self.limit // _MINUTE
        return Allowance(self.limit, remaining, _seconds(fill))


class Limiter:
    """Token buckets that refill steadily, a full bucket in a minute.

    They are in Redis, for all processes, or in this process's memory while there is no Redis.
    """

    def __init__(
        self,
        owner_per_minute: int,
        address_per_minute: int,
        connection: RedisConnection | None,
        *,
        kind: str = "limit",
    ) -> None:
        """Start with full buckets.

        Args:
            owner_per_minute: Tokens of one owner; 0 is no limit.
            address_per_minute: Tokens of one address; 0 is no limit.
            connection: The connection to Redis, if there is one.
            kind: What is counted; each kind has buckets of its own.
        """
        self._kind = kind
        self._owner_limit = owner_per_minute
        self._address_limit = address_per_minute
        self._memory = _MemoryBuckets()
        self._shared = connection.script(_CHARGE) if connection else None

    async def charge(
        self, *, owner: bytes | None, address: str, cost: int = 1, in_addition: bool = False
    ) -> Allowance | None:
        """Take tokens from the buckets of an owner and an address: from both or from neither.

        Args:
            owner: Digest of the owner; None for a new visitor, who has no bucket.
            address: The client's address.
            cost: Tokens to take; more than a bucket's limit count as the limit.
            in_addition: The request itself was charged before. A cost of more than half the limit
                then counts as half, so that a full bucket is enough for both.

        Returns:
            The remaining allowance, or None where nothing is limited.

        Raises:
            RateLimitedError: A bucket holds too little. The details name it as ``scope`` and hold
                the fields of its `Allowance`.
        """
        buckets = self._buckets(owner, address)
        if not buckets:
            return None
        share = 2 if in_addition else 1
        costs = [bucket.refill(cost, bucket.limit // share) for bucket in buckets]
        fills = await self._charge([bucket.name for bucket in buckets], costs)
        charged = list(zip(buckets, costs, fills, strict=True))
        bucket, taken, fill = max(charged, key=lambda each: each[2])
        if fill > _MINUTE:
            raise _refusal(bucket, bucket.allowance(fill - taken), _seconds(fill - _MINUTE))
        left = [bucket.allowance(fill) for bucket, _, fill in charged]
        return min(left, key=lambda allowance: allowance.remaining)

    def _buckets(self, owner: bytes | None, address: str) -> list[_Bucket]:
        buckets = []
        if owner is not None and self._owner_limit:
            name = f"biopsia:{self._kind}:owner:{owner.hex()}"
            buckets.append(_Bucket("owner", name, self._owner_limit))
        if self._address_limit:
            digest = hashlib.blake2b(address.encode(), digest_size=_DIGEST_BYTES).hexdigest()
            name = f"biopsia:{self._kind}:address:{digest}"
            buckets.append(_Bucket("address", name, self._address_limit))
        return buckets

    async def _charge(self, names: Sequence[str], costs: Sequence[int]) -> list[int]:
        fills: list[int] | None = await self._shared(names, costs) if self._shared else None
        return self._memory.charge(names, costs) if fills is None else fills


class _MemoryBuckets:
    """Does the same as the Redis script, for one process and a limited number of buckets."""

    def __init__(self) -> None:
        self._full: TLRUCache[str, int, int] = TLRUCache(
            _MOST_IN_MEMORY, ttu=lambda _name, full, _now: full, timer=_now
        )

    def charge(self, names: Sequence[str], costs: Sequence[int]) -> list[int]:
        """Charge all buckets or none; return how long each would then take to refill."""
        now = _now()
        fills = [
            max(self._full.get(name, now) - now, 0) + cost
            for name, cost in zip(names, costs, strict=True)
        ]
        if all(fill <= _MINUTE for fill in fills):
            self._full.update((name, now + fill) for name, fill in zip(names, fills, strict=True))
        return fills


def _refusal(bucket: _Bucket, left: Allowance, wait_seconds: int) -> RateLimitedError:
    whose = "you" if bucket.scope == "owner" else "your network address"
    return RateLimitedError(
        f"More than {bucket.limit} requests and images in a minute came from {whose}; try again "
        f"in {wait_seconds} s.",
        retry_after_seconds=wait_seconds,
        scope=bucket.scope,
        **asdict(left),
    )


def _now() -> int:
    return int(monotonic() * _SECOND)


def _seconds(microseconds: int) -> int:
    return -(-microseconds // _SECOND)


async def charge(
    visitor: Visitor,
    limiter: Limiter,
    metrics: Metrics,
    *,
    cost: int = 1,
    in_addition: bool = False,
) -> None:
    """Charge a visitor's request, and store the remaining allowance in the visitor.

    Args:
        visitor: Who sends the request.
        limiter: The buckets.
        metrics: Counts refusals.
        cost: Requests and images to charge for.
        in_addition: Whether the request itself was charged before, see `Limiter.charge`.

    Raises:
        RateLimitedError: A bucket holds too little.
    """
    # A client without a token may get a new one with every request.
    owner = None if visitor.is_new else visitor.owner
    try:
        allowance = await limiter.charge(
            owner=owner, address=visitor.address, cost=cost, in_addition=in_addition
        )
    except RateLimitedError as error:
        visitor.allowance = error.details
        metrics.limit_refusals.labels(error.details["scope"]).inc()
        raise
    visitor.allowance = asdict(allowance) if allowance else None
