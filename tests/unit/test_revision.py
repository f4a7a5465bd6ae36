"""Everything that changes a result changes the revision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hf_space.bundle.calibration import Calibration, OperatingPoint
from hf_space.bundle.config import (
    METRICS_FILE,
    FamiliarityLimits,
    InferenceConfig,
    StainReference,
    StatisticRange,
)
from hf_space.bundle.load import Bundle, load_bundle
from hf_space.errors import BundleError
from tests.bundle_factory import write_bundle
from training.release.revision import hash_metrics, revised

SAME = {"name", "revision", "training"}
CHANGES: dict[str, Any] = {
    "class_names": ("benign", "idc"),
    "patch_size_pixels": 60,
    "microns_per_pixel": 2.0,
    "input_size": 96,
    "margin_pixels": 16,
    "color_mode": "grayscale",
    "interpolation": "bicubic",
    "assumed_prevalence": 0.4,
    "calibration": Calibration(method="platt", slope=0.8, intercept=-0.3),
    "thresholds": {"balanced": OperatingPoint.without_band(0.5)},
    "default_operating_point": "high_sensitivity",
    "out_of_distribution": {"sharpness": StatisticRange(low=2.0)},
    "assessable": {"sharpness": StatisticRange(low=2.0)},
    "stain_reference": StainReference(mean=(0.0,), precision=((1.0,),)),
    "familiarity": FamiliarityLimits(unfamiliar=1.0, unlike_training=2.0),
    "sha256": {"openvino_model.xml": "0" * 64, "openvino_model.bin": "0" * 64},
}


@pytest.mark.parametrize("name", sorted(InferenceConfig.model_fields.keys() - SAME))
def test_it_covers_every_fact(bundle: Bundle, name: str) -> None:
    before = revised(bundle.config)
    changed = bundle.config.model_copy(update={name: CHANGES[name]})
    assert changed != bundle.config
    assert revised(changed).revision != before.revision
    assert revised(before) == before


def test_figures_are_hashed_without_another_revision(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    before = load_bundle(folder).config
    hash_metrics(folder)
    after = load_bundle(folder).config
    assert METRICS_FILE in after.sha256
    assert revised(after).revision == revised(before).revision
    (folder / METRICS_FILE).write_text('{"roc_auc": 0.99}')
    with pytest.raises(BundleError, match=r"metrics\.json was altered"):
        load_bundle(folder)
