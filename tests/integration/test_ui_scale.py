"""The demo's question for the scale of an image before it is sent."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from hf_space.access.visitor import new_token
from hf_space.api.middleware.identify import VISITOR_HEADER
from hf_space.imaging.resolution import nominal_microns_per_pixel
from hf_space.messages.catalogue import text
from hf_space.messages.language import Language
from hf_space.settings import Settings
from hf_space.ui.components.scale_text import (
    batch_summary,
    field_summary,
    image_summary,
    scale_choices,
)
from hf_space.ui.image_scale import Header, StatedScale, packed_headers, read_header
from tests.bundle_factory import encode, plain_image, write_bundle
from tests.demo_page import HandlerError, Page, history, uploaded
from tests.server import RunningServer, running_server

LANGUAGES = get_args(Language)
LARGE = Header(width=3200, height=2300)
PATCH = Header(width=50, height=40)
STATED = Header(width=3200, height=2300, microns_per_pixel=0.5)
DRAWN = Header(width=170, height=120, microns_per_pixel=4.0, of_example=True)
EXAMPLE = Path(__file__).parents[2] / "hf_space/examples/drawn_region.png"


@pytest.mark.parametrize(
    ("magnification", "microns"), [(40, 0.25), (20, 0.5), (10, 1), (5, 2), (2.5, 4)]
)
def test_a_magnification_has_a_nominal_scale(magnification: float, microns: float) -> None:
    assert nominal_microns_per_pixel(magnification) == microns
    assert StatedScale(f"{magnification:g}", "").microns == microns


@pytest.mark.parametrize(
    ("header", "stated", "problem"),
    [
        (LARGE, StatedScale(None, ""), "needed"),
        (LARGE, StatedScale("file", ""), "needed"),
        (LARGE, StatedScale("20", ""), None),
        (LARGE, StatedScale("data_set", ""), None),
        (LARGE, StatedScale("typed", "0,5"), None),
        (LARGE, StatedScale("typed", ""), "needed"),
        (LARGE, StatedScale("typed", "-1"), "needed"),
        (LARGE, StatedScale("typed", "nan"), "needed"),
        (LARGE, StatedScale("80", "0.5"), "needed"),
        (LARGE, StatedScale(["20"], {}), "needed"),
        (LARGE, StatedScale("typed", "20"), "unconfirmed"),
        (LARGE, StatedScale("typed", "20", is_sure=True), None),
        (LARGE, StatedScale("typed", "20", is_sure="yes"), "unconfirmed"),
        (LARGE, StatedScale("typed", "0.06"), "unconfirmed"),
        (PATCH, StatedScale(None, ""), None),
        (PATCH, StatedScale("40", ""), "unconfirmed"),
        (STATED, StatedScale("file", ""), None),
        (STATED, StatedScale(None, ""), None),
        (STATED, StatedScale("typed", "0.05"), "unconfirmed"),
        (STATED, StatedScale("typed", "0.05", for_batch=True), None),
    ],
)
def test_what_must_be_stated_or_confirmed(
    header: Header, stated: StatedScale, problem: str | None
) -> None:
    assert stated.problem([header]) == problem


def test_the_largest_patch_needs_no_scale() -> None:
    assert not Header(width=64, height=64).needs_scale
    assert Header(width=65, height=50).needs_scale


@pytest.mark.parametrize(
    ("header", "stated", "option"),
    [
        (LARGE, StatedScale("20", ""), "0.5"),
        (LARGE, StatedScale("typed", " 0,25 "), "0.25"),
        (STATED, StatedScale("file", ""), None),
        (STATED, StatedScale("10", ""), "1"),
        (STATED, StatedScale("10", "", for_batch=True), None),
        (PATCH, StatedScale("2.5", "", for_batch=True), "4"),
        (DRAWN, StatedScale(None, ""), "4"),
        (DRAWN, StatedScale("20", ""), "0.5"),
        (DRAWN, StatedScale("20", "", for_batch=True), "4"),
        (None, StatedScale("10", "", for_batch=True), None),
    ],
)
def test_a_batch_has_one_scale_for_images_without_their_own(
    header: Header | None, stated: StatedScale, option: str | None
) -> None:
    assert stated.option(header) == option


def test_a_header_tells_the_files_scale() -> None:
    settings = Settings()
    tiff = encode(plain_image(1, 2, 3, width=90), "TIFF", resolution=20_000, resolution_unit="cm")
    assert read_header(tiff, settings, frozenset()).microns_per_pixel == pytest.approx(0.5)
    png = encode(plain_image(1, 2, 3, width=90, height=70))
    assert read_header(png, settings, frozenset()) == Header(width=90, height=70)


def labels_of(headers: list[Header], language: Language, *, with_file: bool) -> dict[str, str]:
    choices = scale_choices(headers, language, with_file=with_file)
    return {choice: label for label, choice in choices}


@pytest.mark.parametrize("language", LANGUAGES)
def test_choices_show_the_field_that_results(language: Language) -> None:
    labels = labels_of([LARGE], language, with_file=True)
    assert labels["2.5"].endswith(
        "(4 µm/px): " + ("12.8 × 9.2 mm" if language == "en" else "12,8 × 9,2 mm")
    )
    assert labels["40"].endswith("0.8 × 0.575 mm" if language == "en" else "0,8 × 0,575 mm")
    assert "file" not in labels
    assert labels["data_set"].startswith("4 µm/px")
    stated = labels_of([STATED], language, with_file=True)
    assert (
        text("scale.of_file", language, microns="0.5" if language == "en" else "0,5")
        in stated["file"]
    )
    # In a batch, of the images that need a scale.
    several = labels_of([LARGE, PATCH, STATED], language, with_file=False)
    of = text("scale.field_range", language, smallest="", largest="").split()
    assert all(word in several["2.5"].split() for word in of)
    alone = labels_of([LARGE, LARGE, STATED], language, with_file=False)
    assert alone["20"] == labels["20"]
    assert not any("mm" in label for label in labels_of([], language, with_file=True).values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_what_it_knows_and_asks_for_the_rest(language: Language) -> None:
    asked = image_summary(LARGE, language)
    assert "bp-asked" in asked
    assert text("scale.no_scale", language) in asked
    conflict = image_summary(LARGE.model_copy(update={"conflict": (0.25, 2)}), language)
    assert ("0.25; 2 µm/px" if language == "en" else "0,25; 2 µm/px") in conflict
    for known in (PATCH, STATED):
        assert "bp-asked" not in image_summary(known, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_batch_names_the_files_that_cannot_be_read(language: Language) -> None:
    few = batch_summary([LARGE, None, None], ["a.png", "b.heic", None], language)
    assert "b.heic, 3." in few
    many = batch_summary([None] * 5, [f"{n}.heic" for n in range(5)], language)
    named = text("scale.more", language, count=2, names="0.heic, 1.heic, 2.heic")
    assert named in many
    assert "3.heic" not in many


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("0.5", "1.6 × 1.15 mm"),
        ("20", "more than 60 mm"),
        ("0.06", "less than 0.15 mm"),
        ("x", "above 0"),
    ],
)
def test_a_field_is_shown_and_questioned(typed: str, part: str) -> None:
    drawn = field_summary([LARGE], StatedScale("typed", typed), "en")
    assert part in drawn
    assert ("bp-questioned" in drawn) == (typed != "0.5")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The service with the tiny network."""
    bundle = write_bundle(tmp_path_factory.mktemp("bundle") / "model")
    with running_server(BIOPSIA_MODEL_DIR=str(bundle)) as server:
        yield server


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """An image of more than a patch, whose file states no scale."""
    path = tmp_path / "large.png"
    path.write_bytes(encode(plain_image(230, 100, 190, width=900, height=700)))
    return path


