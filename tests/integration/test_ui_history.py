"""Whose history the demo writes and shows."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import httpx2
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from hf_space.access.visitor import new_token
from hf_space.api.middleware.identify import API_KEY_HEADER, COOKIE, VISITOR_HEADER
from hf_space.messages.catalogue import text
from hf_space.messages.language import Language
from hf_space.schemas.errors import ErrorReport
from hf_space.schemas.prediction import PredictionResult
from tests.bundle_factory import write_bundle
from tests.demo_page import (
    ALL,
    BENIGN,
    MALIGNANT,
    HandlerError,
    Page,
    history,
    image,
    save,
    uploaded,
)
from tests.server import RunningServer, running_server

KEY = "0123456789abcdef-key"
NO_OPTIONS = (None, None, True, None, "", False)
SCALE = ("data_set", "", False)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny network."""
    return write_bundle(tmp_path_factory.mktemp("bundle") / "model")


@pytest.fixture(scope="module")
def server(bundle: Path) -> Iterator[RunningServer]:
    """A service that knows one API key."""
    with running_server(BIOPSIA_MODEL_DIR=str(bundle), BIOPSIA_API_KEYS=f"clinic:{KEY}") as server:
        yield server


@pytest.fixture
def token() -> str:
    """A new visitor."""
    return new_token()


def ask(server: RunningServer, path: Path, headers: dict[str, str], **options: Any) -> Any:
    """Call `/predict` as a program does that sends these headers."""
    downloads = path.parent / "downloads"
    client = Client(server.url, verbose=False, headers=headers, download_files=str(downloads))
    try:
        return client.predict(handle_file(path), **options, api_name="/predict")
    finally:
        client.close()


@pytest.fixture
def patch(tmp_path: Path) -> Path:
    """An image file."""
    path = tmp_path / "patch.png"
    path.write_bytes(image(*MALIGNANT))
    return path


def test_programs_that_name_themselves_are_saved(
    server: RunningServer, patch: Path, token: str
) -> None:
    mine, others = {VISITOR_HEADER: token}, {VISITOR_HEADER: new_token()}
    for unknown in ({}, {"Cookie": f"{COOKIE}=no-token"}):
        assert ask(server, patch, unknown)["saved"] is False
    assert ask(server, patch, mine, save=False)["saved"] is False
    saved = PredictionResult.model_validate(ask(server, patch, mine))
    assert saved.saved
    # A cookie is enough, and asking for it is the same.
    cookie = {"Cookie": f"{COOKIE}={token}"}
    again = PredictionResult.model_validate(ask(server, patch, cookie, save=True))
    assert [item.id for item in history(server, mine).items] == [again.id, saved.id]
    assert not history(server, others).items


def test_an_api_key_names_an_owner(server: RunningServer, patch: Path) -> None:
    saved = PredictionResult.model_validate(ask(server, patch, {API_KEY_HEADER: KEY}))
    assert saved.saved
    found = history(server, {"Authorization": f"Bearer {KEY}"}).items
    assert saved.id in [item.id for item in found]


def test_a_batch_is_saved_one_by_one(server: RunningServer, patch: Path, token: str) -> None:
    headers = {VISITOR_HEADER: token}
    bad = patch.with_name("notes.txt")
    bad.write_text("no image")
    files = [handle_file(path) for path in (patch, bad, patch)]
    downloads = str(patch.parent / "downloads")
    client = Client(server.url, verbose=False, headers=headers, download_files=downloads)
    for keep, expected in ((False, 0), (True, 2), (None, 4)):
        items = client.predict(files, save=keep, api_name="/predict_batch")
        assert [bool(item["result"]) for item in items] == [True, False, True]
        assert len(history(server, headers).items) == expected
    client.close()


@pytest.mark.parametrize(("keep", "expected"), [(True, 1), (False, 0)])
@pytest.mark.parametrize("handler", ["read", "read_1", "read_2"])
def test_the_page_keeps_what_its_box_says(
    server: RunningServer, patch: Path, token: str, handler: str, *, keep: bool, expected: int
) -> None:
    upload: Any = uploaded(server, patch)
    page = Page(server.url)
    given = [upload] if handler == "read_2" else upload
    page.call(handler, given, "balanced", None, keep, *SCALE, token)
    assert len(history(server, {VISITOR_HEADER: token}).items) == expected


