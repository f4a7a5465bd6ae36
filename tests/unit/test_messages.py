"""The catalogue has the same texts in both languages, with their plurals, numbers and dates."""

from __future__ import annotations

import json
import re
import string
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from hf_space.errors import BiopsiaError, BusyError, HistoryUnavailableError, error_codes
from hf_space.messages.catalogue import (
    Message,
    messages,
    text,
    text_or,
    translations,
    warning_message,
)
from hf_space.messages.errors import error_message
from hf_space.messages.formats import (
    date_time,
    day,
    duration,
    field_size,
    number,
    percent,
    probability,
)
from hf_space.messages.language import LANGUAGES, LOCALES, Language, accepted_language
from hf_space.schemas.prediction import ImageWarningCode, SaveWarningCode

ROOT = Path(__file__).parents[2]
NEW_YEAR = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
WARNING_CODES = {*get_args(ImageWarningCode), *get_args(SaveWarningCode)}


def forms(message: Message) -> list[str]:
    return [message] if isinstance(message, str) else list(message.values())


def fields(message: Message) -> set[str]:
    found = [string.Formatter().parse(form) for form in forms(message)]
    return {name for parts in found for _, name, _, _ in parts if name}


def codes(prefix: str) -> set[str]:
    return {key.removeprefix(prefix) for key in messages("en") if key.startswith(prefix)}


