"""The history as a table for other programs: English names, plain numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hf_space.exports.csv import plain_text

if TYPE_CHECKING:
    from hf_space.schemas.history import HistoryItem

HISTORY_COLUMNS: Final = (
    *("id", "created_at", "image_sha256", "width", "height", "microns_per_pixel", "scale_source"),
    *("kind", "verdict", "probability", "threshold", "operating_point", "malignant_area_mm2"),
    *("warnings", "model", "revision", "opinion", "label", "note", "reviewed_at"),
)


def history_row(item: HistoryItem) -> tuple[object, ...]:
    """Return a record's values in the order of `HISTORY_COLUMNS`."""
    image, review = item.image, item.review
    return (
        *(item.id, item.created_at.isoformat(), image.sha256, image.width, image.height),
        *(image.microns_per_pixel, image.scale_source, item.kind, item.verdict),
        *(item.probability, item.threshold, item.operating_point, item.malignant_area_mm2),
        *(" ".join(item.warnings), item.model.name, item.model.revision),
        review and review.opinion,
        review and review.label,
        review and review.note and plain_text(review.note),
        review and review.created_at.isoformat(),
    )
