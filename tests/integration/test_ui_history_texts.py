"""The history's words and rules, without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast, get_args
from uuid import UUID

import pytest

from hf_space.bundle.calibration import OperatingPoint
from hf_space.errors import ModelUnavailableError
from hf_space.messages.catalogue import text
from hf_space.messages.language import Language
from hf_space.schemas.history import Opinion, Review
from hf_space.schemas.prediction import ModelName
from hf_space.ui.backend import Backend
from hf_space.ui.components.form import recorded_rule
from hf_space.ui.components.history_html import review_text
from tests.integration.test_ui_texts import result_with

VERDICTS = {"idc": "malignant", "no_idc": "benign"}
NEW_YEAR = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)


def review(opinion: Opinion, label: str | None = None, note: str | None = None) -> Review:
    return Review(id=UUID(int=0), created_at=NEW_YEAR, opinion=opinion, label=label, note=note)


@pytest.mark.parametrize("language", get_args(Language))
def test_opinions_have_texts(language: Language) -> None:
    assert review_text(None, VERDICTS, language) == text("opinion.none", language)
    for opinion in ("agree", "unsure"):
        given = review_text(review(opinion, "idc"), VERDICTS, language)
        assert given == text(f"opinion.{opinion}", language)
    for label, verdict in VERDICTS.items():
        given = review_text(review("disagree", label), VERDICTS, language)
        assert given == text(f"opinion.{verdict}", language)
        # A class of a model that is not loaded.
        assert label in review_text(review("disagree", label), {}, language)


def backend_with(model: ModelName | None) -> Backend:
    """A backend whose model, if it has one, draws the line elsewhere than any result here."""
    band = OperatingPoint(threshold=0.5, uncertain_low=0.3, uncertain_high=0.7)
    config = SimpleNamespace(thresholds={"balanced": band})
    predictor = SimpleNamespace(model=model, bundle=SimpleNamespace(config=config))

    def get_predictor() -> Any:
        if model is None:
            raise ModelUnavailableError("none")
        return predictor

    parts = cast("Any", None)
    return Backend(parts, get_predictor, parts, parts, parts)


@pytest.mark.parametrize("revision", [None, "r1", "r2"])
def test_a_saved_result_keeps_its_own_rule(revision: str | None) -> None:
    result = result_with()
    model = revision and ModelName(name="tiny", revision=revision)
    rule = recorded_rule(backend_with(model or None), result)
    same = revision == result.model.revision
    assert (rule.uncertain_low < rule.uncertain_high) == same
    assert rule.threshold == (0.5 if same else result.threshold)
