"""The demo's words and drawings, without a server."""

from __future__ import annotations

import csv
import io
import re
import string
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest

from hf_space.bundle.calibration import OperatingPoint, Verdict
from hf_space.errors import InvalidOptionsError, error_codes
from hf_space.exports.predictions import batch_csv
from hf_space.messages.errors import error_words
from hf_space.messages.texts import TEXTS, Language, language_of, number, text, translations
from hf_space.schemas.batch import BatchItem
from hf_space.schemas.errors import ErrorBody, error_body
from hf_space.schemas.history import MAX_NOTE_LENGTH
from hf_space.schemas.prediction import (
    ImageWarningCode,
    PredictionResult,
    SaveWarningCode,
    WarningCode,
)
from hf_space.ui.backend import OWN_THRESHOLD, chosen_options
from hf_space.ui.components.result_html import MARKS, batch_table, verdict_card
from hf_space.ui.tabs.model import card_text

UI = Path(__file__).parents[2] / "hf_space/ui"


def fields(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_every_text_has_both_languages_with_the_same_fields(key: str) -> None:
    english, spanish = TEXTS[key]
    assert english.strip()
    assert spanish.strip()
    assert fields(english) == fields(spanish)


def test_what_is_not_kept_is_not_said_to_be_gone_at_once() -> None:
    for words, minutes in zip(TEXTS["keep_info"], ("ten minutes", "diez minutos"), strict=True):
        assert minutes in words


def test_both_languages_have_the_same_keys() -> None:
    words = translations()
    assert set(words) == set(get_args(Language))
    assert words["en"].keys() == words["es"].keys()


@pytest.mark.parametrize("language", get_args(Language))
def test_verdicts_and_warnings_have_words_and_verdicts_a_mark(language: Language) -> None:
    for verdict in get_args(Verdict):
        assert text(f"verdict.{verdict}", language)
        assert text(f"tile.{verdict}", language)
        assert verdict in MARKS
    assert len(set(MARKS.values())) == len(get_args(Verdict))
    for code in (*get_args(ImageWarningCode), *get_args(SaveWarningCode)):
        assert text(f"warning.{code}", language)


def test_every_error_code_has_words() -> None:
    codes = error_codes()
    assert {"internal_error", "unknown_operating_point", "invalid_image"} <= codes
    assert {key for key in TEXTS if key.startswith("error.")} == {f"error.{c}" for c in codes}


@pytest.mark.parametrize(
    ("value", "spec", "english", "spanish"),
    [
        (0.1234, ".3f", "0.123", "0,123"),
        (0.951, ".1%", "95.1%", "95,1\u00a0%"),
        (277_524, ",d", "277,524", "277\u202f524"),
        (-1.5, "+.2f", "-1.50", "-1,50"),
        (4.0, "g", "4", "4"),
    ],
)
def test_numbers_are_written_as_the_language_does(
    value: float, spec: str, english: str, spanish: str
) -> None:
    assert number(value, "en", spec) == english
    assert number(value, "es", spec) == spanish


def test_every_text_is_used_and_every_used_text_exists() -> None:
    code = "\n".join(p.read_text("utf-8") for p in UI.rglob("*.py") if "texts" not in p.stem)
    used = set(re.findall(r"""["']([a-z_]+)["']""", code))
    by_prefix = {key for key in TEXTS if "." in key}
    built = {"download_json", "download_csv", "download_heatmap", "input_image", "input_region"}
    assert set(TEXTS) - by_prefix - built <= used
    called = set(re.findall(r"""(?:text|i18n)\(["']([a-z_]+)["']""", code))
    assert called <= set(TEXTS)


class _Request:
    def __init__(self, accepted: str | None) -> None:
        self.headers = {} if accepted is None else {"accept-language": accepted}


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en-GB,en;q=0.9,es;q=0.8", "en"),
        ("fr,es;q=0.5", "en"),
        ("est", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_language_is_the_browsers_first(accepted: str | None, language: Language) -> None:
    assert language_of(_Request(accepted)) == language  # type: ignore[arg-type]


def failed(name: str) -> BatchItem:
    error = ErrorBody(code="unsupported_image", message="<b>no</b>", details={})
    return BatchItem(index=0, name=name, error=error)


def test_file_names_are_shown_as_text() -> None:
    drawn = batch_table([failed("<img src=x>.png")], "en")
    assert "<img" not in drawn
    assert "&lt;img" in drawn
    assert "<b>no" not in drawn


@pytest.mark.parametrize("name", ["=1+1.png", "+1", "-1", "@a", "\tx"])
def test_file_names_are_no_formulas(name: str) -> None:
    content = batch_csv([failed(name)]).decode("utf-8-sig")
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
    assert "Threshold: must be" in error_words(body, "en")
    assert "Umbral: debe ser" in error_words(body, "es")


def test_a_threshold_left_over_does_not_matter_to_a_named_point() -> None:
    assert chosen_options("balanced", "abc", None).threshold is None


@pytest.mark.parametrize(
    ("code", "details", "parts"),
    [
        ("payload_too_large", {"bytes": 30_500_000, "max_bytes": 20_000_000}, ("30,50", "20,00")),
        ("too_many_files", {"files": 501, "max_files": 500}, ("501", "500")),
        ("too_many_files", {"max_files": 500}, ("500",)),
        ("too_many_pixels", {"max_pixels": 1_000_000}, ("1\u202f000\u202f000",)),
        (
            "too_many_pixels",
            {"width": 5000, "height": 400, "max_pixels": 1_000_000},
            ("5\u202f000", "400 px", "1\u202f000\u202f000"),
        ),
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
    words = error_words(ErrorBody(code=code, message="English", details=details), "es")
    assert words.startswith(text(f"error.{code}", "es"))
    assert "English" not in words
    assert all(part in words for part in parts), words


def result_with(*codes: WarningCode, kind: str = "patch") -> PredictionResult:
    """A benign result with some warnings."""
    facts = {"sha256": "0" * 64, "width": 50, "height": 50, "microns_per_pixel": 4.0}
    times = dict.fromkeys(("decode", "queue", "inference", "render", "total"), 1.0)
    return PredictionResult.model_validate(
        {
            "id": UUID(int=0),
            "created_at": datetime.now(UTC),
            "kind": kind,
            "verdict": "benign",
            "probability": 0.1,
            "threshold": 0.4,
            "operating_point": "balanced",
            "predictions": [],
            "gradcam": {"rows": 1, "columns": 1, "grid": [[-1.0]]},
            "region": None,
            "image": facts | {"scale_source": "assumed"},
            "warnings": [{"code": code, "message": code} for code in codes],
            "model": {"name": "tiny", "revision": "r1"},
            "cached": False,
            "saved": False,
            "timing_ms": times,
        }
    )


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize(
    ("result", "reliable"),
    [
        (result_with(), True),
        (result_with("scale_assumed", "blurred"), True),
        (result_with("scale_assumed", kind="region"), False),
        (result_with("blank"), False),
        (result_with("not_h_and_e", "padded"), False),
    ],
)
def test_a_result_of_no_use_is_not_headed_by_its_verdict(
    result: PredictionResult, language: Language, *, reliable: bool
) -> None:
    card = verdict_card(result, OperatingPoint.without_band(0.4), language)
    assert ("bp-benign" in card) == reliable
    assert (text("unreliable", language) in card) != reliable
    places = [card.find(part) for part in ('"bp-verdict"', "bp-warnings", '"bp-scale"')]
    if result.warnings:
        assert places == sorted(places)
    table = batch_table([BatchItem(index=0, name="a.png", result=result)], language)
    assert (text("unreliable", language) in table) != reliable
    counts = {"benign": int(reliable), "unreliable": int(not reliable)}
    others = {"done": 1, "malignant": 0, "uncertain": 0, "failed": 0}
    assert text("batch_summary", language, **counts, **others) in table
