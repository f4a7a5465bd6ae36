from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from hf_space.api.request_body import while_connected
from tests.waiting import next_turn


def test_work_ends_when_the_client_has_gone() -> None:
    ended: list[str] = []

    async def receive() -> dict[str, Any]:
        await next_turn()
        return {"type": "http.disconnect"}

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def scenario() -> None:
        with pytest.raises(ClientDisconnect):
            await while_connected(receive, endless())
        await next_turn()

    asyncio.run(scenario())
    assert ended == ["cancelled"]


def test_a_client_that_stays_gets_the_answer_or_the_error() -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def answer() -> int:
        await next_turn()
        return 7

    async def fail() -> int:
        raise ValueError("broken")

    async def scenario() -> None:
        assert await while_connected(receive, answer()) == 7
        with pytest.raises(ValueError, match="broken"):
            await while_connected(receive, fail())
        await next_turn()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(scenario())
