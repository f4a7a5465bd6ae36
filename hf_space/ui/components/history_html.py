"""A visitor's history as HTML: the list, a record's facts, and reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hf_space.messages.catalogue import text
from hf_space.messages.formats import date_time, probability
from hf_space.ui.components.result_html import verdict_text
from hf_space.ui.rendering import data_url, render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from hf_space.messages.language import Language
    from hf_space.schemas.history import HistoryItem, Review
    from hf_space.schemas.prediction import PredictionResult


def review_text(review: Review | None, verdicts: Mapping[str, str], language: Language) -> str:
    """Return the text of a review.

    Args:
        review: The review, if there is one.
        verdicts: Verdict of each class; other classes keep their names.
        language: The visitor's.
    """
    if review is None:
        return text("opinion.none", language)
    if review.opinion != "disagree":
        return text(f"opinion.{review.opinion}", language)
    verdict = verdicts.get(review.label or "")
    if verdict is None:
        return text("opinion.label", language, label=review.label)
    return text(f"opinion.{verdict}", language)


def review_list(
    reviews: Sequence[Review], verdicts: Mapping[str, str], zone: str | None, language: Language
) -> str:
    """Draw the reviews so far, oldest first; empty if there are none."""
    if not reviews:
        return ""
    shown = [
        {
            "opinion": review_text(review, verdicts, language),
            "created": date_time(review.created_at, zone, language),
            "note": review.note,
        }
        for review in reviews
    ]
    return render("reviews", language, reviews=shown)


def record_facts(result: PredictionResult, zone: str | None, language: Language) -> str:
    """Draw the time, the model and the image of a saved result."""
    image = result.image
    facts = (
        ("created", date_time(result.created_at, zone, language)),
        ("image_size", f"{image.width} × {image.height} px"),
        ("model", f"{result.model.name} {result.model.revision}"),
    )
    named = [(text(f"history.{name}", language), value) for name, value in facts]
    return render("record_facts", language, facts=named)


def history_list(
    items: Sequence[HistoryItem],
    thumbnails: Mapping[UUID, bytes],
    *,
    chosen: str | None,
    verdicts: Mapping[str, str],
    zone: str | None,
    language: Language,
) -> str:
    """Draw records as buttons, each with its picture.

    Args:
        items: The records.
        thumbnails: Their pictures, WebP.
        chosen: Id of the record shown beside the list.
        verdicts: What each class means.
        zone: The visitor's time zone.
        language: The visitor's.
    """
    rows = []
    for item in items:
        webp = thumbnails.get(item.id)
        rows.append(
            {
                "id": item.id,
                "tone": item.verdict,
                "chosen": str(item.id) == chosen,
                "picture": data_url(webp, "image/webp") if webp else None,
                "verdict": verdict_text(item.verdict, language),
                "lines": _lines(item, verdicts, zone, language),
            }
        )
    return render("history_list", language, rows=rows)


def _lines(
    item: HistoryItem, verdicts: Mapping[str, str], zone: str | None, language: Language
) -> list[str]:
    """Return the text of a row below the verdict."""
    shown = probability(item.probability, language)
    if item.verdict == "not_assessable":
        shown = f"{shown} ({text('result.no_verdict', language)})"
    kind, created = text(f"kind.{item.kind}", language), date_time(item.created_at, zone, language)
    review = review_text(item.review, verdicts, language)
    reasons = [text(f"warning_name.{reason}", language) for reason in item.reasons]
    return [
        *([", ".join(reasons)] if reasons else []),
        f"{text('column.probability', language)} {shown}",
        f"{kind}, {created}",
        f"{item.model.name} {item.model.revision}",
        f"{text('history.review', language)}: {review}",
    ]
