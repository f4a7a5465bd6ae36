"""Memory for large images is limited, shared among senders, and charged."""

from __future__ import annotations

import asyncio

import pytest

from hf_space.errors import BusyError, RateLimitedError, TooManyPixelsError
from hf_space.prediction.admission import ImageMemory, Request, Sender, pay_for_tiles
from tests.waiting import next_turn


def request(
    pixels: int,
    sender: str | None = "a",
    *,
    address: str | None = None,
    tiles: int = 1,
    patient: bool = False,
) -> Request:
    asks = Sender(sender, address or sender, free) if sender else None
    return Request(pixels, tiles, asks, patient)


async def free(_: int) -> None:
    """A rate limit that allows everything."""


async def enter(memory: ImageMemory, asked: Request, inside: list[Request]) -> None:
    async with memory.held(asked):
        inside.append(asked)
        await asyncio.Event().wait()


async def started(
    memory: ImageMemory, requests: list[Request]
) -> tuple[list[Request], list[asyncio.Task[None]]]:
    inside: list[Request] = []
    tasks = [asyncio.create_task(enter(memory, each, inside)) for each in requests]
    for _ in range(3):
        await next_turn()
    return inside, tasks


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
    for _ in range(3):
        await next_turn()


def test_no_more_pixels_are_in_work_than_there_is_memory_for() -> None:
    async def scenario() -> None:
        memory = ImageMemory(100 * 20, 20)
        asked = [request(pixels, None) for pixels in (60, 40, 1, 30)]
        inside, tasks = await started(memory, asked)
        assert inside == asked[:2]
        await end(tasks[1])
        # A client that disconnects while waiting frees its place too.
        assert inside == asked
        for task in tasks:
            await end(task)
        assert (await started(memory, [request(100, None)]))[0]

    asyncio.run(scenario())


def test_who_left_while_waiting_takes_no_room() -> None:
    async def scenario() -> None:
        memory = ImageMemory(100, 1)
        asked = [request(80, None), request(90, None), request(20, None)]
        inside, tasks = await started(memory, asked)
        assert inside == asked[:1]
        await end(tasks[1])
        assert inside == [asked[0], asked[2]]
        for task in tasks:
            await end(task)
        assert (await started(memory, [request(100, None)]))[0]

    asyncio.run(scenario())


def test_one_sender_leaves_room_for_others() -> None:
    async def scenario() -> None:
        memory = ImageMemory(100, 1)
        mine = [request(25, patient=True) for _ in range(24)]
        other = request(25, "b")
        inside, tasks = await started(memory, [*mine, other])
        assert inside == [*mine[:2], other]
        # A batch of one visitor does not take the waiting places of others.
        memory.check(request(25, "c"))
        for task in tasks:
            await end(task)

    asyncio.run(scenario())


def test_one_address_leaves_room_for_others_under_whatever_names() -> None:
    async def scenario() -> None:
        memory = ImageMemory(100, 1)
        mine = [request(25, f"made up {number}", address="x") for number in range(18)]
        other = request(25, "b", address="y")
        inside, tasks = await started(memory, [*mine[:10], other])
        assert inside == [*mine[:2], other]
        with pytest.raises(BusyError):
            memory.check(mine[10])
        memory.check(request(25, "c", address="y"))

    asyncio.run(scenario())


def test_a_first_image_is_let_in_whatever_its_size() -> None:
    async def scenario() -> None:
        memory = ImageMemory(100, 1)
        asked = [request(90), request(10)]
        inside, _ = await started(memory, asked)
        assert inside == asked[:1]

    asyncio.run(scenario())


def test_what_would_wait_too_long_is_refused() -> None:
    async def scenario() -> None:
        memory = ImageMemory(100, 1)
        await started(memory, [request(100, "z"), *(request(1) for _ in range(4))])
        with pytest.raises(BusyError):
            memory.check(request(1))
        memory.check(request(1, patient=True))
        memory.check(request(1, "b"))
        with pytest.raises(BusyError):
            memory.check(request(1, "b", tiles=60_000))
        await started(memory, [request(1, str(number)) for number in range(12)])
        with pytest.raises(BusyError):
            memory.check(request(1, "b"))

    asyncio.run(scenario())


def test_what_never_fits_is_refused_for_good() -> None:
    with pytest.raises(TooManyPixelsError) as raised:
        ImageMemory(100 * 20, 20).check(request(101, patient=True))
    assert raised.value.details == {"max_pixels": 100}


def test_a_large_region_is_paid_by_its_tiles() -> None:
    paid: list[int] = []

    async def pay(images: int) -> None:
        paid.append(images)
        if len(paid) < 3:
            raise RateLimitedError("no", retry_after_seconds=0)

    async def scenario() -> None:
        sender = Sender("a", "x", pay)
        await pay_for_tiles(sender, 63, patient=False)
        assert paid == []
        with pytest.raises(RateLimitedError):
            await pay_for_tiles(sender, 20_000, patient=False)
        await pay_for_tiles(sender, 640, patient=True)
        await pay_for_tiles(None, 640, patient=False)

    asyncio.run(scenario())
    assert paid == [312, 10, 10]
