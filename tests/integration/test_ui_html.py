"""The demo's HTML shows untrusted input as text."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from jinja2 import UndefinedError

from hf_space.schemas.batch import BatchItem
from hf_space.schemas.errors import ErrorBody
from hf_space.schemas.history import HistoryItem, Review
from hf_space.schemas.model import ModelReport
from hf_space.schemas.prediction import PredictionResult, ResultWarning
from hf_space.ui.components.batch_html import batch_table
from hf_space.ui.components.history_html import history_list, record_facts, review_list
from hf_space.ui.components.result_html import evidence_grid, verdict_card
from hf_space.ui.rendering import paragraph, render
from hf_space.ui.tabs.model import facts_html, plots_html
from tests.demo_page import result_with

SCRIPT = "<script>alert('1')</script>"


def assert_escaped(drawn: str) -> None:
    assert "<script" not in drawn
    assert "&lt;script" in drawn
    assert SCRIPT in unescape(drawn)


def hostile_result() -> PredictionResult:
    """A result whose every free text is a script."""
    result = result_with()
    warning = ResultWarning.model_construct(
        code=cast("Any", SCRIPT), message=SCRIPT, severity="caution"
    )
    model = result.model.model_copy(update={"name": SCRIPT, "revision": SCRIPT})
    return result.model_copy(
        update={"warnings": [warning], "model": model, "operating_point": SCRIPT}
    )


def review() -> Review:
    return Review(
        id=UUID(int=0),
        created_at=result_with().created_at,
        opinion="disagree",
        label=SCRIPT,
        note=SCRIPT,
    )


def test_a_verdict_card_shows_messages_and_names_as_text() -> None:
    drawn = verdict_card(hostile_result(), "en")
    assert_escaped(drawn)
    assert drawn.count("&lt;script") == 2


def test_a_batch_shows_file_names_and_messages_as_text() -> None:
    error = ErrorBody(code="unsupported_image", message=SCRIPT, details={})
    items = [
        BatchItem(index=0, name=SCRIPT, error=error),
        BatchItem(index=1, name="a.png", result=hostile_result()),
    ]
    drawn = batch_table(items, "en")
    assert_escaped(drawn)
    assert drawn.count("&lt;script") == 3


def test_reviews_show_notes_and_labels_as_text() -> None:
    drawn = review_list([review()], {}, "UTC", "en")
    assert_escaped(drawn)
    assert drawn.count("&lt;script") == 2
    assert review_list([], {}, "UTC", "en") == ""


def test_a_record_shows_its_models_name_as_text() -> None:
    assert_escaped(record_facts(hostile_result(), "UTC", "en"))


def test_the_history_shows_names_and_labels_as_text() -> None:
    result = hostile_result()
    item = HistoryItem(
        id=result.id,
        created_at=result.created_at,
        kind="patch",
        verdict="benign",
        reasons=[],
        probability=0.1,
        threshold=0.4,
        operating_point="balanced",
        uncertain_band=None,
        image=result.image,
        warnings=[],
        model=result.model,
        malignant_area_mm2=None,
        has_original=False,
        case_label=None,
        folder=None,
        review=review(),
    )
    drawn = history_list([item], {}, chosen=str(item.id), verdicts={}, zone="UTC", language="en")
    assert_escaped(drawn)
    assert 'aria-current="true"' in drawn
    pictured = history_list(
        [item], {item.id: b"webp"}, chosen=None, verdicts={}, zone="UTC", language="en"
    )
    assert 'src="data:image/webp;base64,d2VicA=="' in pictured
    assert "aria-current" not in pictured


def test_the_model_tab_shows_names_as_text(tmp_path: Path) -> None:
    training = SimpleNamespace(backbone=SCRIPT, patches=1, cases=2, date=SCRIPT)
    config = SimpleNamespace(
        name=SCRIPT, revision="r1", patch_size_pixels=50, microns_per_pixel=4.0, training=training
    )
    point = SimpleNamespace(
        threshold=0.5,
        uncertain_low=0.4,
        uncertain_high=0.6,
        sensitivity=None,
        specificity=0.9,
        precision=None,
    )
    report = SimpleNamespace(inference=config, operating_points={SCRIPT: point})
    predictor = SimpleNamespace(engine=SimpleNamespace(name="openvino", precision="f32"))
    drawn = facts_html(cast("Any", predictor), cast("ModelReport", report), "en")
    assert_escaped(drawn)
    assert drawn.count("&lt;script") == 4
    assert "1 patch of 2 cases" in drawn
    assert "90.0%" in drawn
    plot = tmp_path / "plot.png"
    plot.write_bytes(b"png")
    assert_escaped(plots_html({SCRIPT: plot}, "en"))
    assert plots_html({}, "en") == ""


def test_a_paragraph_shows_its_text_and_attributes_as_text() -> None:
    drawn = paragraph(SCRIPT, "bp-facts", aria_live='"polite')
    assert_escaped(drawn)
    assert 'class="bp-facts" aria-live="&#34;polite"' in drawn


def test_a_grid_is_drawn_by_sign_and_strength() -> None:
    drawn = evidence_grid([[1.0, -100.0], [None, 0.0]], "es")
    assert drawn.count("<td") == 4
    assert 'class="bp-for"' in drawn
    assert '--s:1.00">-100,00</td>' in drawn
    assert '--s:0.00">+0,00</td>' in drawn
    assert "<td></td>" in drawn


def test_a_value_that_a_template_lacks_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("figures", "en")
