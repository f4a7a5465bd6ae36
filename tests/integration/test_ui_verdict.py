"""How the demo shows a verdict, a missing verdict, and warnings."""

from __future__ import annotations

from html import unescape
from typing import get_args

import pytest

from hf_space.messages.catalogue import text
from hf_space.messages.language import Language
from hf_space.schemas.batch import BatchItem
from hf_space.schemas.errors import ErrorBody
from hf_space.schemas.history import HistoryItem
from hf_space.schemas.prediction import Severity
from hf_space.ui.components.batch_html import batch_table
from hf_space.ui.components.form import drawing
from hf_space.ui.components.history_html import history_list
from hf_space.ui.components.result_html import (
    SEVERITY_MARKS,
    region_figures,
    tile_table,
    verdict_card,
)
from hf_space.ui.components.review import review_values
from hf_space.ui.gradio_app.shown_files import Offers, ShownFiles
from tests.demo_page import result_with

OFFERS = Offers(ShownFiles(), None)
LANGUAGES = get_args(Language)
UNKNOWN = result_with("scale_assumed", "padded", "scale_unknown", region=True)


def places(drawn: str, *parts: str) -> list[int]:
    found = [unescape(drawn).find(part) for part in parts]
    assert -1 not in found
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_reasons_come_first_and_figures_below_are_no_verdict(language: Language) -> None:
    card = verdict_card(UNKNOWN, language)
    order = places(
        card,
        text("verdict.not_assessable", language),
        text("severity.withholds", language),
        text("warning.scale_unknown", language),
        text("severity.caution", language),
        text("severity.note", language),
        text("result.computed", language, microns="4"),
        text("result.region_probability", language),
    )
    assert order == sorted(order)
    assert "bp-not_assessable" in card
    # The rule was not applied, so it is not drawn either.
    assert "bp-threshold" not in card
    assert "bp-band" not in card


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verdict_is_drawn_with_its_rule(language: Language) -> None:
    card = verdict_card(result_with("blurred"), language)
    assert "bp-benign" in card
    assert "bp-threshold" in card
    assert text("result.computed", language, microns="4") not in card
    assert places(card, text("verdict.benign", language), text("severity.caution", language))
    assert "bp-warnings" not in verdict_card(result_with(), language)


def test_each_severity_has_a_name_a_mark_and_a_class() -> None:
    assert list(SEVERITY_MARKS) == ["withholds", "caution", "note"]
    assert set(SEVERITY_MARKS) == set(get_args(Severity))
    card = verdict_card(UNKNOWN, "en")
    for severity, mark in SEVERITY_MARKS.items():
        assert f'aria-hidden="true">{mark}</span>' in card
        assert f'class="bp-warnings bp-{severity}"' in card


def test_the_rule_is_the_results_own() -> None:
    rule = result_with().rule
    assert (rule.threshold, rule.band) == (0.4, (0.3, 0.5))
    assert result_with(uncertain_band=None).rule.band is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_tiles_and_figures_of_no_verdict_suggest_nothing(language: Language) -> None:
    tiles = tile_table(UNKNOWN, language)
    assert tiles.count(text("tile.not_assessable", language)) == 2
    assert text("tile.malignant", language) not in tiles
    figures = region_figures(UNKNOWN, language)
    assert text("result.computed", language, microns="4") in figures
    assert text("region.no_area", language) in figures
    assert "mm²" not in figures
    picture = drawing("heatmap", UNKNOWN, None, language, OFFERS)
    mark = text("result.no_verdict", language)
    for said, key in (
        (picture.label, "picture.heatmap"),
        (picture.alt_text, "picture.heatmap_alt"),
    ):
        assert str(said).lower().startswith(mark)
        assert str(said).endswith(text(key, language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_tiles_and_figures_of_a_verdict(language: Language) -> None:
    result = result_with(region=True)
    tiles = tile_table(result, language)
    assert tiles.index(text("tile.malignant", language)) < tiles.index(
        "0.1" if language == "en" else "0,1"
    )
    figures = region_figures(result, language)
    assert "mm²" in figures
    assert text("region.no_area", language) not in figures
    assert drawing("overlay", result, None, language, OFFERS).label == text(
        "picture.overlay", language
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_history_says_why_there_is_no_verdict(language: Language) -> None:
    item = HistoryItem(
        id=UNKNOWN.id,
        created_at=UNKNOWN.created_at,
        kind="region",
        verdict=UNKNOWN.verdict,
        reasons=UNKNOWN.reasons,
        probability=0.1,
        threshold=0.4,
        operating_point="balanced",
        uncertain_band=None,
        image=UNKNOWN.image,
        warnings=[],
        model=UNKNOWN.model,
        malignant_area_mm2=None,
        has_original=False,
        case_label=None,
        folder=None,
        review=None,
    )
    drawn = history_list([item], {}, chosen=None, verdicts={}, zone="UTC", language=language)
    assert "bp-not_assessable" in drawn
    assert places(
        drawn,
        text("verdict.not_assessable", language),
        text("warning_name.scale_unknown", language),
        text("result.no_verdict", language),
    )


def test_who_disagrees_that_there_is_no_verdict_names_either() -> None:
    _, _, malignant, benign, *_ = review_values(UNKNOWN)
    assert not isinstance(malignant, str)
    assert not isinstance(benign, str)
    assert (malignant.visible, benign.visible) == (True, True)


def batch(*results: object) -> list[BatchItem]:
    items = [
        BatchItem.model_validate({"index": index, "name": f"{index}.png", "result": result})
        for index, result in enumerate(results)
    ]
    error = ErrorBody(code="corrupt_image", message="damaged", details={})
    return [*items, BatchItem(index=len(items), name="bad.png", error=error)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_many_images_share_is_said_once(language: Language) -> None:
    items = batch(
        result_with("scale_unknown", "blurred", "padded"),
        result_with("scale_unknown", "blurred"),
        result_with("scale_unknown"),
    )
    drawn = unescape(batch_table(items, language))
    above, table = drawn.split("<table>")
    for code, scope in (("scale_unknown", "all"), ("blurred", "some")):
        assert above.count(text(f"warning.{code}", language)) == 1
        assert text(f"warning.{code}", language) not in table
        values = {"images": "3"} if scope == "some" else {}
        count = 2 if scope == "some" else 3
        assert text(f"batch.{scope}_images", language, count=count, **values) in above
    # Warnings that not all images share are named in their rows.
    assert table.count(text("warning_name.scale_unknown", language)) == 0
    assert table.count(text("warning_name.blurred", language)) == 2
    assert table.count(text("warning.padded", language)) == 1
    assert text("warning.padded", language) not in above
    assert table.count(text("result.no_verdict", language)) == 3
    assert text("batch.not_assessable", language, count=3) in above
    assert text("batch.failed", language, count=1) in above


def test_a_batch_without_shared_warnings_has_nothing_above() -> None:
    drawn = batch_table(batch(result_with("blurred"), result_with()), "en")
    assert "bp-shared" not in drawn
    assert text("warning.blurred", "en") in drawn
    assert text("batch.benign", "en", count=2) in drawn
