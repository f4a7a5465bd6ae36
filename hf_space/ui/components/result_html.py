"""A result as HTML: the verdict, the evidence, and a region's tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hf_space.explain.overlay import FULL_SCALE_LOGIT
from hf_space.exports.tiles import tissue_tiles
from hf_space.messages.catalogue import text, text_or
from hf_space.messages.formats import number, percent, probability
from hf_space.prediction.trust import judge
from hf_space.ui.rendering import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hf_space.bundle.calibration import Verdict
    from hf_space.messages.language import Language
    from hf_space.schemas.prediction import PredictionResult, ResultWarning, Severity

# A shape for each verdict and severity, so that nothing depends on colour alone.
MARKS: Final[dict[Verdict, str]] = {
    "malignant": "▲",
    "uncertain": "◆",
    "benign": "●",
    "not_assessable": "■",
}
SEVERITY_MARKS: Final[dict[Severity, str]] = {"withholds": "✕", "caution": "!", "note": "i"}
MAX_TILES_SHOWN: Final = 200
# A larger grid cannot be read as a table.
_MAX_GRID: Final = 8


def verdict_card(result: PredictionResult, language: Language) -> str:
    """Draw the verdict, the warnings, the probability on its scale, and the rule applied.

    Without a verdict, the probability is below the reasons, with a note that it is not one.
    """
    key = "result.region_probability" if result.kind == "region" else "result.probability"
    return render(
        "verdict_card",
        language,
        verdict=verdict_text(result.verdict, language),
        warnings=_by_severity(result, language),
        result=result,
        meaning=text(key, language),
        not_a_verdict=not_a_verdict(result, language),
        point=result.rule,
        facts=_facts(result, language),
    )


def not_a_verdict(result: PredictionResult, language: Language) -> str:
    """Return a note that a result's figures are not a verdict; empty if there is one."""
    if result.verdict != "not_assessable":
        return ""
    microns = number(result.image.microns_per_pixel, language)
    return text("result.computed", language, microns=microns)


def verdict_text(verdict: Verdict, language: Language) -> str:
    """Return a verdict with its mark, in one line."""
    return f"{MARKS[verdict]} {text(f'verdict.{verdict}', language)}"


def point_name(name: str, language: Language) -> str:
    """Return an operating point's name for people."""
    return text_or(f"operating_point.{name}", language, name.replace("_", " "))


def evidence_grid(grid: Sequence[Sequence[float | None]], language: Language) -> str:
    """Draw a patch's evidence as numbers; empty for a grid too large to read."""
    if max(len(grid), len(grid[0])) > _MAX_GRID:
        return ""
    return render("evidence_grid", language, grid=grid, full_scale=FULL_SCALE_LOGIT)


def region_figures(result: PredictionResult, language: Language) -> str:
    """Draw the figures of a region; empty for a patch."""
    region = result.region
    if region is None:
        return ""
    tissue = sum(value is not None for row in region.tiles for value in row)
    total = number(region.rows * region.columns, language)
    area = text("region.no_area", language)
    if region.malignant_area_mm2 is not None:
        area = f"{number(region.malignant_area_mm2, language, decimals=2)} mm²"
    figures = {
        "malignant_area": area,
        "malignant_fraction": percent(region.malignant_fraction, language),
        "tissue_fraction": percent(region.tissue_fraction, language),
        "tiles": f"{number(tissue, language)} / {total}",
    }
    facts = [(text(f"region.{name}", language), value) for name, value in figures.items()]
    return render("figures", language, facts=facts, heading=not_a_verdict(result, language))


def tile_table(result: PredictionResult, language: Language) -> str:
    """Draw a region's tiles of the highest probability as a table; empty for a patch."""
    if result.region is None:
        return ""
    ranked = sorted(tissue_tiles(result), key=lambda tile: -tile.probability)
    rule = result.rule
    rows = [
        [
            str(tile.row),
            str(tile.column),
            probability(tile.probability, language),
            _tile_verdict(judge(rule, tile.probability, result.reasons), language),
        ]
        for tile in ranked[:MAX_TILES_SHOWN]
    ]
    headers = column_names(("row", "column", "probability", "verdict"), language)
    return render("tile_table", language, headers=headers, rows=rows, total=len(ranked))


def _by_severity(result: PredictionResult, language: Language) -> list[dict[str, object]]:
    """Return the texts of a result's warnings in groups, most severe first."""
    groups: list[dict[str, object]] = []
    for severity, mark in SEVERITY_MARKS.items():
        found = [w for w in result.warnings if w.severity == severity]
        if found:
            texts = [warning_text(warning, language) for warning in found]
            heading = text(f"severity.{severity}", language)
            groups.append({"severity": severity, "mark": mark, "heading": heading, "texts": texts})
    return groups


def warning_text(warning: ResultWarning, language: Language) -> str:
    """Return the text of a warning, in English if the catalogue does not have it."""
    return text_or(f"warning.{warning.code}", language, warning.message)


def _facts(result: PredictionResult, language: Language) -> list[str]:
    """Return the rule that led to the verdict, and the scale of the analysis."""

    def written(value: float) -> str:
        return number(value, language, decimals=3)

    if result.verdict == "not_assessable":
        return []
    name = point_name(result.operating_point or "own", language)
    facts = [text("result.rule", language, threshold=written(result.threshold), point=name)]
    if result.uncertain_band:
        low, high = map(written, result.uncertain_band)
        facts.append(text("result.band", language, low=low, high=high))
    microns = number(result.image.microns_per_pixel, language)
    return [*facts, text("result.scale", language, microns=microns)]


def column_names(names: Sequence[str], language: Language) -> list[str]:
    """Return the headings of a table."""
    return [text(f"column.{name}", language) for name in names]


def _tile_verdict(verdict: Verdict, language: Language) -> str:
    return f"{MARKS[verdict]} {text(f'tile.{verdict}', language)}"
