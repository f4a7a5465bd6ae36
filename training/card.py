"""The Hub's model card and the figures of the documentation, written from the bundle's files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from huggingface_hub import ModelCard
from jinja2 import Environment, StrictUndefined, TemplateError

from hf_space.errors import BundleError
from hf_space.inference.bundle import METRICS_FILE, Bundle, load_bundle
from hf_space.predictor import Predictor
from hf_space.schemas import HealthReport, ModelState, PredictOptions
from hf_space.settings import Settings
from training.errors import ConfigurationError, RunError

ROOT: Final = Path(__file__).parents[1]
TEMPLATE: Final = ROOT / "model_card.md"
EXAMPLE: Final = ROOT / "docs" / "examples" / "synthetic_idc.png"
CARD_FILE: Final = "README.md"

PLOTS: Final = ("roc.png", "pr.png", "reliability.png", "scores.png")
"""Plots the card shows where the bundle has them; none of them shows tissue."""

SPREAD_METRICS: Final = ("roc_auc", "balanced_accuracy", "recall", "specificity", "f1")
_QUANTILES: Final = (0, 25, 50, 75, 100)
_DIGITS: Final = 3

METRIC_TITLES: Final = {
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "balanced_accuracy": "balanced accuracy",
    "f1": "F1 of IDC",
    "precision": "precision",
    "recall": "sensitivity",
    "specificity": "specificity",
    "accuracy": "accuracy",
    "brier": "Brier score",
    "ece": "expected calibration error",
}
"""Title of each metric of ``metrics.json``, in the order of the card's table."""


def measured_bundle(folder: Path) -> Bundle:
    """Load a bundle that has been evaluated.

    Raises:
        RunError: The bundle is damaged, or holds no ``metrics.json``.
    """
    try:
        bundle = load_bundle(folder)
    except BundleError as error:
        raise RunError(str(error)) from error
    if bundle.metrics is None:
        raise RunError(
            f"{folder} has no {METRICS_FILE}, and a card without figures says nothing: write it "
            f"with `evaluate {folder} SOURCE --json {folder / METRICS_FILE}`"
        )
    return bundle


def write_card(bundle: Bundle, template: Path = TEMPLATE) -> Path:
    """Write the bundle's ``README.md`` and return its path; raises as `render_card` does."""
    path = bundle.path / CARD_FILE
    path.write_text(render_card(bundle, template), encoding="utf-8")
    return path


def render_card(bundle: Bundle, template: Path = TEMPLATE) -> str:
    """Fill the template with the bundle's facts and figures.

    The template sees ``config`` (the content of ``inference.json``), ``metrics`` (that of
    ``metrics.json``), ``spread`` (see `case_spread`), ``titles`` and ``plots``.

    Args:
        bundle: An evaluated bundle.
        template: Jinja template whose first lines are the YAML front matter.

    Raises:
        ConfigurationError: The template cannot be read or rendered, names a figure that the
            metrics lack, or yields front matter that the Hub would not take.
    """
    card = _render(_read(template), bundle, name=str(template))
    _check_front_matter(card, template)
    return card


def render_figures(bundle: Bundle) -> str:
    """Return the Markdown table of the main figures, each with its 95 % interval."""
    return _render(_FIGURES, bundle, name="figures")


def render_answer(bundle: Bundle) -> str:
    """Return, as Markdown, what the service answers about itself and the drawn example patch.

    The service's own predictor is asked; fields that change with each request are left out, and
    probabilities are rounded.

    Raises:
        ConfigurationError: The bundle cannot predict.
    """
    try:
        predictor = Predictor(bundle, Settings(operating_point=None))
    except BundleError as error:
        raise ConfigurationError(f"{bundle.path} cannot predict: {error}") from error
    health = HealthReport(
        status="ok", model=ModelState(state="ready", **predictor.model.model_dump())
    )
    options = PredictOptions(microns_per_pixel=bundle.config.spacing_um_px)
    answer = predictor.predict(EXAMPLE.read_bytes(), options).model_dump(
        mode="json",
        include={"kind", "verdict", "probability", "threshold", "operating_point", "predictions"}
        | {"gradcam", "warnings", "model"},
    )
    answer["gradcam"] |= {"grid": "[[...], ...]"}
    shown = [_json(health.model_dump()), _json(_rounded(answer))]
    return "\n\n".join(f"```json\n{text}\n```" for text in shown)