def asked(choice: str | None, typed: str = "", *, sure: bool = False) -> tuple[object, ...]:
    """Return what the page sends beside an upload, but for the token."""
    return ("balanced", None, True, choice, typed, sure)


@pytest.mark.parametrize(
    ("handler", "inspect"), [("read", "inspect_image"), ("read_1", "inspect_image_1")]
)
def test_an_image_is_not_sent_before_its_scale_is_stated(
    server: RunningServer, large: Path, handler: str, inspect: str
) -> None:
    page, token = Page(server.url), new_token()
    upload = uploaded(server, large)
    summary, choice, typed, _, _, headers, run = page.call(inspect, upload)
    assert text("scale.no_scale", "en") in summary
    assert choice["value"] is None
    assert (typed["visible"], run["interactive"]) == (False, False)
    with pytest.raises(HandlerError, match=text("scale.needed", "en")):
        page.call(handler, upload, *asked(None, sure=True), token)
    with pytest.raises(HandlerError, match="invalid_options"):
        page.call(handler, upload, *asked("typed"), token)
    assert not history(server, {VISITOR_HEADER: token}).items
    weigh = {"read": "weigh_choice", "read_1": "weigh_choice_1"}[handler]
    _, field, sure, run = page.call(weigh, headers, "20", "")
    assert "0.45 × 0.35 mm" in field
    assert (sure["visible"], run["interactive"]) == (False, True)
    page.call(handler, upload, *asked("20"), token)
    [item] = history(server, {VISITOR_HEADER: token}).items
    assert (item.image.microns_per_pixel, item.image.scale_source) == (0.5, "request")
    assert item.verdict == "malignant"


