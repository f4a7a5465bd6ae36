"""Stain augmentation: jitter of each stain, and transfer of another case's."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hf_space.imaging.quality import HAEMATOXYLIN_EOSIN
from training.data.arrays import Patches

# The third stain of the matrix, diaminobenzidine, is the remainder of the first two.
_DIAMINOBENZIDINE = [[0.27, 0.57, 0.78]]
_MIX = np.vstack([HAEMATOXYLIN_EOSIN, _DIAMINOBENZIDINE]).astype(np.float32)
_UNMIX = np.linalg.inv(_MIX)
# Enough for a case's mean and deviation.
_PATCHES_PER_CASE = 60
# Lightness, in CIELAB, of glass, which has no stain to measure.
_GLASS_LIGHTNESS = 92.0
_LARGEST_RATIO = 1.6


@dataclass(frozen=True, slots=True)
class StainTable:
    """Mean and deviation of the colours of each case.

    Attributes:
        case_of: int64 ``(N,)``, the row of each patch's case.
        means: float32 ``(C, 3)``, in CIELAB.
        deviations: float32 ``(C, 3)``, above zero.
        donors: int64 ``(D,)``, the rows whose stain may be transferred to others.
    """

    case_of: NDArray[np.int64]
    means: NDArray[np.float32]
    deviations: NDArray[np.float32]
    donors: NDArray[np.int64]


def measure_stains(patches: Patches, indices: NDArray[np.int64]) -> StainTable:
    """Measure every case's colours on some of its patches.

    Args:
        patches: the prepared data set.
        indices: int64 ``(M,)``, patches to learn from; only their cases are donors and measured.
    """
    names, case_of = np.unique(patches.case_ids, return_inverse=True)
    means = np.zeros((len(names), 3), np.float32)
    deviations = np.ones((len(names), 3), np.float32)
    donors = np.unique(case_of[indices])
    for row in donors:
        own = indices[case_of[indices] == row]
        step = max(1, len(own) // _PATCHES_PER_CASE)
        lab = _to_lab(np.asarray(patches.images[own[::step]], np.float32)).reshape(-1, 3)
        tissue = lab[lab[:, 0] < _GLASS_LIGHTNESS]
        measured = tissue if len(tissue) else lab
        means[row], deviations[row] = measured.mean(axis=0), measured.std(axis=0) + 1
    return StainTable(case_of.astype(np.int64), means, deviations, donors.astype(np.int64))


def transfer_stains(
    images: NDArray[np.float32],
    sources: NDArray[np.int64],
    table: StainTable,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Transfer the colours of a random case to each patch, fully or in part (Reinhard 2001).

    Both sides use statistics of whole cases, so a patch keeps its differences from its case.

    Args:
        images: float32 ``(N, h, w, 3)``, 0..255.
        sources: int64 ``(N,)``, the row of each patch's own case.
        table: colours of the cases.
        rng: draws the case and the share of the transfer.

    Returns:
        float32 of the same shape, 0..255.
    """
    targets = rng.choice(table.donors, len(images))
    share = rng.random((len(images), 1), np.float32)
    goal = table.means[sources] + share * (table.means[targets] - table.means[sources])
    ratio = (table.deviations[targets] / table.deviations[sources]) ** share
    ratio = np.clip(ratio, 1 / _LARGEST_RATIO, _LARGEST_RATIO)
    lab = (_to_lab(images) - table.means[sources][:, None, None]) * ratio[:, None, None]
    return _from_lab(lab + goal[:, None, None])


def jitter_stains(
    images: NDArray[np.float32], strength: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Scale and shift each stain's optical density (Tellez 2019, section 3.1).

    Stains are separated with the matrix of Ruifrok & Johnston 2001.

    Args:
        images: float32 ``(N, h, w, 3)``, 0..255.
        strength: sigma: factors in ``1 - strength .. 1 + strength``, shifts (optical density,
            natural logarithm) in plus or minus ``strength``.
        rng: draws them.

    Returns:
        float32 of the same shape, not clipped.
    """
    shape = (len(images), 1, 1, 3)
    factor = rng.uniform(1 - strength, 1 + strength, shape).astype(np.float32)
    shift = rng.uniform(-strength, strength, shape).astype(np.float32)
    density = -np.log(np.maximum(images, 1.0) / 255.0)
    stains = (density @ _UNMIX) * factor + shift
    jittered: NDArray[np.float32] = 255.0 * np.exp(-(stains @ _MIX))
    return jittered


def _to_lab(images: NDArray[np.float32]) -> NDArray[np.float32]:
    flat = np.ascontiguousarray(images.reshape(-1, images.shape[2], 3)) / np.float32(255)
    return np.asarray(cv2.cvtColor(flat, cv2.COLOR_RGB2LAB), np.float32).reshape(images.shape)


def _from_lab(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    flat = np.ascontiguousarray(lab.reshape(-1, lab.shape[2], 3))
    rgb = np.asarray(cv2.cvtColor(flat, cv2.COLOR_LAB2RGB), np.float32)
    return 255 * np.clip(rgb, 0, 1).reshape(lab.shape)
