"""PostgreSQL and Redis stop while the service works, and start again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import httpx2
import pytest
from redis import Redis as RedisClient

from hf_space.access.visitor import new_token
from hf_space.api.middleware.identify import VISITOR_HEADER
from tests.server import RunningServer, running_server
from tests.services import Postgres, Redis
from tests.stores import Store, Visitor, patch
from tests.waiting import wait_until

NUMBER = 500
AT_ONCE = 16


@pytest.fixture(scope="module")
def server(
    postgres: Postgres, redis_server: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """The service on PostgreSQL and Redis; each test leaves both as they were."""
    postgres.start()
    redis_server.start()
    store = Store(
        tmp_path_factory.mktemp("faults"), postgres.create_database("faults"), redis_server.url
    )
    with running_server(**store.environment()) as server:
        yield server
    postgres.start()
    postgres.drop_database("faults")


@pytest.fixture
def whole(server: RunningServer, postgres: Postgres, redis_server: Redis) -> RunningServer:
    """The service with both parts there."""
    postgres.start()
    redis_server.start()
    wait_until(lambda: health(server)["status"] == "ok")
    return server


@pytest.fixture
def visitor(whole: RunningServer) -> Iterator[Visitor]:
    """A new visitor."""
    with httpx2.Client(base_url=whole.url, timeout=60) as client:
        yield Visitor(client)


def health(server: RunningServer) -> dict[str, Any]:
    response = httpx2.get(f"{server.url}/health/")
    assert response.status_code == 200
    body: dict[str, Any] = response.json()
    return body


def waiting(server: RunningServer) -> float:
    """Return how many records wait for their database."""
    found = re.search(
        r"^biopsia_spool_length (\S+)", httpx2.get(f"{server.url}/metrics").text, re.M
    )
    assert found
    return float(found[1])


def ask_all(
    visitor: Visitor, events: dict[int, Callable[[], None]], first: int = 0
) -> list[dict[str, Any]]:
    """Ask about many images, some at a time; before that of a number, let an event happen."""
    places = asyncio.Semaphore(AT_ONCE)
    headers = {VISITOR_HEADER: visitor.token}

    async def ask(client: httpx2.AsyncClient, number: int) -> dict[str, Any]:
        image = patch(first + number)
        async with places:
            if number in events:
                await asyncio.to_thread(events[number])
            response = await client.post("/predict/", files={"file": image}, headers=headers)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    async def ask_each() -> list[dict[str, Any]]:
        base_url = visitor.client.base_url
        async with httpx2.AsyncClient(base_url=base_url, timeout=60) as client:
            return await asyncio.gather(*(ask(client, number) for number in range(NUMBER)))

    return asyncio.run(ask_each())


def codes(answer: dict[str, Any]) -> set[str]:
    return {warning["code"] for warning in answer["warnings"]}


def assert_all_are_kept(visitor: Visitor, answers: list[dict[str, Any]]) -> None:
    ids = [item["id"] for item in visitor.read("/history/export.json")]
    assert len(ids) == len(set(ids)) == len(answers)
    assert set(ids) == {answer["id"] for answer in answers}
    assert visitor.read("/stats/")["total"] == len(answers)


@pytest.mark.parametrize(
    ("leave", "come_back"), [("stop", "start"), ("kill", "start"), ("pause", "resume")]
)
def test_no_answer_and_no_record_is_lost_while_postgres_is_away(
    whole: RunningServer, visitor: Visitor, postgres: Postgres, leave: str, come_back: str
) -> None:
    first = {"stop": 0, "kill": 1000, "pause": 2000}[leave]
    events = {150: getattr(postgres, leave), 350: getattr(postgres, come_back)}
    answers = ask_all(visitor, events, first)
    assert len(answers) == NUMBER
    delayed = [answer for answer in answers if not answer["saved"]]
    # Those in progress when it stops, and all until it is reconnected.
    assert 100 <= len(delayed) <= NUMBER - 100
    for answer in answers:
        assert ("save_delayed" in codes(answer)) == (not answer["saved"])
        assert "not_saved" not in codes(answer)
    wait_until(lambda: health(whole)["database"]["state"] == "ready" and not waiting(whole))
    assert_all_are_kept(visitor, answers)


def test_without_postgres_the_history_says_so_and_predictions_work(
    whole: RunningServer, visitor: Visitor, postgres: Postgres
) -> None:
    identifier = visitor.predict(patch(3000))["id"]
    postgres.stop()
    # It is noticed without any write.
    wait_until(lambda: health(whole)["status"] == "degraded")
    away = {"state": "unavailable", "kind": "postgresql", "reason": "unreachable"}
    assert health(whole)["database"] == away
    assert health(whole)["cache"] == {"state": "ready", "kind": "redis"}
    for method, path in (
        ("GET", "/history/"),
        ("DELETE", "/history/"),
        ("GET", "/history/export.csv"),
        ("GET", "/history/export.json"),
        ("GET", f"/history/{identifier}"),
        ("GET", f"/history/{identifier}/export.geojson"),
        ("GET", f"/history/{identifier}/thumbnail"),
        ("DELETE", f"/history/{identifier}"),
        ("GET", "/stats/"),
    ):
        response = visitor.ask(method, path)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
        assert response.json()["error"]["code"] == "history_unavailable"
        assert "postgres" not in response.text
    assert visitor.review(identifier, opinion="agree").status_code == 503
    answer = visitor.predict(patch(3001))
    assert not answer["saved"]
    assert "save_delayed" in codes(answer)
    # The cached result has no such warning.
    assert visitor.predict(patch(3001), save=False)["cached"]
    postgres.start()
    wait_until(lambda: health(whole)["status"] == "ok" and not waiting(whole))
    assert visitor.ids() == [answer["id"], identifier]
    kept = visitor.read(f"/history/{answer['id']}")["result"]
    assert kept["saved"]
    assert "save_delayed" not in codes(kept)


READS = ("/history/", "/history/export.json", "/stats/")


def statuses_of_reads(visitor: Visitor) -> set[int]:
    return {visitor.ask("GET", path).status_code for path in READS}


def test_postgres_starting_up_and_shutting_down_is_never_an_error_of_ours(
    whole: RunningServer, visitor: Visitor, postgres: Postgres
) -> None:
    visitor.predict(patch(3100))
    seen: set[int] = set()
    over = threading.Event()

    def read_on() -> None:
        with httpx2.Client(base_url=whole.url, timeout=60) as client:
            reader = Visitor(client, visitor.token)
            while not over.is_set():
                seen.update(statuses_of_reads(reader))

    readers = [threading.Thread(target=read_on) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for leave in (postgres.stop, postgres.kill, postgres.stop, postgres.kill):
            leave()
            postgres.start()
            visitor.predict(patch(3101))
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert seen <= {200, 503}
    assert "Traceback" not in whole.log.read_text("utf-8")


def test_a_postgres_without_free_connections_is_away(
    whole: RunningServer, visitor: Visitor, postgres: Postgres
) -> None:
    visitor.predict(patch(3200))

    async def take_all(taken: list[asyncpg.Connection]) -> None:
        with contextlib.suppress(asyncpg.TooManyConnectionsError):
            while True:
                taken.append(await asyncpg.connect(postgres.url))

    async def meet() -> tuple[set[int], dict[str, Any]]:
        taken: list[asyncpg.Connection] = []
        try:
            await take_all(taken)
            await taken[0].execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = 'faults' AND application_name = 'biopsia'"
            )
            await take_all(taken)
            reads = await asyncio.to_thread(statuses_of_reads, visitor)
            return reads, await asyncio.to_thread(visitor.predict, patch(3201))
        finally:
            for connection in taken:
                await connection.close()

    reads, answer = asyncio.run(meet())
    assert reads == {503}
    assert (answer["saved"], "save_delayed" in codes(answer)) == (False, True)
    wait_until(lambda: health(whole)["status"] == "ok" and not waiting(whole))
    assert visitor.ids()[0] == answer["id"]


def test_a_postgres_that_only_reads_is_away_for_what_writes(
    whole: RunningServer, visitor: Visitor, postgres: Postgres
) -> None:
    identifier = visitor.predict(patch(3300))["id"]

    async def only_read(setting: str) -> None:
        connection = await asyncpg.connect(postgres.url)
        await connection.execute(
            f"ALTER DATABASE faults SET default_transaction_read_only = {setting}"
        )
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'faults'"
        )
        await connection.close()

    asyncio.run(only_read("on"))
    try:
        assert visitor.review(identifier, opinion="agree").status_code == 503
        assert visitor.ask("DELETE", f"/history/{identifier}").status_code == 503
        assert statuses_of_reads(visitor) == {200}
        answer = visitor.predict(patch(3301))
        assert (answer["saved"], "save_delayed" in codes(answer)) == (False, True)
        assert health(whole)["database"]["reason"] == "read_only"
    finally:
        asyncio.run(only_read("off"))
    wait_until(lambda: health(whole)["status"] == "ok" and not waiting(whole))
    assert visitor.ids() == [answer["id"], identifier]


def test_a_postgres_that_hangs_holds_nobody_up(visitor: Visitor, postgres: Postgres) -> None:
    postgres.pause()
    try:
        for number in (3100, 3101):
            assert not visitor.predict(patch(number))["saved"]
        assert visitor.get("/stats/").status_code == 503
    finally:
        postgres.resume()


def test_no_answer_is_lost_when_redis_is_killed(
    whole: RunningServer, visitor: Visitor, redis_server: Redis
) -> None:
    before = len(whole.log.read_text("utf-8").splitlines())
    states: list[str] = []

    def look() -> None:
        states.append(health(whole)["cache"]["state"])

    events = {150: redis_server.kill, 250: look, 350: redis_server.start}
    answers = ask_all(visitor, events, first=4000)
    assert len(answers) == NUMBER
    assert states == ["unavailable"]
    assert all(answer["saved"] for answer in answers)
    wait_until(lambda: health(whole)["status"] == "ok")
    lines = [json.loads(line) for line in whole.log.read_text("utf-8").splitlines()[before:]]
    warnings = [line["message"] for line in lines if line["level"] in {"WARNING", "ERROR"}]
    assert len(warnings) == 1
    assert "Redis is unreachable" in warnings[0]
    assert_all_are_kept(visitor, answers)
    # It is used again: another process finds this one's results.
    visitor.predict(patch(4999))
    assert "biopsia:results" in _keys(redis_server)


def _keys(redis_server: Redis) -> set[str]:
    with RedisClient.from_url(redis_server.url, decode_responses=True) as client:
        return set(client.keys())


def test_what_was_said_to_be_saved_is_there_after_a_termination_signal(
    shared_store: Store,
) -> None:
    token = new_token()
    answers: list[dict[str, Any]] = []
    refused = 0
    with running_server(**shared_store.environment()) as server:

        def ask(start: int) -> None:
            nonlocal refused
            with httpx2.Client(base_url=server.url, timeout=60) as client:
                for number in range(start, start + 100):
                    try:
                        answers.append(Visitor(client, token).predict(patch(number)))
                    except httpx2.TransportError:
                        refused += 1
                        return

        asking = [threading.Thread(target=ask, args=(100 * n,)) for n in range(8)]
        for thread in asking:
            thread.start()
        wait_until(lambda: len(answers) > 50)
        assert server.stop() in {0, -signal.SIGTERM}
        for thread in asking:
            thread.join()
    assert refused == 8
    assert len(answers) > 50
    assert all(answer["saved"] for answer in answers)
    with running_server(**shared_store.environment()) as server:  # noqa: SIM117
        with httpx2.Client(base_url=server.url, timeout=60) as client:
            assert_all_are_kept(Visitor(client, token), answers)


def test_a_database_that_hangs_does_not_hold_up_the_end(
    shared_store: Store, postgres: Postgres
) -> None:
    with running_server(**shared_store.environment()) as server:
        with httpx2.Client(base_url=server.url, timeout=60) as client:
            visitor = Visitor(client, new_token())
            assert visitor.predict(patch(1))["saved"]
            assert visitor.get("/stats/").status_code == 200
        postgres.pause()
        try:
            assert server.stop() in {0, -signal.SIGTERM}
        finally:
            postgres.resume()
