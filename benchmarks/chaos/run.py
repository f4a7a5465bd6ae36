"""Sends the requests while PostgreSQL and Redis stop and start, and counts the outcomes."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import httpx2

from benchmarks.chaos.calls import CALLS, ERASING, Call, Turn, predict, review
from benchmarks.chaos.ledger import Findings, Ledger, compare
from hf_space.api.middleware.identify import VISITOR_HEADER
from hf_space.schemas.errors import ErrorReport
from tests.server import fresh_server
from tests.services import Postgres, Redis
from tests.stores import Store
from tests.waiting import wait_until

_TIMEOUT_SECONDS: Final = 120
_BUSY: Final = frozenset({"busy", "history_unavailable"})
EVENTS: Final = (
    *(("postgres", "kill"), ("postgres", "start"), ("redis", "kill"), ("redis", "start")),
    *(("postgres", "kill"), ("redis", "kill"), ("postgres", "start"), ("redis", "start")),
    *(("postgres", "stop"), ("postgres", "start"), ("redis", "stop"), ("redis", "start")),
)
"""Faults of each server, in this order and evenly spread over the requests."""

COLUMNS: Final = ("2xx", "4xx", "503", "cut off", "other")
"""Kinds of answers; an export is cut off if the database stops while it is sent."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is sent.

    Attributes:
        requests: In all.
        clients: At a time.
        visitors: With several clients each.
        erasers: Visitors with one client each, who delete everything now and then.
    """

    requests: int = 10_000
    clients: int = 64
    visitors: int = 8
    erasers: int = 4


@dataclass(frozen=True, slots=True)
class Chaos:
    """The outcome of a run.

    Attributes:
        answers: Number of answers, by kind of request and column.
        others: Descriptions of answers that are in the column "other".
        findings: Faults of the histories at the end.
        results: Results that should be saved.
        delayed: Those of them that waited on disk.
        not_saved: Results that the service said were not saved.
        deleted: Records that the service said were deleted.
        reviews: Reviews that the service said were saved.
        seconds: From the first request to the last answer.
    """

    answers: dict[str, dict[str, int]]
    others: list[str]
    findings: Findings
    results: int
    delayed: int
    not_saved: int
    deleted: int
    reviews: int
    seconds: float


def run_chaos(store: Store, postgres: Postgres, redis: Redis, plan: Plan) -> Chaos:
    """Start the service on PostgreSQL and Redis, and run a plan.

    Args:
        store: Names an empty database of each.
        postgres: Is killed, stopped and started again; it runs at the end.
        redis: Likewise.
        plan: How much is sent.
    """
    with fresh_server(**store.environment()) as server:
        crowd = _Crowd(server.url, postgres, redis, plan)
        started = time.perf_counter()
        asyncio.run(crowd.send_all())
        seconds = time.perf_counter() - started
        wait_until(lambda: _is_settled(server.url), _TIMEOUT_SECONDS)
        return crowd.result(seconds)


def _is_settled(url: str) -> bool:
    health = httpx2.get(f"{url}/health/", timeout=30)
    waiting = re.search(
        r"^biopsia_spool_length (\S+)", httpx2.get(f"{url}/metrics", timeout=30).text, re.M
    )
    return health.json()["status"] == "ok" and waiting is not None and float(waiting[1]) == 0


class _Crowd:
    """All clients; they take the numbers of the requests in turn."""

    def __init__(self, url: str, postgres: Postgres, redis: Redis, plan: Plan) -> None:
        self._url = url
        self._plan = plan
        self._ledgers = [Ledger() for _ in range(plan.visitors + plan.erasers)]
        self._answers: dict[str, Counter[str]] = {}
        self._others: list[str] = []
        self._one_event = asyncio.Lock()
        services = {"postgres": postgres, "redis": redis}
        self._events = {
            plan.requests * place // (len(EVENTS) + 1): getattr(services[name], action)
            for place, (name, action) in enumerate(EVENTS, start=1)
        }

    async def send_all(self) -> None:
        numbers = iter(range(self._plan.requests))
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(
            base_url=self._url, timeout=_TIMEOUT_SECONDS, limits=limits
        ) as client:
            await asyncio.gather(
                *(self._settle_in(client, place) for place in range(len(self._ledgers)))
            )
            await asyncio.gather(
                *(self._go_on(client, place, numbers) for place in range(self._plan.clients))
            )

    async def _settle_in(self, client: httpx2.AsyncClient, place: int) -> None:
        """Give a visitor a record with a review, so that there is one of each to lose."""
        number = self._plan.requests + place
        turn = Turn(client, self._ledgers[place], (), number, Random(number))  # noqa: S311
        for act in (predict, review):
            (await act(turn)).raise_for_status()

    async def _go_on(self, client: httpx2.AsyncClient, place: int, numbers: Iterator[int]) -> None:
        erasers = self._plan.erasers
        at = place if place < erasers else erasers + place % self._plan.visitors
        ledger, calls = self._ledgers[at], ERASING if place < erasers else CALLS
        others = [other for other in self._ledgers if other is not ledger]
        shares = [call.share for call in calls]
        for number in numbers:
            if number in self._events:
                async with self._one_event:
                    await asyncio.to_thread(self._events[number])
            random = Random(number)  # noqa: S311 -- the same choices in each run
            [call] = random.choices(calls, shares)
            await self._take(call, Turn(client, ledger, others, number, random))

    async def _take(self, call: Call, turn: Turn) -> None:
        try:
            response = await call.act(turn)
        except httpx2.TransportError as error:
            column, said = _of_error(error, call)
        else:
            column, said = _column(response, call), f"{response.status_code} {response.text[:300]}"
        self._answers.setdefault(call.name, Counter())[column] += 1
        if column == "other":
            self._others.append(f"{call.name} (request {turn.number}): {said}")

    def result(self, seconds: float) -> Chaos:
        """Read all histories, and compare them with the answers."""
        items, notes = [], []
        with httpx2.Client(base_url=self._url, timeout=_TIMEOUT_SECONDS) as client:
            for ledger in self._ledgers:
                items.append(_read(client, ledger, "/history/export.json"))
                notes.append(_notes(client, ledger, items[-1]))
        ledgers = self._ledgers
        return Chaos(
            answers={name: dict(counts) for name, counts in sorted(self._answers.items())},
            others=self._others,
            findings=compare(ledgers, items, notes),
            results=sum(len(ledger.told) for ledger in ledgers),
            delayed=sum(len(ledger.delayed) for ledger in ledgers),
            not_saved=sum(len(ledger.not_saved) for ledger in ledgers),
            deleted=sum(len(ledger.deleted) for ledger in ledgers),
            reviews=sum(len(ledger.reviews) for ledger in ledgers),
            seconds=seconds,
        )


def _of_error(error: httpx2.TransportError, call: Call) -> tuple[str, str]:
    is_broken = isinstance(error, httpx2.RemoteProtocolError)
    cut = call.is_export and is_broken and "incomplete chunked read" in str(error)
    return ("cut off" if cut else "other"), repr(error)


def _column(response: httpx2.Response, call: Call) -> str:
    if response.is_success:
        return "2xx"
    try:
        code = ErrorReport.model_validate(response.json()).error.code
    except ValueError:
        return "other"
    if (response.status_code, code) in call.refusals:
        return "4xx"
    told_when = "Retry-After" in response.headers
    return "503" if response.status_code == 503 and code in _BUSY and told_when else "other"


def _notes(client: httpx2.Client, ledger: Ledger, items: Sequence[dict[str, Any]]) -> list[str]:
    """Return the notes of all reviews of a visitor's records."""
    reviewed = [item["id"] for item in items if item["review"]]
    records = [_read(client, ledger, f"/history/{identifier}") for identifier in reviewed]
    return [review["note"] for record in records for review in record["reviews"]]


def _read(client: httpx2.Client, ledger: Ledger, path: str) -> Any:
    response = client.get(path, headers={VISITOR_HEADER: ledger.token})
    response.raise_for_status()
    return response.json()
