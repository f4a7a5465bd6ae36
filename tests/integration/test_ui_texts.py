"""The demo's texts and drawings, without a server."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from hf_space.bundle.calibration import Verdict
from hf_space.errors import InvalidOptionsError
from hf_space.exports.predictions import BATCH_TABLE
from hf_space.messages.catalogue import messages, text
from hf_space.messages.errors import error_message
from hf_space.messages.language import Language
from hf_space.schemas.batch import BatchItem
from hf_space.schemas.errors import ErrorBody, error_body
from hf_space.schemas.history import MAX_NOTE_LENGTH
from hf_space.ui.backend import OWN_THRESHOLD, chosen_options
from hf_space.ui.components.result_html import MARKS
from hf_space.ui.tabs.model import card_text
from hf_space.ui.visitor import language_of

PACKAGE = Path(__file__).parents[2] / "hf_space"


@pytest.mark.parametrize("language", get_args(Language))
def test_verdicts_have_texts_and_a_mark(language: Language) -> None:
    for verdict in get_args(Verdict):
        assert text(f"verdict.{verdict}", language)
        assert text(f"tile.{verdict}", language)
        assert verdict in MARKS
    assert len(set(MARKS.values())) == len(get_args(Verdict))


def test_every_text_is_used_and_every_used_text_exists() -> None:
    files = [path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".html"}]
    code = "\n".join(path.read_text("utf-8") for path in files)
    called = set(re.findall(r"""(?<!sa\.)\b(?:text|text_or|i18n|t)\(f?["']([\w.{}]+)["']""", code))
    # A key with a part that is chosen at run time, such as `plot.{name}`.
    built = [re.compile(re.sub(r"\{[\w.]+\}", r"\\w+", key) + "$") for key in called if "{" in key]
    quoted = set(re.findall(r"""["']([a-z_]+\.[a-z_]+)["']""", code))
    known = set(messages("en"))
    assert {key for key in called if "{" not in key} <= known
    assert {key for key in known - quoted if not any(rule.match(key) for rule in built)} == set()


class _Request:
    def __init__(self, accepted: str | None) -> None:
        self.headers = {} if accepted is None else {"accept-language": accepted}


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("es-MX,es;q=0.9,en;q=0.8", "es"), ("fr,es;q=0.5", "en"), (None, "en")],
)
def test_language_is_the_browsers_first(accepted: str | None, language: Language) -> None:
    assert language_of(_Request(accepted)) == language  # type: ignore[arg-type]


def failed(name: str) -> BatchItem:
    error = ErrorBody(code="unsupported_image", message="<b>no</b>", details={})
    return BatchItem(index=0, name=name, error=error)


@pytest.mark.parametrize("name", ["=1+1.png", "+1", "-1", "@a", "\tx"])
def test_file_names_are_no_formulas(name: str) -> None:
    content = b"".join(BATCH_TABLE.file([failed(name)])).decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(content, newline=""))
    assert row["name"] == f"'{name}"
    assert row["error"] == "unsupported_image"


def test_card_is_shown_without_front_matter_and_pictures(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text("---\na: 1\n---\n\n# Name\n\n![roc](evaluation/roc.png)\n\nText.\n", "utf-8")
    assert card_text(card) == "# Name\n\n\nText."
    assert card_text(tmp_path / "none.md") == ""


@pytest.mark.parametrize(("typed", "used"), [("0,5", 0.5), (" 0.25 ", 0.25), ("1", 1.0)])
def test_an_own_threshold_is_read_with_point_or_comma(typed: str, used: float) -> None:
    assert chosen_options(OWN_THRESHOLD, typed, None).threshold == used


@pytest.mark.parametrize("typed", ["abc", "", None, "1.1", "-0,1", "nan", "0,5,1"])
def test_what_is_no_threshold_is_refused_by_its_name(typed: str | None) -> None:
    with pytest.raises(InvalidOptionsError) as raised:
        chosen_options(OWN_THRESHOLD, typed, "4")
    body = error_body(raised.value)
    assert "Threshold: must be" in error_message(body.code, body.message, body.details, "en")
    assert "Umbral: debe ser" in error_message(body.code, body.message, body.details, "es")


def test_a_threshold_left_over_does_not_matter_to_a_named_point() -> None:
    assert chosen_options("balanced", "abc", None).threshold is None


@pytest.mark.parametrize(
    ("code", "details", "parts"),
    [
        ("payload_too_large", {"bytes": 30_500_000, "max_bytes": 20_000_000}, ("30,50", "20,00")),
        ("too_many_files", {"files": 501, "max_files": 500}, ("501", "500")),
        ("too_many_files", {"max_files": 500}, ("500",)),
        ("too_many_pixels", {"max_pixels": 1_000_000}, ("1.000.000",)),
        (
            "too_many_pixels",
            {"width": 5000, "height": 400, "max_pixels": 1_000_000},
            ("5000 × 400 px", "1.000.000"),
        ),
        ("unsupported_image", {"formats": ["TIFF", "PNG"]}, ("no lee este tipo de archivo",)),
        ("scale_out_of_range", {"microns_per_pixel": 40.5}, ("40,5",)),
        ("invalid_options", {"fields": [{"field": "microns_per_pixel", "message": ""}]}, ("Esc",)),
        (
            "invalid_options",
            {"fields": [{"field": "note", "message": ""}]},
            ("Nota", str(MAX_NOTE_LENGTH)),
        ),
        ("rate_limited", {"limit": 600, "retry_after_seconds": 7}, ("600", "7 s")),
    ],
)
def test_errors_tell_their_values_in_spanish(
    code: str, details: dict[str, Any], parts: tuple[str, ...]
) -> None:
    words = error_message(code, "English", details, "es")
    assert words.startswith(text(f"error.{code}", "es"))
    assert "English" not in words
    assert all(part in words for part in parts), words


@pytest.mark.parametrize(
    ("kind", "english", "spanish"),
    [
        ("HEIC", "HEIC is not supported; save", "HEIC no se admite; guárdelo como JPEG o PNG."),
        ("DICOM", "DICOM is not supported; export", "DICOM no se admite; exporte el campo"),
        ("A zip", "A zip is not supported; send", "Un zip no se admite aquí; envíe"),
        ("A camera's raw file", "A camera's raw file is", "Un archivo RAW de cámara no se admite"),
    ],
)
def test_a_refused_format_is_named(kind: str, english: str, spanish: str) -> None:
    details = {"format": kind}
    assert error_message("unsupported_image", "", details, "en").startswith(english)
    assert error_message("unsupported_image", "", details, "es").startswith(spanish)
