"""What the handlers behind the history's page show, add and delete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from hf_space.access.visitor import new_token
from hf_space.api.middleware.identify import VISITOR_HEADER
from hf_space.messages.catalogue import text
from hf_space.schemas.history import MAX_NOTE_LENGTH
from hf_space.ui.components.review import review_values
from tests.bundle_factory import encode, plain_image, write_bundle
from tests.demo_page import (
    ALL,
    BENIGN,
    MALIGNANT,
    UNCERTAIN,
    HandlerError,
    Page,
    history,
    record,
    save,
    uploaded,
)
from tests.server import RunningServer, running_server
from tests.traces import found_in_files

SCALE = ("data_set", "", False)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The service with the tiny network."""
    bundle = write_bundle(tmp_path_factory.mktemp("bundle") / "model")
    with running_server(BIOPSIA_MODEL_DIR=str(bundle)) as server:
        yield server


@pytest.fixture
def token() -> str:
    """A new visitor."""
    return new_token()


def test_the_page_shows_each_visitor_their_own(server: RunningServer, token: str) -> None:
    page, other = Page(server.url), new_token()
    mine, theirs = save(server, token, *MALIGNANT), save(server, other, *BENIGN)
    rows = page.call("first_page", *ALL, token, "")[0]
    assert str(mine.id) in rows
    assert str(theirs.id) not in rows
    assert text("verdict.malignant", "en") in rows
    assert "data:image/webp;base64," in rows
    assert " UTC" in rows
    empty = page.call("first_page", *ALL, new_token(), "")
    assert text("history.empty", "en") in empty[0]


@pytest.mark.parametrize("zone", ["Europe/Madrid", "America/Lima"])
def test_times_are_the_visitors(server: RunningServer, token: str, zone: str) -> None:
    save(server, token, *MALIGNANT)
    rows = Page(server.url).call("first_page", *ALL, token, zone)[0]
    assert text("kind.patch", "en") in rows
    assert " UTC" not in rows


def test_rows_are_chosen_and_ordered(server: RunningServer, token: str) -> None:
    page = Page(server.url)
    certain = save(server, token, *MALIGNANT)
    doubtful = save(server, token, *UNCERTAIN)
    save(server, token, *BENIGN)
    page.call("give", str(certain.id), "", token, "")

    def rows(order: str, verdict: str, reviewed: str) -> str:
        shown = page.call("first_page", order, verdict, reviewed, "", token, "")[0]
        return str(shown)

    assert rows("newest", "malignant", "any").count("<li>") == 1
    assert rows("newest", "any", "yes").count("<li>") == 1
    assert rows("newest", "any", "no").count("<li>") == 2
    assert rows("uncertainty", "any", "any").split("<li>")[1].count(str(doubtful.id)) == 1
    assert text("history.no_match", "en") in rows("newest", "benign", "yes")


def test_the_list_comes_in_pages(server: RunningServer, token: str) -> None:
    page = Page(server.url)
    ids = {str(save(server, token, *MALIGNANT).id) for _ in range(13)}
    first, here, beyond, start, more = page.call("first_page", *ALL, token, "")
    assert first.count("<li>") == 12
    assert (here, start["visible"], more["visible"]) == ("", False, True)
    last, here, none, start, more = page.call("page", beyond, *ALL, token, "")
    assert (here, none, start["visible"], more["visible"]) == (beyond, "", True, False)
    assert all((identifier in first) != (identifier in last) for identifier in ids)
    page.call("forget", next(i for i in ids if i in last), token)
    # Nothing is left of the page that was shown.
    assert page.call("page", beyond, *ALL, token, "")[1] == ""


def test_a_record_is_shown_whole_and_to_its_owner_only(server: RunningServer, token: str) -> None:
    page = Page(server.url, {"Accept-Language": "es"})
    result = save(server, token, *UNCERTAIN)
    chosen = {"id": str(result.id)}
    box, card, _, overlay, _, facts, *review = page.call("show_3", token, "", event=chosen)
    assert box["visible"]
    assert text("verdict.uncertain", "es") in card
    assert overlay["value"]["url"].endswith("evidence.jpg")
    assert "tiny r1" in facts
    # Disagreement with an uncertain verdict names the right one.
    assert [part["visible"] for part in (review[0], review[2], review[3])] == [True, True, True]
    assert review[1] == str(result.id)
    for name in (new_token(), ""):
        with pytest.raises(HandlerError, match="unknown_record|invalid_credentials"):
            page.call("show_3", name, "", event=chosen)
    for what in ("", "../x", None, 7):
        with pytest.raises(HandlerError, match="unknown_record"):
            page.call("show_3", token, "", event={"id": what})


