from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from hf_space.cache.result_cache import MemoryCache, SingleFlight
from tests.waiting import next_turn

Tell = Callable[[str], None]


def ignore(_: str) -> None:
    """Ignore all steps."""


def test_the_least_recently_used_leaves_first() -> None:
    cache = MemoryCache(30, 60)
    for name in ("a", "b", "c"):
        cache.put((name,), name.encode() * 10)
    assert cache.get(("a",)) == b"a" * 10
    cache.put(("d",), b"d" * 10)
    assert cache.get(("b",)) is None
    assert [cache.get((name,)) is not None for name in ("a", "c", "d")] == [True] * 3


def test_the_old_leaves_and_what_was_kept_elsewhere_before_leaves_earlier(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr("hf_space.cache.result_cache.monotonic", lambda: now)
    cache = MemoryCache(100, 60)
    cache.put(("new",), b"new")
    cache.put(("older",), b"older", seconds=20)
    cache.put(("no older than others",), b"late", seconds=90)
    now = 1019.9
    assert cache.get(("older",)) == b"older"
    now = 1020.1
    assert cache.get(("older",)) is None
    now = 1059.9
    assert cache.get(("new",)) == b"new"
    now = 1060.1
    assert cache.get(("new",)) is None
    assert cache.get(("no older than others",)) is None


def test_the_old_makes_room_before_the_least_recently_used(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("hf_space.cache.result_cache.monotonic", lambda: now)
    cache = MemoryCache(20, 60)
    cache.put(("unused",), b"a" * 10)
    cache.put(("expired",), b"b" * 10, seconds=10)
    now = 11.0
    cache.put(("fresh",), b"c" * 10)
    assert cache.get(("unused",)) == b"a" * 10
    assert cache.get(("fresh",)) == b"c" * 10


@pytest.mark.parametrize(("limit", "kept"), [(0, False), (9, False), (10, True)])
def test_what_alone_is_too_heavy_is_not_kept(limit: int, kept: bool) -> None:  # noqa: FBT001
    cache = MemoryCache(limit, 60)
    cache.put(("a",), b"a" * 10)
    assert (cache.get(("a",)) is not None) is kept


def test_passengers_share_one_flight_and_the_next_is_a_new_one() -> None:
    computations: SingleFlight[int, str] = SingleFlight()
    started = 0

    async def compute(_: Tell) -> int:
        nonlocal started
        started += 1
        await next_turn()
        return started

    async def scenario() -> list[int]:
        together = await asyncio.gather(
            *(computations.run(("k",), compute, ignore) for _ in range(5))
        )
        return [*together, await computations.run(("k",), compute, ignore)]

    assert asyncio.run(scenario()) == [1, 1, 1, 1, 1, 2]
    assert ("k",) not in computations


def test_a_flight_that_was_left_does_not_take_its_successor_along() -> None:
    computations: SingleFlight[int, str] = SingleFlight()
    may_end = asyncio.Event()
    started = 0

    async def compute(_: Tell) -> int:
        nonlocal started
        started += 1
        await may_end.wait()
        return started

    async def scenario() -> list[int]:
        left = asyncio.create_task(computations.run(("k",), compute, ignore))
        await next_turn()
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
        second = asyncio.create_task(computations.run(("k",), compute, ignore))
        # Meanwhile the cancelled computation ends.
        for _ in range(5):
            await next_turn()
        third = asyncio.create_task(computations.run(("k",), compute, ignore))
        await next_turn()
        may_end.set()
        return list(await asyncio.gather(second, third))

    assert len(set(asyncio.run(scenario()))) == 1
    assert started == 2


def test_who_joins_late_is_told_every_step_in_order() -> None:
    computations: SingleFlight[int, str] = SingleFlight()
    may_go_on = asyncio.Event()

    async def compute(tell: Tell) -> int:
        tell("image")
        tell("tissue")
        await may_go_on.wait()
        tell("tiles")
        return 1

    async def scenario() -> tuple[list[str], list[str]]:
        first: list[str] = []
        late: list[str] = []
        early = asyncio.create_task(computations.run(("k",), compute, first.append))
        await next_turn()
        joined = asyncio.create_task(computations.run(("k",), compute, late.append))
        await next_turn()
        assert late == ["image", "tissue"]
        may_go_on.set()
        await asyncio.gather(early, joined)
        return first, late

    assert asyncio.run(scenario()) == (["image", "tissue", "tiles"],) * 2


def test_an_error_reaches_every_passenger() -> None:
    computations: SingleFlight[int, str] = SingleFlight()

    async def fail(_: Tell) -> int:
        await next_turn()
        raise ValueError("broken")

    async def scenario() -> list[object]:
        joined = (computations.run(("k",), fail, ignore) for _ in range(3))
        return list(await asyncio.gather(*joined, return_exceptions=True))

    assert [str(error) for error in asyncio.run(scenario())] == ["broken"] * 3


def test_a_passenger_may_leave_and_the_last_one_ends_the_flight() -> None:
    computations: SingleFlight[int, str] = SingleFlight()
    ended: list[str] = []

    async def endless(_: Tell) -> int:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return 0

    async def scenario() -> None:
        first, second = (
            asyncio.create_task(computations.run(("k",), endless, ignore)) for _ in range(2)
        )
        await next_turn()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert ended == []
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        await next_turn()
        assert ended == ["cancelled"]
        assert ("k",) not in computations

    asyncio.run(scenario())
