"""The Hub's model card, written from the bundle's files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from huggingface_hub import ModelCard

from training.data.samples import Sample
from training.errors import ConfigurationError
from training.evaluation.measured import Measured, render

TEMPLATE: Final = Path(__file__).parents[2] / "model_card.md"
CARD_FILE: Final = "README.md"
# Keras writes this file beside the weights.
_KERAS_FILE: Final = "metadata.json"


@dataclass(frozen=True, slots=True)
class Published:
    """Facts about the repository of a card.

    Attributes:
        repo_id: `owner/name`.
        licence: Licence of the samples.
        samples: Patches in the repository.
    """

    repo_id: str = "OWNER/NAME"
    licence: str | None = None
    samples: Sequence[Sample] = ()


def write_card(measured: Measured, template: Path = TEMPLATE) -> Path:
    """Write the bundle's ``README.md`` and return its path; raises as `render_card` does."""
    path = measured.bundle.path / CARD_FILE
    path.write_text(render_card(measured, template), encoding="utf-8")
    return path


def render_card(
    measured: Measured, template: Path = TEMPLATE, *, published: Published | None = None
) -> str:
    """Fill the template with the bundle's facts and figures, as `measured.render` does.

    Args:
        measured: An evaluated bundle.
        template: Jinja template whose first lines are the YAML front matter.
        published: The card's repository; default: none yet.

    Raises:
        ConfigurationError: The template cannot be read or rendered, names a figure that the metrics
            lack, or yields front matter that the Hub would not accept.
    """
    try:
        source = template.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {template}: {error}") from error
    facts = {"published": published or Published(), "keras_version": _keras_version(measured)}
    card = render(source, measured, name=str(template), **facts)
    _check_front_matter(card, template)
    return card


def _keras_version(measured: Measured) -> str | None:
    """Return the version of Keras that saved the network; None if the bundle does not say."""
    try:
        facts = json.loads((measured.bundle.path / _KERAS_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return str(facts["keras_version"])


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
