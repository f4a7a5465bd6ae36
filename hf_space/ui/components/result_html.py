"""Results as HTML: the verdict, the evidence, and tables."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from hf_space.explain.overlay import FULL_SCALE_LOGIT
from hf_space.exports.predictions import tiles_of
from hf_space.messages.errors import error_words
from hf_space.messages.texts import Language, number, text, text_or
from hf_space.prediction.trust import is_unreliable, means_little

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from hf_space.bundle.calibration import OperatingPoint, Verdict
    from hf_space.schemas.batch import BatchItem
    from hf_space.schemas.prediction import Kind, PredictionResult

# A shape for each verdict, so that colour is never alone.
MARKS: Final[dict[Verdict, str]] = {"malignant": "▲", "uncertain": "◆", "benign": "●"}
MAX_TILES_SHOWN: Final = 200
# No verdict's: what the model says of such an image means little.
_UNRELIABLE_MARK: Final = "■"
# A larger grid is a picture, not a table.
_MAX_GRID: Final = 8


def verdict_card(result: PredictionResult, point: OperatingPoint, language: Language) -> str:
    """Draw the verdict, the probability on its scale, the rule applied, and the warnings."""
    key = "probability_region" if result.kind == "region" else "probability"
    rule = text(
        "rule",
        language,
        threshold=number(result.threshold, language, ".3f"),
        point=point_name(result.operating_point or "own", language),
    )
    microns = number(result.image.microns_per_pixel, language, "g")
    facts = [rule, text("scale_used", language, microns=microns)]
    if point.uncertain_low < point.uncertain_high:
        low = number(point.uncertain_low, language, ".3f")
        high = number(point.uncertain_high, language, ".3f")
        facts.insert(1, text("band", language, low=low, high=high))
    probability = number(result.probability, language, ".3f")
    tone: str = result.verdict
    mark, heading, verdict = MARKS[result.verdict], f"verdict.{result.verdict}", ""
    if is_unreliable(result):
        verdict = (
            f'<p class="bp-small">{text("model_says", language)} {text(heading, language)}</p>'
        )
        tone, mark, heading = "unreliable", _UNRELIABLE_MARK, "unreliable"
    return (
        f'<section class="bp-card bp-{tone}" aria-live="polite">'
        f'<p class="bp-verdict"><span aria-hidden="true">{mark}</span> '
        f"{text(heading, language)}</p>{verdict}{_warnings(result, language)}"
        f'<p class="bp-probability"><b>{probability}</b> {text(key, language)}</p>'
        f"{_scale(result.probability, point)}"
        f'<p class="bp-facts">{escape("; ".join(facts))}</p></section>'
    )


def verdict_line(
    verdict: Verdict, kind: Kind, codes: Collection[str], language: Language
) -> tuple[str, str]:
    """Return the tone of a verdict, and its mark and words in one line.

    Args:
        verdict: The model's.
        kind: What was read.
        codes: Of the warnings; some of them come before the verdict.
        language: The visitor's.
    """
    words = text(f"verdict.{verdict}", language)
    if not means_little(kind, codes):
        return verdict, f"{MARKS[verdict]} {words}"
    said = f"{text('model_says', language)} {words}"
    return "unreliable", f"{_UNRELIABLE_MARK} {text('unreliable', language)}. {said}"


def point_name(name: str, language: Language) -> str:
    """Return an operating point's name in words."""
    return text_or(f"point.{name}", language, name.replace("_", " "))


def evidence_grid(grid: Sequence[Sequence[float | None]], language: Language) -> str:
    """Draw a patch's evidence as numbers; nothing for a grid too large to read."""
    if max(len(grid), len(grid[0])) > _MAX_GRID:
        return ""
    rows = "".join(f"<tr>{''.join(_cell(v, language) for v in row)}</tr>" for row in grid)
    return (
        f'<figure class="bp-grid"><figcaption>{text("grid", language)}</figcaption>'
        f"<table><tbody>{rows}</tbody></table>"
        f"<p>{text('grid_note', language)}</p></figure>"
    )


def region_figures(result: PredictionResult, language: Language) -> str:
    """Draw the figures of a region; nothing for a patch."""
    region = result.region
    if region is None:
        return ""
    tissue = sum(value is not None for row in region.tiles for value in row)
    figures = (
        ("malignant_area", f"{number(region.malignant_area_mm2, language, '.2f')} mm²"),
        ("malignant_fraction", number(region.malignant_fraction, language, ".1%")),
        ("tissue_fraction", number(region.tissue_fraction, language, ".1%")),
        ("tiles", f"{tissue} / {region.rows * region.columns}"),
    )
    return facts_list((text(key, language), value) for key, value in figures)