def test_messages_imports_nothing_of_the_service() -> None:
    for path in (ROOT / "hf_space/messages").glob("*.py"):
        imported = re.findall(r"(?:from|import) (hf_space[\w.]*)", path.read_text("utf-8"))
        assert all(name.startswith("hf_space.messages") for name in imported), path.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_have_the_same_texts(language: Language) -> None:
    assert list(messages(language)) == list(messages("en"))
    for key, message in messages(language).items():
        assert all(form.strip() for form in forms(message)), key
        assert fields(message) == fields(messages("en")[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_the_language(language: Language) -> None:
    categories = LOCALES[language].plural_form.tags | {"other"}
    for key, message in messages(language).items():
        if isinstance(message, dict):
            assert {"one", "other"} <= message.keys() <= categories, key
            # All forms except the singular contain the number.
            assert all(fields(form) == fields(message) for form in forms(message)), key


@pytest.mark.parametrize(
    ("language", "count", "written"),
    [
        ("en", 0, "0 files"),
        ("en", 1, "1 file"),
        ("en", 2000, "2,000 files"),
        ("es", 0, "0 archivos"),
        ("es", 1, "1 archivo"),
        ("es", 2, "2 archivos"),
    ],
)
def test_a_count_chooses_the_form(language: Language, count: int, written: str) -> None:
    assert text("count.files", language, count=count) == written


def test_spanish_says_de_after_whole_millions() -> None:
    for limit, pixels in ((20_000_000, "20.000.000 de píxeles"), (4_194_304, "4.194.304 píxeles")):
        message = error_message("too_many_pixels", "", {"max_pixels": limit}, "es")
        assert message.endswith(f"El límite es de {pixels}.")


def test_a_text_with_plural_forms_needs_a_count() -> None:
    with pytest.raises(KeyError, match="depends on a count"):
        text("count.files", "en")


def test_unknown_keys_have_no_text() -> None:
    with pytest.raises(KeyError):
        text("plot.none", "en")
    assert text_or("plot.none", "en", "none") == "none"


def test_the_page_gets_every_text_without_plural_forms() -> None:
    texts = translations()
    assert set(texts) == set(LANGUAGES)
    for language in LANGUAGES:
        simple = {key for key, found in messages(language).items() if isinstance(found, str)}
        assert texts[language].keys() == simple


def test_every_error_code_has_a_text() -> None:
    assert codes("error.") == error_codes()


@pytest.mark.parametrize("error", [BiopsiaError("x"), BusyError("x"), HistoryUnavailableError("x")])
def test_a_withheld_message_is_the_catalogues(error: BiopsiaError) -> None:
    assert error.client_message == text(f"error.{error.code}", "en")


def test_every_warning_code_has_a_text_here_and_on_the_site() -> None:
    assert codes("warning.") == codes("warning_name.") == WARNING_CODES
    for language in LANGUAGES:
        path = ROOT / f"frontend/messages/{language}/common.json"
        site: dict[str, Any] = json.loads(path.read_text("utf-8"))["warning"]
        assert site.keys() == WARNING_CODES
        for code in get_args(SaveWarningCode):
            assert site[code]["text"] == warning_message(code, language)


def test_a_result_that_is_not_stored_is_said_to_be_deleted_in_ten_minutes() -> None:
    assert "about ten minutes" in text("options.save_info", "en")
    assert "unos diez minutos" in text("options.save_info", "es")


@pytest.mark.parametrize(
    ("value", "options", "english", "spanish"),
    [
        (0.1234, {"decimals": 3}, "0.123", "0,123"),
        (277_524, {}, "277,524", "277.524"),
        # Spanish groups from five digits on.
        (5000, {}, "5,000", "5000"),
        (-1.5, {"decimals": 2, "signed": True}, "-1.50", "-1,50"),
        (1.5, {"decimals": 2, "signed": True}, "+1.50", "+1,50"),
        (4.0, {}, "4", "4"),
        (0.2527, {}, "0.2527", "0,2527"),
    ],
)
def test_numbers_are_written_as_the_language_does(
    value: float, options: dict[str, Any], english: str, spanish: str
) -> None:
    assert number(value, "en", **options) == english
    assert number(value, "es", **options) == spanish


@pytest.mark.parametrize(
    ("seconds", "english", "spanish"),
    [
        (0, "0 ms", "0 ms"),
        (0.0324, "32 ms", "32 ms"),
        (0.9994, "999 ms", "999 ms"),
        (0.9996, "1 s", "1 s"),
        (1.25, "1.2 s", "1,2 s"),
        (9.96, "10 s", "10 s"),
        (32.215, "32 s", "32 s"),
        (59.4, "59 s", "59 s"),
        (59.96, "1 min", "1 min"),
        (95, "1 min 35 s", "1 min 35 s"),
        (3600, "60 min", "60 min"),
        (72_000, "1,200 min", "1200 min"),
    ],
)
def test_durations_have_the_unit_that_fits(seconds: float, english: str, spanish: str) -> None:
    assert duration(seconds, "en") == english
    assert duration(seconds, "es") == spanish


def test_a_wait_has_a_unit_that_fits() -> None:
    details = {"limit": 5, "retry_after_seconds": 95}
    assert error_message("rate_limited", "", details, "es").endswith("en 1 min 35 s.")


@pytest.mark.parametrize(
    ("width", "height", "english", "spanish"),
    [
        (12_800, 9_200, "12.8 × 9.2 mm", "12,8 × 9,2 mm"),
        (1_240, 930, "1.24 × 0.93 mm", "1,24 × 0,93 mm"),
        (500, 400, "0.5 × 0.4 mm", "0,5 × 0,4 mm"),
        (225, 225, "0.225 × 0.225 mm", "0,225 × 0,225 mm"),
        (90, 60, "90 × 60 µm", "90 × 60 µm"),
        (0.4, 0.3, "0.4 × 0.3 µm", "0,4 × 0,3 µm"),
    ],
)
def test_fields_have_the_unit_that_fits(
    width: float, height: float, english: str, spanish: str
) -> None:
    assert field_size(width, height, "en") == english
    assert field_size(width, height, "es") == spanish


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [
        (0.0, "< 0.001", "< 0,001"),
        (0.0004, "< 0.001", "< 0,001"),
        (0.0006, "0.001", "0,001"),
        (0.4213, "0.421", "0,421"),
        (0.9994, "0.999", "0,999"),
        (0.9996, "> 0.999", "> 0,999"),
        (1.0, "> 0.999", "> 0,999"),
    ],
)
def test_no_probability_is_written_as_0_or_1(value: float, english: str, spanish: str) -> None:
    assert probability(value, "en") == english
    assert probability(value, "es") == spanish


# The model tells IDC from all else: no text may call tissue benign, normal or free of cancer.
FORBIDDEN = {
    "en": r"benign|malignan|\bhealthy\b|\bnormal\b|\bno (sign|carcinoma|cancer|tumou?r)|"
    r"(cancer|tumou?r|carcinoma)-free",
    "es": r"benign|malign|\bsan[oa]s?\b|\bnormal(es)?\b|\bsin (signos|carcinoma|cáncer|tumor)|"
    r"\blibres? de\b",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_says_more_than_the_model_knows(language: Language) -> None:
    wrong = [
        form
        for message in messages(language).values()
        for form in forms(message)
        if re.search(FORBIDDEN[language], re.sub(r"{\w+}", "", form), re.IGNORECASE)
    ]
    assert wrong == []


def test_templates_have_no_words_of_their_own() -> None:
    for path in (ROOT / "hf_space/ui/templates").glob("*.html"):
        markup = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text("utf-8"), flags=re.DOTALL
        )
        attributes = re.findall(r'(?:alt|title|aria-label)="([^"]*)"', markup)
        shown = re.sub(r"<[^>]*>", " ", markup) + " ".join(attributes)
        assert re.findall(r"[^\W\d_]+", shown) == [], path.name


def test_percentages_are_written_as_the_language_does() -> None:
    assert (percent(0.951, "en"), percent(1, "en")) == ("95.1%", "100.0%")
    # A space that no line is broken at.
    assert percent(0.951, "es") == "95,1\u00a0%"


@pytest.mark.parametrize(
    ("zone", "language", "written"),
    [
        ("", "en", "1 Jan 2026, 00:30 UTC"),
        (None, "es", "1 ene 2026, 0:30 UTC"),
        ("Europe/Madrid", "es", "1 ene 2026, 1:30"),
        ("America/Lima", "en", "31 Dec 2025, 19:30"),
        ("../../etc/passwd", "en", "1 Jan 2026, 00:30 UTC"),
        ("No/Where", "en", "1 Jan 2026, 00:30 UTC"),
        ("\0", "en", "1 Jan 2026, 00:30 UTC"),
    ],
)
def test_times_are_written_for_the_visitor(
    zone: str | None, language: Language, written: str
) -> None:
    assert date_time(NEW_YEAR, zone, language) == written


def test_days_are_written_as_the_language_does() -> None:
    assert (day("2026-11-24", "en"), day("2026-11-24", "es")) == ("24 Nov 2026", "24 nov 2026")
    assert day("unknown", "es") == "unknown"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en-GB,en;q=0.9,es;q=0.8", "en"),
        ("fr,es;q=0.5", "en"),
        ("est", "en"),
        ("", "en"),
    ],
)
def test_language_is_the_browsers_first(header: str, language: Language) -> None:
    assert accepted_language(header) == language
