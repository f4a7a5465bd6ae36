"""A batch as HTML: shared warnings once, and a row for each image."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hf_space.messages.catalogue import text, text_or
from hf_space.messages.errors import error_message
from hf_space.messages.formats import number, probability
from hf_space.ui.components.result_html import (
    MARKS,
    SEVERITY_MARKS,
    column_names,
    verdict_text,
    warning_text,
)
from hf_space.ui.rendering import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hf_space.messages.language import Language
    from hf_space.schemas.batch import BatchItem
    from hf_space.schemas.prediction import PredictionResult, WarningCode

    # Warnings that several images share, with their number of images.
    Shared = Mapping[WarningCode, int]


def batch_table(items: Sequence[BatchItem], language: Language) -> str:
    """Draw a batch: a summary, the warnings that several images share, and a row for each file."""
    results = [item.result for item in items if item.result]
    counts = Counter(warning.code for result in results for warning in result.warnings)
    shared = {code: count for code, count in counts.items() if count > 1}
    return render(
        "batch_table",
        language,
        summary=batch_summary(items, language),
        warnings=_shared_warnings(results, shared, language),
        headers=column_names(("file", "verdict", "probability", "notes"), language),
        rows=[_row(item, shared, len(results), language) for item in items],
    )


def batch_summary(items: Sequence[BatchItem], language: Language) -> str:
    """Return how many files a batch has, and how many of each outcome."""
    results = [item.result for item in items if item.result]
    counts = {verdict: sum(r.verdict == verdict for r in results) for verdict in MARKS} | {
        "failed": len(items) - len(results)
    }
    counted: dict[str, Any] = {
        name: text(f"batch.{name}", language, count=n) for name, n in counts.items()
    }
    files = text("count.files", language, count=len(items))
    return text("batch.summary", language, files=files, **counted)


def _shared_warnings(
    results: Sequence[PredictionResult], shared: Shared, language: Language
) -> list[dict[str, str]]:
    """Return the warnings that several images share, most severe first."""
    known = {warning.code: warning for result in results for warning in result.warnings}
    found = [known[code] for code in known if code in shared]
    order = list(SEVERITY_MARKS)
    return [
        {
            "mark": SEVERITY_MARKS[warning.severity],
            "severity": warning.severity,
            "heading": text(f"severity.{warning.severity}", language),
            "scope": _scope(shared[warning.code], len(results), language),
            "text": warning_text(warning, language),
        }
        for warning in sorted(found, key=lambda warning: order.index(warning.severity))
    ]


def _scope(count: int, images: int, language: Language) -> str:
    if count == images:
        return text("batch.all_images", language, count=images)
    return text("batch.some_images", language, count=count, images=number(images, language))


def _row(item: BatchItem, shared: Shared, images: int, language: Language) -> list[str]:
    name = item.name or str(item.index + 1)
    if item.error:
        error = item.error
        notes = error_message(error.code, error.message, error.details, language)
        return [name, text("page.error", language), "", notes]
    result = item.result
    if result is None:
        return [name, "", "", ""]
    shown = probability(result.probability, language)
    if result.verdict == "not_assessable":
        shown = f"{shown} ({text('result.no_verdict', language)})"
    notes = _row_notes(result, shared, images, language)
    return [name, verdict_text(result.verdict, language), shown, notes]


def _row_notes(result: PredictionResult, shared: Shared, images: int, language: Language) -> str:
    """Return the warnings that not every image has; only the name if the text is above."""
    own = [warning_text(w, language) for w in result.warnings if w.code not in shared]
    names = [
        text_or(f"warning_name.{w.code}", language, w.message)
        for w in result.warnings
        if 1 < shared.get(w.code, 0) < images
    ]
    return " ".join([*own, ", ".join(names)]).strip()