def facts_list(facts: Iterable[tuple[str, str]]) -> str:
    """Draw names and values side by side."""
    items = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts
    )
    return f'<dl class="bp-figures">{items}</dl>'


def tile_table(result: PredictionResult, point: OperatingPoint, language: Language) -> str:
    """Draw a region's most suspicious tiles as a table; nothing for a patch."""
    if result.region is None:
        return ""
    ranked = sorted(tiles_of(result), key=lambda tile: -tile[2])
    shown = ranked[:MAX_TILES_SHOWN]
    rows = [
        [
            str(row),
            str(column),
            number(value, language, ".3f"),
            _tile_words(point.verdict(value), language),
        ]
        for row, column, value in shown
    ]
    headers = [text(k, language) for k in ("row", "column", "probability_short", "verdict")]
    note = ""
    if len(shown) < len(ranked):
        cut = text("tiles_cut", language, shown=len(shown), total=len(ranked))
        note = f'<p class="bp-facts">{cut}</p>'
    return table(text("tiles_title", language), headers, rows) + note


def batch_table(items: Sequence[BatchItem], language: Language) -> str:
    """Draw a batch: a summary, and a row for each file."""
    results = [item.result for item in items if item.result]
    reliable = [result for result in results if not is_unreliable(result)]
    counts = {v: sum(result.verdict == v for result in reliable) for v in MARKS}
    summary = text(
        "batch_summary",
        language,
        done=len(items),
        unreliable=len(results) - len(reliable),
        failed=len(items) - len(results),
        **counts,
    )
    headers = [text(k, language) for k in ("file", "probability_short", "verdict", "notes")]
    rows = [_batch_row(item, language) for item in items]
    return f'<p class="bp-facts">{summary}</p>' + table("", headers, rows, "bp-files")


def table(
    caption: str, headers: Sequence[str], rows: Iterable[Sequence[str]], style: str = ""
) -> str:
    """Draw a table that scrolls by itself; all texts are escaped."""
    head = "".join(f'<th scope="col">{escape(header)}</th>' for header in headers)
    # Where a phone stacks the cells of a row, each says itself what it holds.
    names = [escape(header) for header in headers]
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-name="{name}">{escape(cell)}</td>'
            for name, cell in zip(names, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="bp-table {style}" tabindex="0">'
        f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _batch_row(item: BatchItem, language: Language) -> list[str]:
    name = item.name or str(item.index + 1)
    if item.error:
        return [name, "", text("error", language), error_words(item.error, language)]
    if item.result is None:
        return [name, "", "", ""]
    notes = " ".join(warning_words(item.result, language))
    codes = [warning.code for warning in item.result.warnings]
    _, words = verdict_line(item.result.verdict, item.result.kind, codes, language)
    return [name, number(item.result.probability, language, ".3f"), words, notes]


def warning_words(result: PredictionResult, language: Language) -> list[str]:
    """Return the warnings of a result in words."""
    return [text_or(f"warning.{w.code}", language, w.message) for w in result.warnings]


def _warnings(result: PredictionResult, language: Language) -> str:
    if not result.warnings:
        return ""
    items = "".join(f"<li>{escape(words)}</li>" for words in warning_words(result, language))
    return f'<div class="bp-warnings"><p>{text("warnings", language)}</p><ul>{items}</ul></div>'


def _tile_words(verdict: Verdict, language: Language) -> str:
    return f"{MARKS[verdict]} {text(f'tile.{verdict}', language)}"


def _scale(probability: float, point: OperatingPoint) -> str:
    """Draw the probability on a line from 0 to 1, with the threshold and the uncertain band."""
    low, high = point.uncertain_low, point.uncertain_high
    return (
        '<div class="bp-scale" aria-hidden="true">'
        f'<i class="bp-band" style="left:{low:.2%};width:{high - low:.2%}"></i>'
        f'<i class="bp-threshold" style="left:{point.threshold:.2%}"></i>'
        f'<i class="bp-value" style="left:{probability:.2%}"></i></div>'
        '<div class="bp-ends" aria-hidden="true"><span>0</span><span>1</span></div>'
    )


def _cell(value: float | None, language: Language) -> str:
    if value is None:
        return "<td></td>"
    side = "for" if value > 0 else "against"
    strength = min(abs(value) / FULL_SCALE_LOGIT, 1.0)
    words = number(value, language, "+.2f")
    return f'<td class="bp-{side}" style="--s:{strength:.2f}">{words}</td>'
