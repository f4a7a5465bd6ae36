"""Results as HTML: the verdict, the evidence, and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hf_space.explain.overlay import FULL_SCALE_LOGIT
from hf_space.exports.tiles import tissue_tiles
from hf_space.messages.catalogue import text, text_or
from hf_space.messages.errors import error_message
from hf_space.messages.formats import number, percent
from hf_space.ui.rendering import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hf_space.bundle.calibration import OperatingPoint, Verdict
    from hf_space.messages.language import Language
    from hf_space.schemas.batch import BatchItem
    from hf_space.schemas.prediction import PredictionResult

# A shape for each verdict, so that colour is never alone.
MARKS: Final[dict[Verdict, str]] = {
    "malignant": "▲",
    "uncertain": "◆",
    "benign": "●",
    "not_assessable": "■",
}
MAX_TILES_SHOWN: Final = 200
# A larger grid is a picture, not a table.
_MAX_GRID: Final = 8


def verdict_card(result: PredictionResult, point: OperatingPoint, language: Language) -> str:
    """Draw the verdict, the probability on its scale, the rule applied, and the warnings."""
    key = "result.region_probability" if result.kind == "region" else "result.probability"
    return render(
        "verdict_card",
        language,
        verdict=verdict_text(result.verdict, language),
        warnings=warning_texts(result, language),
        result=result,
        meaning=text(key, language),
        point=point,
        facts=_facts(result, point, language),
    )


def verdict_text(verdict: Verdict, language: Language) -> str:
    """Return a verdict with its mark, in one line."""
    return f"{MARKS[verdict]} {text(f'verdict.{verdict}', language)}"


def point_name(name: str, language: Language) -> str:
    """Return an operating point's name for people."""
    return text_or(f"operating_point.{name}", language, name.replace("_", " "))


def evidence_grid(grid: Sequence[Sequence[float | None]], language: Language) -> str:
    """Draw a patch's evidence as numbers; nothing for a grid too large to read."""
    if max(len(grid), len(grid[0])) > _MAX_GRID:
        return ""
    return render("evidence_grid", language, grid=grid, full_scale=FULL_SCALE_LOGIT)


def region_figures(result: PredictionResult, language: Language) -> str:
    """Draw the figures of a region; nothing for a patch."""
    region = result.region
    if region is None:
        return ""
    tissue = sum(value is not None for row in region.tiles for value in row)
    total = number(region.rows * region.columns, language)
    area = region.malignant_area_mm2
    figures = {}
    if area is not None:
        figures["malignant_area"] = f"{number(area, language, decimals=2)} mm²"
    figures |= {
        "malignant_fraction": percent(region.malignant_fraction, language),
        "tissue_fraction": percent(region.tissue_fraction, language),
        "tiles": f"{number(tissue, language)} / {total}",
    }
    facts = [(text(f"region.{name}", language), value) for name, value in figures.items()]
    return render("figures", language, facts=facts)


def tile_table(result: PredictionResult, point: OperatingPoint, language: Language) -> str:
    """Draw a region's most suspicious tiles as a table; nothing for a patch."""
    if result.region is None:
        return ""
    ranked = sorted(tissue_tiles(result), key=lambda tile: -tile.probability)
    rows = [
        [
            str(tile.row),
            str(tile.column),
            number(tile.probability, language, decimals=3),
            _tile_verdict(point.verdict(tile.probability), language),
        ]
        for tile in ranked[:MAX_TILES_SHOWN]
    ]
    headers = _headers(("row", "column", "probability", "verdict"), language)
    return render("tile_table", language, headers=headers, rows=rows, total=len(ranked))


def batch_table(items: Sequence[BatchItem], language: Language) -> str:
    """Draw a batch: a summary, and a row for each file."""
    return render(
        "batch_table",
        language,
        summary=batch_summary(items, language),
        headers=_headers(("file", "probability", "verdict", "notes"), language),
        rows=[_batch_row(item, language) for item in items],
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


def warning_texts(result: PredictionResult, language: Language) -> list[str]:
    """Return the texts of a result's warnings."""
    return [text_or(f"warning.{w.code}", language, w.message) for w in result.warnings]


def _facts(result: PredictionResult, point: OperatingPoint, language: Language) -> list[str]:
    """Return the rule that led to the verdict, and the scale of the analysis."""

    def written(value: float) -> str:
        return number(value, language, decimals=3)

    name = point_name(result.operating_point or "own", language)
    facts = [text("result.rule", language, threshold=written(result.threshold), point=name)]
    low, high = point.uncertain_low, point.uncertain_high
    if low < high:
        facts.append(text("result.band", language, low=written(low), high=written(high)))
    microns = number(result.image.microns_per_pixel, language)
    return [*facts, text("result.scale", language, microns=microns)]


def _headers(names: Sequence[str], language: Language) -> list[str]:
    return [text(f"column.{name}", language) for name in names]


def _batch_row(item: BatchItem, language: Language) -> list[str]:
    name = item.name or str(item.index + 1)
    if item.error:
        error = item.error
        notes = error_message(error.code, error.message, error.details, language)
        return [name, "", text("page.error", language), notes]
    if item.result is None:
        return [name, "", "", ""]
    notes = " ".join(warning_texts(item.result, language))
    verdict = verdict_text(item.result.verdict, language)
    return [name, number(item.result.probability, language, decimals=3), verdict, notes]


def _tile_verdict(verdict: Verdict, language: Language) -> str:
    return f"{MARKS[verdict]} {text(f'tile.{verdict}', language)}"
