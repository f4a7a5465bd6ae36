"""A client that disconnects frees the engine: unstarted work of its region is dropped."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anyio import to_thread
from gradio_client import Client, handle_file

from tests.bundle_factory import encode, plain_image
from tests.demo_page import Page, uploaded
from tests.server import RunningServer, running_server
from tests.waiting import until

PATCH = encode(plain_image(200, 120, 190))
# A region of the shipped model that takes far longer than what a test waits for.
SIDE = 5000
TILES = (SIDE // 50) ** 2
LINES = {"Accept": "application/x-ndjson"}


def large_region(shade: int) -> bytes:
    return encode(plain_image(200 + shade, 120, 190, width=SIDE, height=SIDE), "JPEG")


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """The service with the shipped model."""
    with running_server() as server:
        yield server


@pytest.fixture
def client(server: RunningServer) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=server.url, timeout=60)


@asynccontextmanager
async def streamed(
    client: httpx2.AsyncClient, data: bytes
) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """Send a region, and close the connection at the end, whatever has come."""
    form = {"microns_per_pixel": "4", "save": "false"}
    async with client.stream(
        "POST", "/predict/", files={"file": data}, data=form, headers=LINES
    ) as response:
        yield (json.loads(line) async for line in response.aiter_lines())


async def read_until(lines: AsyncIterator[dict[str, Any]], event: str) -> dict[str, Any]:
    async for line in lines:
        if line["event"] == event:
            return line
    raise AssertionError(f"no line of {event}")


async def metric(client: httpx2.AsyncClient, name: str) -> float:
    text = (await client.get("/metrics")).text
    found = re.search(rf"^{name} ([\d.]+)$", text, re.MULTILINE)
    assert found is not None
    return float(found[1])


async def assert_free(client: httpx2.AsyncClient) -> None:
    """Wait until nothing waits for the engine, and see that the next one is served."""

    async def is_empty() -> bool:
        return await metric(client, "biopsia_queue_length") == 0

    await until(is_empty)
    response = await client.post("/predict/", files={"file": PATCH}, data={"save": "false"})
    assert response.status_code == 200
    assert (await client.get("/health/")).json()["status"] == "ok"
    # No batches of the regions came in between, and none come later.
    scored = await metric(client, "biopsia_batch_size_sum")
    assert await metric(client, "biopsia_queue_length") == 0
    assert scored < TILES / 2
    assert await metric(client, "biopsia_batch_size_sum") == scored


async def _close_in_the_middle(client: httpx2.AsyncClient) -> None:
    async with client:
        async with streamed(client, large_region(0)) as lines:
            tiles = await read_until(lines, "tiles")
            assert 0 < tiles["done"] < tiles["total"] == TILES
        await assert_free(client)


async def _close_in_the_queue(client: httpx2.AsyncClient) -> None:
    async with client:
        async with AsyncExitStack() as stack:
            for shade in range(4):
                lines = await stack.enter_async_context(streamed(client, large_region(shade)))
                # Two are in progress, and two wait for memory; all have sent their first line.
                assert (await read_until(lines, "image"))["kind"] == "region"
        await assert_free(client)


async def _join_and_leave(client: httpx2.AsyncClient) -> None:
    data = encode(plain_image(200, 120, 190, width=700, height=500), "PNG")
    async with client, streamed(client, data) as staying:
        async with streamed(client, data) as leaving:
            first = await read_until(leaving, "tissue")
        steps = [line async for line in staying]
    names = [step["event"] for step in steps]
    assert names[:2] == ["image", "tissue"]
    assert steps[1] == first
    assert sum(len(step["tiles"]) for step in steps if step["event"] == "tiles") == 140
    assert names[-1] == "result"


async def _cancel_a_job(url: str, client: httpx2.AsyncClient, path: Path) -> None:
    program = await to_thread.run_sync(lambda: Client(url, verbose=False))
    async with client:
        job = program.submit(handle_file(str(path)), microns_per_pixel=4, api_name="/predict")
        await until(lambda: any(step["event"] == "tiles" for step in job.outputs()))
        assert job.cancel()
        await assert_free(client)


async def _leave_the_page(
    server: RunningServer, client: httpx2.AsyncClient, path: Path, *, press_cancel: bool
) -> None:
    page = Page(server.url)
    upload = await to_thread.run_sync(uploaded, server, path)
    asked = ("balanced", None, False, "typed", "4", True, None)
    event, session = await to_thread.run_sync(page.join, "read_1", upload, *asked)
    async with client:
        address = f"/gradio_api/queue/data?session_hash={session}"
        async with client.stream("GET", address) as response:
            async for line in response.aiter_lines():
                if "process_generating" in line and "tiles analysed" in line:
                    break
            if press_cancel:
                fn = page.index("read_1")
                body = {"session_hash": session, "fn_index": fn, "event_id": event}
                assert (await client.post("/gradio_api/cancel", json=body)).json()["success"]
        await assert_free(client)


def test_closing_in_the_middle_drops_the_rest_of_the_region(client: httpx2.AsyncClient) -> None:
    asyncio.run(_close_in_the_middle(client))


def test_closing_while_waiting_drops_all_of_it(client: httpx2.AsyncClient) -> None:
    asyncio.run(_close_in_the_queue(client))


def test_a_computation_that_another_has_joined_goes_on(client: httpx2.AsyncClient) -> None:
    asyncio.run(_join_and_leave(client))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A large region."""
    path = tmp_path / "large.jpg"
    path.write_bytes(large_region(9))
    return path


def test_a_program_of_gradio_that_cancels_its_job_frees_the_engine(
    server: RunningServer, client: httpx2.AsyncClient, path: Path
) -> None:
    asyncio.run(_cancel_a_job(server.url, client, path))


@pytest.mark.parametrize("press_cancel", [True, False], ids=["cancelled", "closed"])
def test_a_page_that_cancels_or_is_closed_frees_the_engine(
    server: RunningServer,
    client: httpx2.AsyncClient,
    path: Path,
    press_cancel: bool,  # noqa: FBT001
) -> None:
    asyncio.run(_leave_the_page(server, client, path, press_cancel=press_cancel))
