"""A contact sheet of augmented patches, to judge strengths by eye."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from training.data.arrays import Patches
from training.fitting.config import AugmentConfig, TrainConfig
from training.fitting.pipeline import model_input
from training.fitting.stain import measure_stains

_ROWS = 8
_VIEWS = 7


def write_preview(patches: Patches, config: TrainConfig, path: Path) -> None:
    """Write a PNG: each row one patch, first as it is, then seven augmented views.

    Args:
        patches: the prepared data set; rows are drawn by ``config.seed``.
        config: input size, colour and augmentation.
        path: file to write.
    """
    rng = np.random.default_rng(config.seed)
    chosen = np.sort(rng.choice(len(patches), min(_ROWS, len(patches)), replace=False))
    images = np.asarray(patches.images[chosen])
    stains = measure_stains(patches, np.arange(len(patches)))
    columns = [
        model_input(
            images,
            config,
            strength,
            np.random.default_rng([config.seed, view]),
            stains=stains,
            sources=stains.case_of[chosen],
        )
        for view, strength in enumerate([AugmentConfig.off(), *[config.augment] * _VIEWS])
    ]
    rows = [np.concatenate(row, axis=1) for row in zip(*columns, strict=True)]
    sheet = np.round(np.concatenate(rows)).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), sheet[..., ::-1])
