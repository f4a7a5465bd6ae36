from __future__ import annotations

import asyncio

import pytest

from hf_space.access.rate_limit import Allowance, Limiter
from hf_space.errors import RateLimitedError

OWNER, OTHER = b"o" * 32, b"p" * 32
ADDRESS = "192.0.2.1"


class Clock:
    """A clock that tests advance."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("hf_space.access.rate_limit.monotonic", clock)
    return clock


def _charge(
    limiter: Limiter, owner: bytes | None = OWNER, address: str = ADDRESS, cost: int = 1
) -> Allowance | None:
    return asyncio.run(limiter.charge(owner=owner, address=address, cost=cost))


def _refusal(
    limiter: Limiter, owner: bytes | None = OWNER, address: str = ADDRESS, cost: int = 1
) -> RateLimitedError:
    with pytest.raises(RateLimitedError) as caught:
        _charge(limiter, owner, address, cost)
    return caught.value


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("limit", [1, 6, 7, 600])
def test_a_full_bucket_holds_a_minutes_worth_and_no_more(limit: int) -> None:
    limiter = Limiter(limit, 0, None)
    left = [_charge(limiter) for _ in range(limit)]
    assert [each.remaining for each in left if each] == list(range(limit - 1, -1, -1))
    _refusal(limiter)


def test_it_refills_steadily_until_it_is_full(clock: Clock) -> None:
    limiter = Limiter(6, 0, None)
    _charge(limiter, cost=6)
    clock.now += 9.9
    assert _refusal(limiter).retry_after_seconds == 1
    clock.now += 0.2
    assert _charge(limiter) == Allowance(limit=6, remaining=0, reset_seconds=60)
    clock.now += 600
    assert _charge(limiter) == Allowance(limit=6, remaining=5, reset_seconds=10)


@pytest.mark.usefixtures("clock")
def test_a_refusal_tells_whose_limit_it_was_and_when_to_come_again() -> None:
    limiter = Limiter(6, 100, None)
    _charge(limiter, cost=4)
    refusal = _refusal(limiter, cost=5)
    # Two of five tokens are there; three take ten seconds each.
    assert refusal.retry_after_seconds == 30
    assert refusal.details == {
        "scope": "owner",
        "limit": 6,
        "remaining": 2,
        "reset_seconds": 40,
        "retry_after_seconds": 30,
    }
    assert refusal.message == (
        "More than 6 requests and images in a minute came from you; try again in 30 s."
    )


def test_the_wait_is_a_whole_second_at_least(clock: Clock) -> None:
    limiter = Limiter(600, 0, None)
    _charge(limiter, cost=600)
    assert _refusal(limiter).retry_after_seconds == 1
    clock.now += 0.1
    _charge(limiter)


@pytest.mark.usefixtures("clock")
def test_what_is_refused_takes_nothing_from_either_bucket() -> None:
    limiter = Limiter(4, 6, None)
    _charge(limiter, cost=3)
    assert _refusal(limiter, cost=2).details["scope"] == "owner"
    # If refusals took tokens, the address would have less than three left, and the owner none.
    _charge(limiter, OTHER, cost=3)
    assert _refusal(limiter, cost=1).details["scope"] == "address"
    allowance = _charge(limiter, address="192.0.2.2", cost=1)
    assert allowance
    assert allowance.remaining == 0


@pytest.mark.usefixtures("clock")
def test_owners_share_an_address_and_addresses_share_nothing() -> None:
    limiter = Limiter(3, 4, None)
    _charge(limiter, OWNER, cost=3)
    _charge(limiter, OTHER, cost=1)
    assert _refusal(limiter, OTHER).details["scope"] == "address"
    _charge(limiter, OTHER, "192.0.2.2", cost=2)


@pytest.mark.usefixtures("clock")
def test_an_owner_just_met_has_no_bucket_of_its_own() -> None:
    limiter = Limiter(1, 3, None)
    assert [each and each.limit for each in (_charge(limiter, None) for _ in range(3))] == [3] * 3
    assert _refusal(limiter, None).details["scope"] == "address"


@pytest.mark.usefixtures("clock")
def test_the_bucket_that_will_be_empty_first_is_described() -> None:
    limiter = Limiter(10, 12, None)
    assert _charge(limiter) == Allowance(limit=10, remaining=9, reset_seconds=6)
    _charge(limiter, OTHER, cost=6)
    assert _charge(limiter) == Allowance(limit=12, remaining=4, reset_seconds=40)


@pytest.mark.parametrize(
    ("limits", "owner"), [((0, 0), OWNER), ((0, 0), None), ((5, 0), None)], ids=str
)
def test_nothing_is_limited_by_zero(limits: tuple[int, int], owner: bytes | None) -> None:
    limiter = Limiter(*limits, None)
    assert [_charge(limiter, owner, cost=100) for _ in range(3)] == [None] * 3


@pytest.mark.usefixtures("clock")
def test_more_than_a_bucket_holds_costs_all_it_holds() -> None:
    limiter = Limiter(5, 0, None)
    assert _charge(limiter, cost=500) == Allowance(limit=5, remaining=0, reset_seconds=60)
    assert _refusal(limiter, cost=500).retry_after_seconds == 60


def test_memory_holds_so_many_buckets_and_forgets_those_that_are_full(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hf_space.access.rate_limit._MOST_IN_MEMORY", 10)
    limiter = Limiter(0, 6, None)
    buckets = limiter._memory._full
    for number in range(50):
        _charge(limiter, address=f"192.0.2.{number}")
    assert len(buckets) == 10
    clock.now += 10.1
    assert len(buckets) == 0
