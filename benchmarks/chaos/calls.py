"""The visitors' requests, and the refusals that each may get."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import httpx2

from benchmarks.chaos.ledger import Ledger
from hf_space.api.middleware.identify import VISITOR_HEADER
from tests.stores import patch

_BATCH: Final = 4
_IMAGES_EACH: Final = 8
# Of each ten thousand images a few are sent by everybody, so that some are cached.
_SHARED: Final = range(1, 20)
_GONE: Final = frozenset({(404, "unknown_record")})


@dataclass(frozen=True, slots=True)
class Turn:
    """A planned request.

    Attributes:
        client: Sends it.
        ledger: Who sends it.
        others: Everybody else.
        number: Its number among all requests, from 0.
        random: Source of its choices, the same for the same number.
    """

    client: httpx2.AsyncClient
    ledger: Ledger
    others: Sequence[Ledger]
    number: int
    random: Random

    async def ask(self, method: str, path: str, **content: Any) -> httpx2.Response:
        """Send a request as the visitor."""
        headers = {VISITOR_HEADER: self.ledger.token} | content.pop("headers", {})
        return await self.client.request(method, path, headers=headers, **content)

    def image(self, place: int = 0, **size: int) -> bytes:
        """Return an image that no other request sends."""
        number = _SHARED.stop + self.number * _IMAGES_EACH + place
        return patch(number, red=self.random.randrange(120, 220), **size)

    def pick(self) -> str:
        """Return an id of the visitor's record, or an unknown id if there is none."""
        living = self.ledger.living
        return self.random.choice(living) if living else f"{self.number:032x}"


async def predict(turn: Turn) -> httpx2.Response:
    """Send a patch that nobody else sends."""
    return await _predict(turn, turn.image())


async def predict_again(turn: Turn) -> httpx2.Response:
    """Send a patch that others send too."""
    return await _predict(turn, patch(turn.random.choice(_SHARED)))


async def predict_region(turn: Turn) -> httpx2.Response:
    """Send a region of some tiles."""
    return await _predict(turn, turn.image(width=170, height=120))


async def _predict(turn: Turn, image: bytes) -> httpx2.Response:
    form = {"microns_per_pixel": "4", "save": "true"}
    response = await turn.ask("POST", "/predict/", files={"file": image}, data=form)
    if response.status_code == 200:
        turn.ledger.tell(response.json(), image)
    return response


async def predict_streamed(turn: Turn) -> httpx2.Response:
    """Send a region with streaming; an error comes as its last line."""
    image, form = turn.image(width=170, height=120), {"microns_per_pixel": "4", "save": "true"}
    headers = {"Accept": "application/x-ndjson"}
    response = await turn.ask(
        "POST", "/predict/", files={"file": image}, data=form, headers=headers
    )
    for line in _lines(response):
        if line["event"] == "result":
            turn.ledger.tell(line["result"], image)
    return response


async def predict_batch(turn: Turn) -> httpx2.Response:
    """Send several patches in one request."""
    images = [turn.image(place) for place in range(_BATCH)]
    files = [("files", (f"{place}.png", image)) for place, image in enumerate(images)]
    form = {"microns_per_pixel": "4", "save": "true"}
    response = await turn.ask("POST", "/predict/batch/", files=files, data=form)
    for line in _lines(response):
        if line["result"]:
            turn.ledger.tell(line["result"], images[line["index"]])
    return response


async def preview(turn: Turn) -> httpx2.Response:
    """Request a preview of an image that is not scored."""
    return await turn.ask("POST", "/preview/", files={"file": turn.image()})


def _lines(response: httpx2.Response) -> list[dict[str, Any]]:
    if response.status_code != 200:
        return []
    return [json.loads(line) for line in response.text.splitlines()]


async def list_history(turn: Turn) -> httpx2.Response:
    """Look at the newest records."""
    response = await turn.ask("GET", "/history/", params={"limit": 50})
    if response.status_code == 200:
        turn.ledger.seen.update(item["id"] for item in response.json()["items"])
    return response


async def read_record(turn: Turn) -> httpx2.Response:
    """Open a record of one's own."""
    return await turn.ask("GET", f"/history/{turn.pick()}")


async def read_thumbnail(turn: Turn) -> httpx2.Response:
    """Look at a record's picture."""
    return await turn.ask("GET", f"/history/{turn.pick()}/thumbnail")


async def read_foreign(turn: Turn) -> httpx2.Response:
    """Try to open a record of somebody else."""
    other = turn.random.choice(turn.others).living
    identifier = turn.random.choice(other) if other else f"{turn.number:032x}"
    response = await turn.ask("GET", f"/history/{identifier}")
    if response.status_code == 200:
        turn.ledger.seen.add(response.json()["result"]["id"])
    return response


async def read_statistics(turn: Turn) -> httpx2.Response:
    """Ask for the statistics."""
    return await turn.ask("GET", "/stats/")


async def export_history(turn: Turn) -> httpx2.Response:
    """Download all records."""
    suffix = turn.random.choice(("csv", "json"))
    response = await turn.ask("GET", f"/history/export.{suffix}")
    if suffix == "json" and response.status_code == 200:
        turn.ledger.seen.update(item["id"] for item in response.json())
    return response