@pytest.mark.parametrize(
    ("handler", "colour", "opinion", "label"),
    [
        ("give", MALIGNANT, "agree", "idc"),
        ("give", UNCERTAIN, "agree", None),
        ("give_1", UNCERTAIN, "disagree", "idc"),
        ("give_1", BENIGN, "disagree", "idc"),
        ("give_2", MALIGNANT, "disagree", "no_idc"),
        ("give_3", BENIGN, "unsure", None),
    ],
)
def test_an_opinion_is_added(
    server: RunningServer,
    token: str,
    handler: str,
    colour: tuple[int, ...],
    opinion: str,
    label: str | None,
) -> None:
    result = save(server, token, *colour)
    note, drawn = Page(server.url).call(handler, str(result.id), " <b>seen</b> ", token, "")
    [review] = record(server, token, result).reviews
    assert (review.opinion, review.label, review.note) == (opinion, label, "<b>seen</b>")
    assert note == ""
    assert "&lt;b&gt;seen" in drawn


def test_opinions_are_refused_in_words(server: RunningServer, token: str) -> None:
    page, result = Page(server.url, {"Accept-Language": "es"}), save(server, token, *MALIGNANT)
    with pytest.raises(HandlerError, match="unknown_record"):
        page.call("give", str(result.id), "", new_token(), "")
    with pytest.raises(HandlerError, match="unknown_record"):
        page.call("give", "", "", token, "")
    with pytest.raises(HandlerError, match="invalid_options"):
        page.call("give_1", str(result.id), "", token, "")
    with pytest.raises(HandlerError, match=text("option.note", "es")):
        page.call("give", str(result.id), "x" * (MAX_NOTE_LENGTH + 1), token, "")
    assert not record(server, token, result).reviews


def test_deletions_reach_nobody_else(server: RunningServer, token: str) -> None:
    page, other = Page(server.url), new_token()
    mine, theirs = save(server, token, *MALIGNANT), save(server, other, *MALIGNANT)
    kept = save(server, token, *BENIGN)
    page.call("forget", str(theirs.id), token)
    page.call("forget", str(mine.id), token)
    # A record that is already gone counts as deleted.
    page.call("forget", str(mine.id), token)
    assert [item.id for item in history(server, {VISITOR_HEADER: token}).items] == [kept.id]
    assert text("history.empty", "en") in page.call("forget_all", token)[0]
    assert not history(server, {VISITOR_HEADER: token}).items
    assert [item.id for item in history(server, {VISITOR_HEADER: other}).items] == [theirs.id]


def test_the_table_is_the_one_of_the_api(server: RunningServer, token: str) -> None:
    for colour in (MALIGNANT, BENIGN):
        save(server, token, *colour)
    [text_of_table] = Page(server.url).call("table", "malignant", "any", token)
    table = text_of_table.encode()
    expected = httpx2.get(
        f"{server.url}/history/export.csv?verdict=malignant", headers={VISITOR_HEADER: token}
    )
    assert table == expected.content
    assert len(table.splitlines()) == 2


def test_the_table_leaves_nothing_of_deleted_records(server: RunningServer, token: str) -> None:
    page, note = Page(server.url), f"note {token}"
    result = save(server, token, *MALIGNANT)
    page.call("give", str(result.id), note, token, "")
    [table] = page.call("table", "any", "any", token)
    assert note in table
    page.call("forget_all", token)
    assert found_in_files(server.folder, {"note": note.encode()}) == set()


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_what_the_page_shows_goes_with_its_record(
    server: RunningServer, token: str, tmp_path: Path
) -> None:
    page, other, headers = Page(server.url), new_token(), {VISITOR_HEADER: token}

    def read(handler: str, owner: str, colour: tuple[int, ...], *, keep: bool = True) -> Path:
        path = tmp_path / "a.png"
        path.write_bytes(encode(plain_image(*colour, width=170)))
        upload = uploaded(server, path)
        given = [upload] if handler == "read_2" else upload
        page.call(handler, given, "balanced", None, keep, *SCALE, owner)
        return Path(upload["path"])

    folder = read("read_1", other, BENIGN).parents[1]
    theirs = files_below(folder)
    read("read_1", token, MALIGNANT)
    [first] = history(server, headers).items
    page.call("show_3", token, "", event={"id": str(first.id)})
    of_first = files_below(folder) - theirs
    for handler, keep in (("read", True), ("read_2", True), ("read", False)):
        read(handler, token, UNCERTAIN, keep=keep)
    assert {path.name for path in of_first} > {"upload.png", "heatmap.jpg", "evidence.jpg"}
    page.call("forget", str(first.id), token)
    left = files_below(folder)
    assert not left & of_first
    assert {path.name for path in left - theirs} > {"upload.png", "biopsia_batch.csv"}
    # Through every interface, including results that were not saved.
    assert httpx2.delete(f"{server.url}/history/", headers=headers).json() == {"deleted": 2}
    assert files_below(folder) == theirs


def test_what_was_not_saved_is_not_judged(server: RunningServer, token: str) -> None:
    saved = save(server, token, *MALIGNANT)
    box, identifier, *_ = review_values(saved.model_copy(update={"saved": False}))
    assert not isinstance(box, str)
    assert (box.visible, identifier) == (False, "")
