"""The history's texts and rules, without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args
from uuid import UUID

import pytest

from hf_space.messages.catalogue import text
from hf_space.messages.language import Language
from hf_space.schemas.history import Opinion, Review
from hf_space.ui.components.history_html import review_text

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
