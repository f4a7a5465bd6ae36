"""Visitors who work side by side see nothing of each other, on any path of the API."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from hf_space.access.visitor import new_token
from hf_space.api.app import create_api
from hf_space.api.middleware.identify import VISITOR_HEADER
from hf_space.settings import Settings
from tests.server import RunningServer, running_server
from tests.stores import Store, Visitor, patch

PUBLIC = {
    *(("GET", path) for path in ("/health/", "/health/live", "/metrics", "/model/")),
    ("GET", "/model/evaluation/{name}"),
    ("GET", "/example/"),
}
"""Operations that answer everybody alike."""

SLIDE = {
    **{"slide_width": "800", "slide_height": "800", "fingerprint": "ab" * 32},
    **{"slide_microns_across": "0.25", "slide_microns_down": "0.25"},
}

OF_ALL: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/predict/"): {},
    ("POST", "/predict/batch/"): {},
    ("POST", "/predict/slide/"): {"data": SLIDE},
    ("GET", "/history/"): {"params": {"limit": 200}},
    ("GET", "/history/export.csv"): {},
    ("GET", "/history/export.json"): {},
    ("GET", "/history/export.zip"): {},
    ("GET", "/history/folders"): {},
    ("GET", "/stats/"): {},
}
"""Operations on whatever a visitor has, and what is sent with them."""

OF_ONE: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "/history/{id}"): {},
    ("GET", "/history/{id}/export.{suffix}"): {},
    ("GET", "/history/{id}/thumbnail"): {},
    ("GET", "/history/{id}/original"): {},
    ("POST", "/history/{id}/reviews"): {"json": {"opinion": "unsure", "note": "intruder"}},
    ("PUT", "/history/{id}/filing"): {"json": {"case_label": "intruder", "folder": "intruder"}},
    ("DELETE", "/history/{id}"): {},
}
"""Operations on one record."""

TICKETS = ("POST", "/tickets/")
DELETE_ALL = ("DELETE", "/history/")
EXPORT = ("POST", "/export.{suffix}")
REPLACE_TOKEN = ("POST", "/visitor/token")
SIGN_OUT = ("DELETE", "/visitor/token")
PREVIEW = ("POST", "/preview/")
KEY = "k" * 32


def operations() -> set[tuple[str, str]]:
    paths = create_api(Settings()).openapi()["paths"]
    return {(method.upper(), path) for path, item in paths.items() for method in item}


def test_every_operation_is_public_or_walked() -> None:
    others = {TICKETS, DELETE_ALL, EXPORT, REPLACE_TOKEN, SIGN_OUT, PREVIEW}
    assert operations() == PUBLIC | set(OF_ALL) | set(OF_ONE) | others


def texts_in(response: httpx2.Response) -> list[str]:
    """Return a response as text; of a zip also the names and the files in it."""
    texts = [response.text]
    if response.headers.get("Content-Type") == "application/zip":
        archive = zipfile.ZipFile(io.BytesIO(response.content))
        texts += archive.namelist()
        texts += [archive.read(name).decode("latin-1") for name in archive.namelist()]
    return texts


@dataclass
class Person:
    """A visitor with secrets.

    Attributes:
        first: Number of the first image that nobody else sends.
        ids: Records, also those that are deleted later.
        secrets: Data that no answer to another visitor may contain.
        seen: Answers, as text.
    """

    visitor: Visitor
    first: int
    ids: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)

    def image(self) -> bytes:
        return patch(self.first + len(self.ids))

    def keep(self, result: dict[str, Any]) -> str:
        """Remember a record, note something about it, and file it."""
        identifier: str = result["id"]
        note, case, folder = (
            f"{word} {len(self.ids)} of {self.first}" for word in ("note", "case", "folder")
        )
        assert self.visitor.review(identifier, opinion="unsure", note=note).status_code == 201
        filed = self.visitor.file(identifier, case_label=case, folder=folder)
        assert filed.status_code == 200
        self.ids.append(identifier)
        self.secrets |= {identifier, result["image"]["sha256"], note, self.visitor.token}
        self.secrets |= {case, folder}
        return identifier

    def answer(self, operation: tuple[str, str], **content: Any) -> httpx2.Response:
        method, path = operation
        response = self.visitor.ask(method, path, **content)
        self.seen += texts_in(response)
        return response

    def walk(self) -> None:
        """Take every operation on one's own records."""
        for operation, content in OF_ALL.items():
            image = {}
            if operation[0] == "POST":
                name = "files" if operation[1] == "/predict/batch/" else "file"
                image = {"files": {name: ("a.png", self.image())}}
            response = self.answer(operation, **content, **image)
            assert response.status_code == 200
            if operation == ("POST", "/predict/"):
                self.keep(response.json())
                method, path = EXPORT
                exported = self.answer((method, path.format(suffix="json")), json=response.json())
                assert exported.status_code == 200
            elif operation[0] == "POST":
                result = response.json()
                self.keep(result.get("result", result))
        self.predict_by_ticket()
        self.look_before()
        assert self.visitor.ids(limit=200) == self.ids[::-1]
        assert self.visitor.read("/stats/")["total"] == len(self.ids)
        for method, path in PUBLIC:
            assert self.answer((method, path.format(name="roc"))).status_code == 200

    def predict_by_ticket(self) -> None:
        """Have an image answered without the token."""
        ticket = self.answer(TICKETS).json()["ticket"]
        self.secrets.add(ticket)
        headers = {"Authorization": f"Bearer {ticket}"}
        files = {"file": ("a.png", self.image())}
        response = self.visitor.client.post("/predict/", headers=headers, files=files)
        self.seen.append(response.text)
        self.keep(response.json())

    def look_before(self) -> None:
        """See an image that is not scored; it becomes no record."""
        response = self.visitor.ask(*PREVIEW, files={"file": ("a.png", self.image())})
        assert (response.status_code, response.headers["content-type"]) == (200, "image/webp")

    def intrude(self, other: Person) -> None:
        """Take every operation on another's records."""
        for identifier in list(other.ids):
            for (method, path), content in OF_ONE.items():
                response = self.answer(
                    (method, path.format(id=identifier, suffix="json")), **content
                )
                error = response.json()["error"]
                assert (response.status_code, error["code"]) == (404, "unknown_record")
                # The id, which was in the request.
                self.seen[-1] = response.text.replace(identifier, "")


