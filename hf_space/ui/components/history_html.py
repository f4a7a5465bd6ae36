"""A visitor's history as HTML: the list, times, and opinions."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hf_space.messages.texts import Language, number, text
from hf_space.ui.components.result_html import facts_list, verdict_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from hf_space.schemas.history import HistoryItem, Review
    from hf_space.schemas.prediction import PredictionResult


def moment(when: datetime, zone: str | None, language: Language) -> str:
    """Return a time as the visitor's clock shows it; in UTC, and saying so, for an unknown zone."""
    try:
        local, suffix = when.astimezone(ZoneInfo(str(zone or ""))), ""
    except (ZoneInfoNotFoundError, ValueError, OSError):
        local, suffix = when, " UTC"
    month = text("months", language).split()[local.month - 1]
    time = f"{local:%H:%M}{suffix}"
    return text("moment", language, day=local.day, month=month, year=local.year, time=time)


def opinion_words(review: Review | None, verdicts: Mapping[str, str], language: Language) -> str:
    """Return an opinion in words.

    Args:
        review: The opinion, if there is one.
        verdicts: What each class means; other classes are named as they are.
        language: The visitor's.
    """
    if review is None:
        return text("opinion.none", language)
    if review.opinion != "disagree":
        return text(f"opinion.{review.opinion}", language)
    verdict = verdicts.get(review.label or "")
    if verdict is None:
        return text("opinion.other", language, label=review.label)
    return text(f"opinion.{verdict}", language)


def opinion_list(
    reviews: Sequence[Review], verdicts: Mapping[str, str], zone: str | None, language: Language
) -> str:
    """Draw the opinions given so far, oldest first; nothing where there are none."""
    if not reviews:
        return ""
    items = "".join(
        f"<li>{escape(opinion_words(review, verdicts, language))}, "
        f"{moment(review.created_at, zone, language)}{_note(review)}</li>"
        for review in reviews
    )
    title = text("opinions", language)
    return f'<div class="bp-opinions" aria-live="polite"><p>{title}</p><ul>{items}</ul></div>'


def record_facts(result: PredictionResult, zone: str | None, language: Language) -> str:
    """Draw when and by which model a saved answer was given, and about what."""
    image = result.image
    facts = (
        ("when", moment(result.created_at, zone, language)),
        ("image_size", f"{image.width} x {image.height} px"),
        ("model", f"{result.model.name} {result.model.revision}"),
    )
    note = text("recorded_drawing", language)
    drawn = facts_list((text(key, language), value) for key, value in facts)
    return f'{drawn}<p class="bp-facts">{note}</p>'


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
        chosen: Id of the record that is shown beside.
        verdicts: What each class means.
        zone: The visitor's time zone.
        language: The visitor's.
    """
    rows = []
    for item in items:
        current = ' aria-current="true"' if str(item.id) == chosen else ""
        tone, verdict = verdict_line(item.verdict, item.kind, item.warnings, language)
        probability = number(item.probability, language, ".3f")
        lines = (
            f"{text('probability_short', language)} {probability}",
            f"{text(f'kind.{item.kind}', language)}, {moment(item.created_at, zone, language)}",
            f"{item.model.name} {item.model.revision}",
            f"{text('reviewed', language)}: {opinion_words(item.review, verdicts, language)}",
        )
        words = "".join(f"<span>{escape(line)}</span>" for line in lines)
        rows.append(
            f'<li><button type="button" class="bp-row bp-{tone}" data-id="{item.id}"{current}>'
            f"{_picture(thumbnails.get(item.id))}"
            f"<span><b>{escape(verdict)}</b>{words}</span></button></li>"
        )
    return f'<ul class="bp-history">{"".join(rows)}</ul>'


def _picture(webp: bytes | None) -> str:
    # Within the page: the browser's own requests for pictures could not bring the token along.
    encoded = base64.b64encode(webp or b"").decode("ascii")
    return f'<img src="data:image/webp;base64,{encoded}" alt="">' if webp else "<i></i>"


def _note(review: Review) -> str:
    return f"<q>{escape(review.note)}</q>" if review.note else ""