async def export_zip(turn: Turn) -> httpx2.Response:
    """Download all records with their reviews and pictures."""
    return await turn.ask("GET", "/history/export.zip")


async def export_record(turn: Turn) -> httpx2.Response:
    """Download one record."""
    return await turn.ask("GET", f"/history/{turn.pick()}/export.geojson")


async def review(turn: Turn) -> httpx2.Response:
    """Review a record."""
    identifier, note = turn.pick(), f"note {turn.number}"
    opinion = {"opinion": turn.random.choice(("agree", "unsure")), "note": note}
    response = await turn.ask("POST", f"/history/{identifier}/reviews", json=opinion)
    if response.status_code == 201:
        turn.ledger.reviews[note] = identifier
    return response


async def file_record(turn: Turn) -> httpx2.Response:
    """Give a record a case label and a folder."""
    filing = {"case_label": f"case {turn.number}", "folder": turn.random.choice(("a", "b"))}
    return await turn.ask("PUT", f"/history/{turn.pick()}/filing", json=filing)


async def delete(turn: Turn) -> httpx2.Response:
    """Delete a record."""
    identifier = turn.pick()
    # Unknown until the answer arrives.
    turn.ledger.perhaps_deleted.add(identifier)
    response = await turn.ask("DELETE", f"/history/{identifier}")
    if response.status_code == 204:
        turn.ledger.deleted.add(identifier)
    return response


async def delete_all(turn: Turn) -> httpx2.Response:
    """Delete all records; the visitor sends nothing else at the same time."""
    mine = set(turn.ledger.told)
    turn.ledger.perhaps_deleted.update(mine)
    response = await turn.ask("DELETE", "/history/")
    if response.status_code == 200:
        turn.ledger.deleted.update(mine)
    return response


async def replace_token(turn: Turn) -> httpx2.Response:
    """Replace the token, which takes over all records; the visitor sends nothing else then."""
    response = await turn.ask("POST", "/visitor/token")
    if response.status_code == 204:
        turn.ledger.token = response.headers[VISITOR_HEADER]
    return response


async def send_nonsense(turn: Turn) -> httpx2.Response:
    """Send something that the service refuses."""
    method, path, content = turn.random.choice(_NONSENSE)
    return await turn.ask(method, path, **content)


_NONSENSE: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("POST", "/predict/", {"json": {}}),
    ("POST", "/predict/", {"json": {"image": "?"}}),
    ("POST", "/predict/", {"files": {"file": b"no image"}}),
    ("POST", "/predict/", {"files": {"file": patch(0)[:100]}}),
    ("POST", "/predict/", {"files": {"file": patch(0)}, "data": {"threshold": "2"}}),
    ("POST", "/predict/", {"files": {"file": patch(0)}, "data": {"operating_point": "x"}}),
    ("POST", "/predict/batch/", {"files": {"files": b"PK\x03\x04"}}),
    ("GET", "/history/", {"params": {"limit": "-1"}}),
    ("GET", "/history/1", {}),
    ("PUT", "/predict/", {}),
    ("GET", "/nowhere", {}),
    ("GET", "/history/", {"headers": {VISITOR_HEADER: "x"}}),
)
_REFUSALS: Final = frozenset(
    {
        *((400, "missing_image"), (400, "invalid_encoding"), (401, "invalid_credentials")),
        *((404, "not_found"), (405, "method_not_allowed"), (415, "unsupported_image")),
        *((422, "corrupt_image"), (422, "invalid_archive"), (422, "invalid_options")),
        (422, "unknown_operating_point"),
    }
)


@dataclass(frozen=True, slots=True)
class Call:
    """A kind of request.

    Attributes:
        act: Sends one, and records the answer.
        share: Its share of all requests, relative to the others.
        refusals: Status and code of correct refusals; it may also succeed.
        is_export: Whether the answer is read from the database while it is sent, so that it is cut
            off if the database stops.
    """

    act: Callable[[Turn], Awaitable[httpx2.Response]]
    share: int
    refusals: frozenset[tuple[int, str]] = frozenset()
    is_export: bool = False

    @property
    def name(self) -> str:
        """Its name in the table."""
        return self.act.__name__.replace("_", " ")


CALLS: Final = (
    *(Call(predict, 38), Call(predict_again, 8), Call(predict_region, 4)),
    *(Call(predict_streamed, 3), Call(predict_batch, 4)),
    *(Call(list_history, 9), Call(read_statistics, 3), Call(export_history, 3, is_export=True)),
    *(Call(read_record, 5, _GONE), Call(read_thumbnail, 2, _GONE)),
    *(Call(export_record, 2, _GONE), Call(read_foreign, 4, _GONE)),
    *(Call(file_record, 3, _GONE), Call(preview, 3)),
    Call(export_zip, 1, is_export=True),
    *(Call(review, 7, _GONE), Call(delete, 4, _GONE), Call(send_nonsense, 6, _REFUSALS)),
)
"""Requests of visitors with several clients each."""
ERASING: Final = (
    *(Call(predict, 6), Call(list_history, 1), Call(delete_all, 1), Call(replace_token, 1)),
)
"""Requests of visitors with a single client, who get each answer before the next request."""