def update_document(document: Path, bundle: Bundle) -> None:
    """Rewrite the marked blocks of a Markdown file.

    A block lies between ``<!-- figures -->`` and ``<!-- /figures -->``, or the same with
    ``answer``.

    Raises:
        ConfigurationError: The file cannot be read, or has neither block.
    """
    text = _read(document)
    renderers = {"figures": render_figures, "answer": render_answer}
    present = [name for name in renderers if block_of(text, name) is not None]
    if not present:
        raise ConfigurationError(f"{document} has no block <!-- figures --> ... <!-- /figures -->")
    for name in present:
        text = replace_block(text, name, renderers[name](bundle))
    document.write_text(text, encoding="utf-8")


def block_of(text: str, name: str) -> str | None:
    """Return the content of a marked block, stripped, or None where there is none."""
    match = _block_pattern(name).search(text)
    return None if match is None else match["content"].strip()


def replace_block(text: str, name: str, content: str) -> str:
    """Return the text with other content in a marked block; text without the block is kept."""
    return _block_pattern(name).sub(
        lambda match: f"{match['start']}\n{content.strip()}\n{match['end']}", text
    )


def case_spread(cases: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Describe how each metric varies between cases.

    Args:
        cases: Metrics of each case; None where a metric is undefined.

    Returns:
        For each of `SPREAD_METRICS` the ``cases`` it is defined in, the ``quantiles`` (least,
        quarter, median, three quarters, greatest) and the three ``lowest`` cases.
    """
    spread = {}
    for metric in SPREAD_METRICS:
        values = {case: row[metric] for case, row in cases.items() if row.get(metric) is not None}
        if values:
            spread[metric] = {
                "cases": len(values),
                "quantiles": np.percentile(list(values.values()), _QUANTILES).tolist(),
                "lowest": sorted(values, key=lambda case: values[case])[:3],
            }
    return spread


def figure(value: float | None) -> str:
    """Write a figure with three digits, as everywhere in the documentation."""
    return "undefined" if value is None else f"{float(value):.{_DIGITS}f}"


def interval(ends: tuple[float | None, float | None] | None) -> str:
    """Write a 95 % interval, (low, high)."""
    if ends is None or None in ends:
        return "undefined"
    return f"{figure(ends[0])} to {figure(ends[1])}"


def percent(share: float | None) -> str:
    """Write a share, 0 to 1, as a percentage with one digit."""
    return "undefined" if share is None else f"{100 * share:.1f} %"


def number(value: int) -> str:
    """Write a count with separators."""
    return f"{value:,}"


_FIGURES: Final = """\
| {{ metrics.cases_count }} test cases, {{ metrics.patches | number }} patches | value | 95 % interval |
| --- | --- | --- |
{% for name, title in titles.items() -%}
| {{ title }} | {{ metrics[name] | figure }} | {{ metrics.intervals[name] | interval }} |
{% endfor %}"""  # noqa: E501 -- a table row is one line


def _render(source: str, bundle: Bundle, *, name: str) -> str:
    environment = Environment(  # noqa: S701 -- Markdown of our own figures, not HTML
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters.update(figure=figure, interval=interval, percent=percent, number=number)
    metrics = bundle.metrics or {}
    try:
        return environment.from_string(source).render(
            config=bundle.config,
            metrics=metrics,
            spread=case_spread(metrics.get("cases", {})),
            titles=METRIC_TITLES,
            plots=[plot for plot in PLOTS if (bundle.path / "evaluation" / plot).is_file()],
        )
    except (TemplateError, TypeError) as error:
        raise ConfigurationError(
            f"cannot render {name}: {error}; is {bundle.path / METRICS_FILE} from `evaluate`?"
        ) from error


def _check_front_matter(card: str, template: Path) -> None:
    try:
        data = ModelCard(card).data
    except Exception as error:  # noqa: BLE001 -- YAML's and the Hub's errors have no common base
        raise ConfigurationError(f"the front matter of {template} is invalid: {error}") from error
    missing = [
        key
        for key in ("library_name", "pipeline_tag", "license", "datasets", "metrics", "tags")
        if not data.get(key)
    ]
    if not data.get("eval_results"):
        missing.append("model-index")
    if missing:
        raise ConfigurationError(f"the front matter of {template} lacks {', '.join(missing)}")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {path}: {error}") from error


def _block_pattern(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<start><!-- {name} -->)(?P<content>.*?)(?P<end><!-- /{name} -->)", re.DOTALL
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, _DIGITS) if isinstance(value, float) else value


def _json(value: Any) -> str:
    text = json.dumps(value, indent=2)
    # Small objects read better on one line.
    return re.sub(r"\{\s+([^{}\[\]]*?)\s+\}", lambda m: _one_line(m[0]), text)


def _one_line(text: str) -> str:
    flat = re.sub(r"\s*\n\s*", " ", text)
    return flat if len(flat) <= 90 else text