def test_a_key_comes_before_the_pages_token_and_a_cookie_does_not(
    server: RunningServer, token: str
) -> None:
    mine, other = save(server, token, *MALIGNANT), new_token()
    save(server, other, *BENIGN)
    by_cookie = Page(server.url, {"Cookie": f"{COOKIE}={other}"})
    assert str(mine.id) in by_cookie.call("first_page", *ALL, token, "")[0]
    # A private Space's page is requested with the Hub's token, which names no owner here.
    hub = {"Authorization": "Bearer hf_" + "a" * 34, "Cookie": f"{COOKIE}={other}"}
    assert str(mine.id) in Page(server.url, hub).call("first_page", *ALL, token, "")[0]
    by_key = Page(server.url, {API_KEY_HEADER: KEY})
    assert str(mine.id) not in by_key.call("first_page", *ALL, token, "")[0]


@pytest.mark.parametrize("bad", [None, "", "short", "é" * 43, 7, ["a"]])
def test_what_is_no_token_is_refused(server: RunningServer, bad: object) -> None:
    page = Page(server.url)
    with pytest.raises(HandlerError, match="invalid_credentials"):
        page.call("first_page", *ALL, bad, "")


@pytest.mark.parametrize("bad", [["verdict", "order"], {}, 7, "x" * 3000])
def test_choices_nobody_can_make_are_no_failure_of_the_service(
    server: RunningServer, token: str, bad: object
) -> None:
    page = Page(server.url)
    for values in ((bad, "any", "any"), ("newest", bad, "any")):
        with pytest.raises(HandlerError, match="invalid_options"):
            page.call("first_page", *values, "", token, "")
    page.call("first_page", "newest", "any", bad, bad, token, bad)


def test_a_batch_is_charged_by_its_images(bundle: Path, tmp_path: Path) -> None:
    archives = []
    for count in (5, 30):
        archives.append(tmp_path / f"{count}.zip")
        with zipfile.ZipFile(archives[-1], "w") as file:
            for index in range(count):
                file.writestr(f"{index}.png", image(*MALIGNANT))
    few, many = archives
    with running_server(
        BIOPSIA_MODEL_DIR=str(bundle), BIOPSIA_ADDRESS_IMAGES_PER_MINUTE="20"
    ) as server:
        client = Client(server.url, verbose=False, download_files=str(tmp_path / "downloads"))
        assert len(client.predict([handle_file(few)], api_name="/predict_batch")) == 5
        with pytest.raises(AppError, match="rate_limited"):
            client.predict([handle_file(many)], api_name="/predict_batch")
        client.close()
        page = Page(server.url)
        with pytest.raises(HandlerError, match="rate_limited"):
            page.call("read_2", [uploaded(server, many)], *NO_OPTIONS, new_token())


def test_a_refused_call_is_told_in_words(bundle: Path) -> None:
    with running_server(
        BIOPSIA_MODEL_DIR=str(bundle), BIOPSIA_ADDRESS_IMAGES_PER_MINUTE="2"
    ) as server:
        for _ in range(3):
            answer = httpx2.post(
                f"{server.url}/gradio_api/queue/join",
                json={"data": [], "fn_index": 0, "session_hash": "a"},
                headers={"Accept-Language": "es"},
            )
    assert answer.status_code == 429
    body = answer.json()
    assert body.pop("detail").startswith(text("error.rate_limited", "es"))
    assert ErrorReport.model_validate(body).error.code == "rate_limited"


def test_without_its_database_the_history_says_so(bundle: Path, patch: Path, token: str) -> None:
    with running_server(
        BIOPSIA_MODEL_DIR=str(bundle), BIOPSIA_DATABASE_URL="postgresql://a:b@127.0.0.1:9/c"
    ) as server:
        answer = ask(server, patch, {VISITOR_HEADER: token})
        assert answer["saved"] is False
        assert answer["warnings"][-1]["code"] == "save_delayed"
        page = Page(server.url, {"Accept-Language": "es"})
        with pytest.raises(HandlerError, match=text("error.history_unavailable", "es")):
            page.call("first_page", *ALL, token, "")


@pytest.mark.parametrize(("originals", "stored"), [("false", "thumbnail"), ("true", "original")])
def test_the_privacy_text_says_what_is_stored(bundle: Path, originals: str, stored: str) -> None:
    with running_server(
        BIOPSIA_MODEL_DIR=str(bundle),
        BIOPSIA_STORE_ORIGINALS=originals,
        BIOPSIA_RETENTION_DAYS="17",
    ) as server:
        config = json.dumps(httpx2.get(f"{server.url}/config").json(), ensure_ascii=False)
    assert "for 17 days" in config
    assert "se conservan 17 días" in config
    languages: tuple[Language, ...] = get_args(Language)
    assert all(text(f"page.stored_{stored}", language) in config for language in languages)
