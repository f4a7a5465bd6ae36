"""Two visitors use every function of the demo: neither gets the other's data."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from hf_space.access.visitor import new_token
from hf_space.api.middleware.identify import VISITOR_HEADER
from tests.bundle_factory import encode, write_bundle
from tests.demo_page import ALL, Page, history, uploaded
from tests.server import NO_RATE_LIMIT, RunningServer, running_server

SEEDS = {"surname-1970": 0, "name-1981": 10_000}
ENDPOINTS = {"predict", "predict_region", "predict_batch", "model_info"}
DELETING = {"forget", "forget_all"}
BATCHES = {"read_2", "inspect_batch", "predict_batch"}
WITH_UPLOAD = {"inspect_image", "read", "predict", "predict_region"} | BATCHES
OF_A_RECORD = re.compile(r"(show_3|give(_\d+)?)")
"""Functions that are told a record, which must be the visitor's own."""
FOLDER = re.compile(r"/([0-9a-f]{32,})/")
"""Of a file that the page shows."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    bundle = write_bundle(tmp_path_factory.mktemp("bundle") / "model")
    with running_server(BIOPSIA_MODEL_DIR=str(bundle), **NO_RATE_LIMIT) as server:
        yield server


@dataclass
class Person:
    """A visitor with secrets.

    Attributes:
        secrets: Data that no other visitor may get.
        seen: Everything that was sent.
    """

    server: RunningServer
    folder: Path
    name: str
    first_seed: int
    token: str = field(default_factory=new_token)
    images: int = 0
    secrets: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.headers = {VISITOR_HEADER: self.token}
        self.secrets |= {self.token, self.name}
        files = {"file": (f"{self.name}.png", self.image())}
        url = f"{self.server.url}/predict/"
        result = httpx2.post(url, files=files, headers=self.headers).json()
        self.record = result["id"]
        self.keep(result)

    def image(self) -> bytes:
        """Return a patch that nobody else has."""
        self.images += 1
        rng = np.random.default_rng(self.first_seed + self.images)
        return encode(rng.integers(100, 220, (50, 50, 3), dtype=np.uint8))

    def keep(self, result: dict[str, Any]) -> tuple[str, str]:
        """Know what is secret of a record; returns its id and a piece of its picture."""
        url = f"{self.server.url}/history/{result['id']}/thumbnail"
        thumbnail = base64.b64encode(httpx2.get(url, headers=self.headers).content).decode()
        self.secrets |= {result["id"], result["image"]["sha256"], thumbnail[80:140]}
        return result["id"], thumbnail[80:140]

    def upload(self) -> dict[str, Any]:
        path = self.folder / f"{self.name}.png"
        path.write_bytes(self.image())
        sent = uploaded(self.server, path)
        self.secrets.add(Path(sent["path"]).parent.name)
        return sent

    def call(self, number: int, name: str, identifier: str) -> str:
        """Call a function about a record, and return what is sent of it."""
        base = re.sub(r"_\d+$", "", name)
        sent = self.upload() if base in WITH_UPLOAD else None
        given = [sent] if name in BATCHES else sent
        values = INPUTS[name if name in INPUTS else base](self, given, identifier)
        # Programs name themselves in a header, the page among its inputs.
        page = Page(self.server.url, self.headers if name in ENDPOINTS else {})
        text = page.told(number, *values, event={"id": identifier} if name == "show_3" else None)
        self.seen.append(text)
        if base == "read" or (name == "show_3" and identifier == self.record):
            self.secrets |= set(FOLDER.findall(text))
        return text


OPTIONS = ("balanced", None, True, "data_set", "", False)
INPUTS: dict[str, Callable[[Person, Any, str], list[Any]]] = {
    "inspect_image": lambda _, upload, __: [upload],
    "inspect_batch": lambda _, upload, __: [upload],
    "weigh_choice": lambda *_: ["", "data_set", ""],
    "weigh_typed": lambda *_: ["", "data_set", "0,5"],
    "weigh_sure": lambda *_: ["", "data_set", "", True],
    # Value of a page that has not loaded the choices yet.
    "show": lambda *_: [None, ""],
    "show_figures": lambda *_: [None, ""],
    "load_example": lambda *_: [0],
    "give": lambda who, _, identifier: [identifier, f"note of {who.name}", who.token, ""],
    "read": lambda who, upload, _: [upload, *OPTIONS, who.token],
    "first_page": lambda who, *_: [*ALL, who.token, ""],
    "page": lambda who, *_: ["", *ALL, who.token, ""],
    "show_3": lambda who, *_: [who.token, ""],
    "table": lambda who, *_: ["any", "any", who.token],
    "forget": lambda who, _, identifier: [identifier, who.token],
    "forget_all": lambda who, *_: [who.token],
    "show_4": lambda *_: [],
    "fill": lambda *_: [],
    "predict": lambda _, upload, __: [upload, None, None, None, True, True, "auto"],
    "predict_region": lambda _, upload, __: [upload, None, None, None, True, True],
    "predict_batch": lambda _, upload, __: [upload, None, None, None, True, True, "auto"],
    "model_info": lambda *_: [],
}
"""The inputs of each function, which begins so or is called so."""


def functions(server: RunningServer) -> dict[str, int]:
    """Return the numbers of all functions that the service runs, by their names."""
    config = httpx2.get(f"{server.url}/config").json()
    return {d["api_name"]: d["id"] for d in config["dependencies"] if d["backend_fn"]}


def succeeded(text: str) -> bool:
    return bool(json.loads(text.splitlines()[-1])["success"])


def test_neither_visitor_is_sent_anything_of_the_other(
    server: RunningServer, tmp_path: Path
) -> None:
    every = functions(server)
    bases = {re.sub(r"_\d+$", "", name) for name in every} | {"show_3", "show_4"}
    assert bases == set(INPUTS)
    people = [Person(server, tmp_path, name, seed) for name, seed in SEEDS.items()]

    def walk(who: Person) -> None:
        failed = {}
        for name in every.keys() - DELETING:
            said = who.call(every[name], name, who.record)
            # Agreement with a verdict names no other one.
            if not (succeeded(said) or (name.startswith("give") and "invalid_options" in said)):
                failed[name] = said[-300:]
        assert failed == {}

    def intrude(who: Person) -> None:
        [other] = [each for each in people if each is not who]
        for name, number in every.items():
            if name == "forget" or OF_A_RECORD.fullmatch(name):
                said = who.call(number, name, other.record)
                assert succeeded(said) if name == "forget" else "unknown_record" in said
                # The id, which was in the request.
                who.seen[-1] = said.replace(other.record, "")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(walk, people))
        list(pool.map(intrude, people))
    for who, other in (people, people[::-1]):
        # Three reads of the page, three of programs, and the first one.
        items = history(server, who.headers).items
        assert len(items) == 7
        for item in items:
            for marker in who.keep(item.model_dump(mode="json")):
                assert str(item.id) != who.record or any(marker in text for text in who.seen)
        url = f"{server.url}/history/{who.record}"
        reviews = httpx2.get(url, headers=who.headers).json()["reviews"]
        assert {review["note"] for review in reviews} == {f"note of {who.name}"}
        # One visitor's deletion does not affect the other.
        assert succeeded(who.call(every["forget_all"], "forget_all", who.record))
        assert history(server, who.headers).items == []
        assert not [text for text in other.seen if any(secret in text for secret in who.secrets)]
