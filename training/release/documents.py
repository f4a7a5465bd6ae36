"""Marked blocks of the documentation, rewritten from the bundle's files and the service's code."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any, Final

from hf_space.errors import BundleError
from hf_space.inference.probe import DRAWN_PATCH
from hf_space.observability.version import VERSION
from hf_space.prediction.model_report import model_state
from hf_space.prediction.predictor import Predictor
from hf_space.schemas.health import CacheState, DatabaseState, HealthReport
from hf_space.schemas.options import PredictOptions
from hf_space.settings import Settings
from hf_space.settings.environment import settings_table
from training.errors import ConfigurationError
from training.evaluation.measured import Measured, render

_ANSWER_DIGITS: Final = 3

_TEMPLATES: Final = {
    path.name.partition(".")[0]: path
    for path in sorted((Path(__file__).parent / "blocks").glob("*.md.jinja"))
}
BLOCKS: Final = (*_TEMPLATES, "example", "settings")


def render_block(name: str, measured: Measured) -> str:
    """Return the content of a marked block: one of `BLOCKS`.

    Raises:
        ConfigurationError: The bundle cannot predict, or lacks a figure.
    """
    if name == "example":
        return _example(measured)
    if name == "settings":
        return settings_table()
    source = _TEMPLATES[name].read_text(encoding="utf-8")
    return render(source, measured, name=name).strip()


def update_document(document: Path, measured: Measured) -> None:
    """Rewrite the marked blocks of a Markdown file.

    A block named in `BLOCKS` is between ``<!-- name -->`` and ``<!-- /name -->``.

    Raises:
        ConfigurationError: The file cannot be read, or has no block.
    """
    try:
        text = document.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {document}: {error}") from error
    present = [name for name in BLOCKS if block_of(text, name) is not None]
    if not present:
        raise ConfigurationError(f"{document} has no block <!-- figures --> ... <!-- /figures -->")
    for name in present:
        text = replace_block(text, name, render_block(name, measured))
    document.write_text(text, encoding="utf-8")


def block_of(text: str, name: str) -> str | None:
    """Return the content of a marked block, stripped, or None if there is none."""
    match = _block_pattern(name).search(text)
    return None if match is None else match["content"].strip()


def replace_block(text: str, name: str, content: str) -> str:
    """Return the text with new content in a marked block; unchanged if there is no such block."""
    return _block_pattern(name).sub(
        lambda match: f"{match['start']}\n{content.strip()}\n{match['end']}", text
    )


def _example(measured: Measured) -> str:
    """Return the service's description of its model, and its result for the drawn example patch.

    They come from the service's own predictor. Fields that change with each request are left out,
    and probabilities are rounded.
    """
    bundle = measured.bundle
    try:
        predictor = Predictor(bundle, Settings(operating_point=None))
    except BundleError as error:
        raise ConfigurationError(f"{bundle.path} cannot predict: {error}") from error
    health = HealthReport(
        status="ok",
        version=VERSION,
        model=model_state(predictor),
        database=DatabaseState(state="ready", kind="sqlite"),
        cache=CacheState(state="ready", kind="memory"),
    )
    options = PredictOptions(microns_per_pixel=bundle.config.microns_per_pixel)
    result = asyncio.run(predictor.predict(DRAWN_PATCH.read_bytes(), options)).model_dump(
        mode="json",
        include={"kind", "verdict", "probability", "threshold", "operating_point", "predictions"}
        | {"gradcam", "warnings", "model"},
    )
    predictor.close()
    result["gradcam"] |= {"grid": "[[...], ...]", "overlay": "data:image/jpeg;base64,..."}
    shown = [_json(health.model_dump()), _json(_rounded(result))]
    return "\n\n".join(f"```json\n{text}\n```" for text in shown)


def _block_pattern(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<start><!-- {name} -->)(?P<content>.*?)(?P<end><!-- /{name} -->)", re.DOTALL
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, _ANSWER_DIGITS) if isinstance(value, float) else value


def _json(value: Any) -> str:
    text = json.dumps(value, indent=2)
    # Small objects read better on one line.
    return re.sub(r"\{\s+([^{}\[\]]*?)\s+\}", lambda m: _one_line(m[0]), text)


def _one_line(text: str) -> str:
    flat = re.sub(r"\s*\n\s*", " ", text)
    return flat if len(flat) <= 90 else text
