"""Four processes of the service on one database."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from functools import partial

import httpx2
import pytest

from hf_space.access.visitor import new_token
from hf_space.api.middleware.identify import VISITOR_HEADER
from hf_space.history.database.migrate import MIGRATIONS
from tests.server import RunningServer, running_server
from tests.stores import Store, Visitor, patch
from tests.waiting import wait_until

NUMBER = 200
PROCESSES = 4


@pytest.fixture(scope="module")
def servers(module_store: Store) -> Iterator[list[RunningServer]]:
    """Processes that find an empty database when they start, all at once."""
    environment = module_store.environment()
    with ExitStack() as stack, ThreadPoolExecutor(PROCESSES) as pool:
        starting = [running_server(**environment) for _ in range(PROCESSES)]
        yield list(pool.map(stack.enter_context, starting))


@pytest.fixture(autouse=True)
def _nothing_goes_wrong_behind_the_answers(servers: list[RunningServer]) -> Iterator[None]:
    yield
    assert not [text for level, text in messages(servers) if level == "ERROR"]


@asynccontextmanager
async def clients_of(servers: list[RunningServer]) -> AsyncIterator[list[httpx2.AsyncClient]]:
    """Give a client of each process."""
    limits = httpx2.Limits(max_connections=NUMBER)
    clients = [
        httpx2.AsyncClient(base_url=server.url, limits=limits, timeout=60) for server in servers
    ]
    try:
        yield clients
    finally:
        for client in clients:
            await client.aclose()


async def ask(
    clients: list[httpx2.AsyncClient],
    first: int,
    token: str | None = None,
    *,
    at_once: int = NUMBER,
    images: int = NUMBER,
) -> list[httpx2.Response]:
    """Ask about many images, or some images many times, each process in turn."""
    headers = {VISITOR_HEADER: token} if token else {}
    places = asyncio.Semaphore(at_once)

    async def one(number: int, client: httpx2.AsyncClient) -> httpx2.Response:
        files, form = {"file": patch(first + number % images)}, {"save": "true"}
        async with places:
            return await client.post("/predict/", files=files, data=form, headers=headers)

    turns = zip(range(NUMBER), itertools.cycle(clients), strict=False)
    answers = await asyncio.gather(*(one(number, client) for number, client in turns))
    assert {answer.status_code for answer in answers} == {200}
    return answers


def wait_for_the_spool(servers: list[RunningServer]) -> None:
    """A busy machine may have let a record wait on disk."""
    for server in servers:
        wait_until(partial(has_empty_spool, server))


def has_empty_spool(server: RunningServer) -> bool:
    return "biopsia_spool_length 0.0" in httpx2.get(f"{server.url}/metrics").text


def messages(servers: list[RunningServer]) -> list[tuple[str, str]]:
    lines = [line for server in servers for line in server.log.read_text("utf-8").splitlines()]
    return [(line["level"], line["message"]) for line in map(json.loads, lines)]


def test_one_of_them_makes_the_tables_and_all_answer(servers: list[RunningServer]) -> None:
    for server in servers:
        assert httpx2.get(f"{server.url}/health/").json()["status"] == "ok"
    steps = [text for _, text in messages(servers) if re.search(": running upgrade ", text)]
    revisions = [step.partition("->")[2].split(",")[0].strip() for step in steps]
    assert revisions == sorted(path.name[:4] for path in MIGRATIONS.glob("versions/*_*.py"))


def test_first_requests_at_once_are_as_many_visitors(servers: list[RunningServer]) -> None:
    async def scenario() -> None:
        async with clients_of(servers) as clients:
            answers = await ask(clients, 0)
            tokens = [answer.headers[VISITOR_HEADER] for answer in answers]
            assert len(set(tokens)) == NUMBER
            await asyncio.to_thread(wait_for_the_spool, servers)
            # In every process.
            histories = await asyncio.gather(
                *(
                    client.get("/history/", headers={VISITOR_HEADER: token})
                    for token, client in zip(tokens, itertools.cycle(clients[1:]), strict=False)
                )
            )
        for answer, history in zip(answers, histories, strict=True):
            assert [item["id"] for item in history.json()["items"]] == [answer.json()["id"]]

    asyncio.run(scenario())


def test_no_record_and_no_count_of_one_visitor_is_lost(servers: list[RunningServer]) -> None:
    token = new_token()

    async def scenario() -> list[httpx2.Response]:
        async with clients_of(servers) as clients:
            return await ask(clients, 1000, token)

    answers = asyncio.run(scenario())
    wait_for_the_spool(servers)
    with httpx2.Client(base_url=servers[0].url) as client:
        visitor = Visitor(client, token)
        exported = [item["id"] for item in visitor.read("/history/export.json")]
        assert sorted(exported) == sorted(answer.json()["id"] for answer in answers)
        assert visitor.read("/stats/")["total"] == NUMBER


def test_an_image_that_all_of_them_get_at_once_counts_once(servers: list[RunningServer]) -> None:
    token, images = new_token(), 7

    async def scenario() -> list[httpx2.Response]:
        async with clients_of(servers) as clients:
            return await ask(clients, 3000, token, images=images)

    asyncio.run(scenario())
    wait_for_the_spool(servers)
    with httpx2.Client(base_url=servers[0].url) as client:
        counted = Visitor(client, token).read("/stats/")
        assert (counted["total"], counted["duplicates"]) == (images, NUMBER - images)
        assert counted["cached"] + counted["latency"]["computed"] == NUMBER


@pytest.mark.parametrize("images", [NUMBER, 5])
def test_counts_are_right_whoever_deletes_meanwhile(
    servers: list[RunningServer], images: int
) -> None:
    token = new_token()
    headers = {VISITOR_HEADER: token}

    async def scenario() -> tuple[int, int]:
        async with clients_of(servers) as clients:
            # Only some at a time, so that the deletions come in between.
            asking = asyncio.create_task(ask(clients, 2000, token, at_once=16, images=images))
            deleted, times = 0, 0
            while not asking.done():
                response = await clients[times % PROCESSES].delete("/history/", headers=headers)
                assert response.status_code == 200, response.text
                deleted += response.json()["deleted"]
                newest = await clients[0].get("/history/", headers=headers, params={"limit": 1})
                for item in newest.json()["items"]:
                    gone = await clients[1].delete(f"/history/{item['id']}", headers=headers)
                    assert gone.status_code == 204, gone.text
                    deleted += 1
                times += 1
            await asking
        return deleted, times

    deleted, times = asyncio.run(scenario())
    wait_for_the_spool(servers)
    with httpx2.Client(base_url=servers[0].url) as client:
        visitor = Visitor(client, token)
        kept = visitor.read("/history/export.json")
        left, different = len(kept), len({item["image"]["sha256"] for item in kept})
        assert times > 1
        assert 0 < deleted == NUMBER - left
        counted = visitor.read("/stats/")
        assert (counted["total"], counted["duplicates"]) == (different, left - different)
        assert visitor.ask("DELETE", "/history/").json() == {"deleted": left}
        assert visitor.read("/stats/")["total"] == 0
