"""The revision of a bundle, and the hash of its figures."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from hf_space.bundle.config import INFERENCE_FILE, METRICS_FILE, InferenceConfig
from hf_space.bundle.load import file_sha256

if TYPE_CHECKING:
    from pathlib import Path

# These name the model and do not change results.
_NAMES: Final = {"name", "revision", "training"}


def revised(config: InferenceConfig) -> InferenceConfig:
    """Return a bundle's facts with their revision.

    Caches and histories are keyed by the revision, so everything that changes a result changes it.
    It covers weights and familiarity by their hashes, and labels, scale, preprocessing,
    calibration, thresholds and limits by their values. Figures are measured on a revision, so they
    are hashed separately.
    """
    facts = config.model_dump(mode="json", exclude=_NAMES)
    facts["sha256"] = {name: each for name, each in facts["sha256"].items() if name != METRICS_FILE}
    content = json.dumps(facts, sort_keys=True)
    revision = hashlib.sha256(content.encode()).hexdigest()[:12]
    return config.model_copy(update={"revision": revision})


def hash_metrics(folder: Path) -> None:
    """Write the hash of a bundle's figures into it, so that other figures are refused.

    Raises:
        OSError: The folder has no bundle with figures.
    """
    path = folder / INFERENCE_FILE
    config = InferenceConfig.from_json(path.read_bytes())
    hashes = config.sha256 | {METRICS_FILE: file_sha256(folder / METRICS_FILE)}
    path.write_text(config.model_copy(update={"sha256": hashes}).to_json(), encoding="utf-8")