def test_an_unlikely_field_is_confirmed_first(server: RunningServer, large: Path) -> None:
    page, token, upload = Page(server.url), new_token(), uploaded(server, large)
    headers = packed_headers([Header(width=900, height=700)])
    field, sure, run = page.call("weigh_typed", headers, "typed", "0.1")
    assert "bp-questioned" in field
    assert (sure["visible"], run["interactive"]) == (True, False)
    [run] = page.call("weigh_sure", headers, *asked("typed", "0.1", sure=True)[3:])
    assert run["interactive"]
    with pytest.raises(HandlerError, match="confirm"):
        page.call("read", upload, *asked("typed", "0.1"), token)
    page.call("read", upload, *asked("typed", "0.1", sure=True), token)
    [item] = history(server, {VISITOR_HEADER: token}).items
    assert (item.verdict, item.reasons) == ("not_assessable", ["field_too_small"])


def test_an_example_has_its_scale(server: RunningServer) -> None:
    page, token, upload = Page(server.url), new_token(), uploaded(server, EXAMPLE)
    summary, choice, *_, run = page.call("inspect_image_1", upload)
    assert text("scale.example_scale", "en", microns="4") in summary
    assert choice["value"] == "file"
    assert run["interactive"]
    page.call("read_1", upload, *asked("file"), token)
    [item] = history(server, {VISITOR_HEADER: token}).items
    assert (item.image.microns_per_pixel, item.image.scale_source) == (4.0, "request")
    assert item.verdict != "not_assessable"


def zipped(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_one_scale_serves_a_batch(server: RunningServer, tmp_path: Path) -> None:
    page, token = Page(server.url, {"Accept-Language": "en"}), new_token()
    large = plain_image(230, 100, 190, width=900, height=700)
    other = plain_image(90, 200, 190, width=900, height=700)
    path = zipped(
        tmp_path / "batch.zip",
        plain=encode(large),
        stated=encode(other, "TIFF", resolution=10_000, resolution_unit="cm"),
        bad=b"no image",
    )
    upload = [uploaded(server, path)]
    summary, choice, _, _, _, headers, run = page.call("inspect_batch", upload)
    for key in ("own", "asked", "unreadable"):
        assert text(f"scale.{key}", "en", count=1, names="bad") in summary
    assert (choice["value"], run["interactive"]) == (None, False)
    with pytest.raises(HandlerError, match=text("scale.needed", "en")):
        page.call("read_2", upload, *asked(None), token)
    *_, run = page.call("weigh_choice_2", headers, "20", "")
    assert run["interactive"]
    table, _ = page.call("read_2", upload, *asked("20"), token)
    assert table.index("plain") < table.index("stated") < table.index("bad")
    items = history(server, {VISITOR_HEADER: token}).items
    found = {(item.image.microns_per_pixel, item.image.scale_source) for item in items}
    assert found == {(0.5, "request"), (1.0, "metadata")}


@pytest.mark.parametrize("bad", [None, "", "{}", "[[1]]", 7, ["a"], "x" * 2000])
def test_headers_that_no_page_held_are_none(server: RunningServer, bad: Any) -> None:
    _, field, _, run = Page(server.url).call("weigh_choice", bad, "20", "")
    assert field == ""
    assert run["interactive"]


def test_a_file_that_is_no_image_is_named_at_once(server: RunningServer, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("no image")
    summary, *_ = Page(server.url).call("inspect_image", uploaded(server, notes))
    assert "unsupported_image" in summary
    assert Page(server.url).call("inspect_image", None)[0] == ""
    assert Page(server.url).call("inspect_batch", [])[0] == ""