def assert_kept_apart(one: Person, other: Person) -> None:
    for text in one.seen:
        assert not [secret for secret in other.secrets if secret in text]


def test_two_visitors_at_once_never_see_each_others_records(store: Store) -> None:
    with running_server(**store.environment(store_originals=True)) as server:
        clients = [httpx2.Client(base_url=server.url, timeout=60) for _ in range(2)]
        people = [Person(Visitor(client), 1000 * n) for n, client in enumerate(clients)]

        def work(place: int) -> None:
            for _ in range(4):
                people[place].walk()
                people[place].intrude(people[1 - place])

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, range(2)))
        first, second = people
        assert_kept_apart(first, second)
        assert_kept_apart(second, first)
        # One visitor's deletion does not affect the other.
        deleted = first.answer(DELETE_ALL)
        assert deleted.json() == {"deleted": len(first.ids)}
        assert second.visitor.ids(limit=200) == second.ids[::-1]
        assert second.visitor.read("/stats/")["total"] == len(second.ids)
        for identifier in second.ids:
            record = second.visitor.read(f"/history/{identifier}")
            assert [review["note"].split(" of ")[1] for review in record["reviews"]] == ["1000"]
            assert record["case_label"].split(" of ")[1] == "1000"
            assert record["folder"].split(" of ")[1] == "1000"
            for picture in ("thumbnail", "original"):
                assert second.visitor.get(f"/history/{identifier}/{picture}").status_code == 200
        # The new token has the same records, and no others.
        assert first.answer(SIGN_OUT).status_code == 204
        token = second.answer(REPLACE_TOKEN).headers[VISITOR_HEADER]
        assert Visitor(clients[1], token).ids(limit=200) == second.ids[::-1]
        assert second.visitor.ids() == first.visitor.ids() == []
        for client in clients:
            client.close()


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A service that requires an API key."""
    store = Store(tmp_path_factory.mktemp("locked"))
    environment = store.environment(api_keys=f"ward:{KEY}", require_api_key=True)
    with running_server(**environment) as server:
        yield server


PAGES = [
    ("GET", path)
    for path in ("/", "/docs", "/openapi.json", "/metrics", "/gradio_api/info", "/nowhere")
]
JOIN = ("POST", "/gradio_api/queue/join")


@pytest.mark.parametrize(("method", "path"), sorted({*operations(), *PAGES, JOIN}))
def test_without_a_key_nothing_but_health_is_answered(
    locked: RunningServer, method: str, path: str
) -> None:
    known = {"id": "019ca946-0018-7000-84ff-101051e01cc0", "name": "roc", "suffix": "json"}
    url = locked.url + path.format(**known)
    for address in (url, url.rstrip("/"), f"{url}?x=1"):
        response = httpx2.request(method, address)
        if path.startswith("/health/"):
            assert response.status_code == 200
            continue
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "api_key_required"
        assert "Basic" in response.headers["www-authenticate"]
        assert "x-biopsia-visitor" not in response.headers
    # A visitor's token does not help.
    response = httpx2.request(method, url, headers={"Authorization": f"Bearer {new_token()}"})
    assert response.status_code == (200 if path.startswith("/health/") else 401)


@pytest.mark.parametrize(("method", "path"), sorted(PAGES))
def test_with_a_key_everything_is(locked: RunningServer, method: str, path: str) -> None:
    response = httpx2.request(method, locked.url + path, auth=("", KEY))
    assert response.status_code == (404 if path == "/nowhere" else 200)
