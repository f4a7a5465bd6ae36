from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from tests.synthetic import (
    EDGE_WIDTH,
    EOSIN,
    HAEMATOXYLIN,
    SIZE,
    draw_patch,
    make_patches,
    write_kaggle_tree,
)
from training.data.records import parse_name


def _stain_density(patch: np.ndarray) -> np.ndarray:
    """Unmix a patch into mean haematoxylin and eosin density by least squares."""
    density = -np.log((patch.reshape(-1, 3).astype(float) + 1) / 244)
    fields = np.linalg.lstsq(np.stack([HAEMATOXYLIN, EOSIN], axis=1), density.T, rcond=None)[0]
    return np.asarray(fields.mean(axis=1))


def test_the_same_seed_draws_the_same_patches_and_another_seed_others() -> None:
    patches, labels = make_patches(2, seed=5)
    np.testing.assert_array_equal(patches, make_patches(2, seed=5)[0])
    assert not np.array_equal(patches, make_patches(2, seed=6)[0])
    assert patches.shape == (4, SIZE, SIZE, 3)
    assert patches.dtype == np.uint8
    assert labels.tolist() == [0, 0, 1, 1]


def test_tumour_has_more_haematoxylin_and_other_tissue_has_mostly_eosin() -> None:
    patches, labels = make_patches(12)
    density = np.stack([_stain_density(patch) for patch in patches])
    haematoxylin, eosin = density.T
    assert haematoxylin[labels == 1].min() > 2 * haematoxylin[labels == 0].max()
    assert (eosin[labels == 0] > 2 * haematoxylin[labels == 0]).all()


def test_stain_strength_darkens_a_patch() -> None:
    pale, dark = (
        draw_patch(np.random.default_rng(1), label=1, stain=stain) for stain in (0.8, 1.25)
    )
    assert dark.mean() < pale.mean() - 10


def test_tree_has_real_names_on_a_grid_and_a_narrow_edge_patch(tmp_path: Path) -> None:
    paths = write_kaggle_tree(tmp_path, ["10254", "10255"], 2)
    records = [parse_name(path.name) for path in paths]
    assert [path.relative_to(tmp_path).parts[:2] for path in paths[:3]] == [
        ("10254", "0"),
        ("10254", "0"),
        ("10254", "1"),
    ]
    assert [(r.x, r.y, r.label) for r in records[:4] if r] == [
        (1, 1, 0),
        (51, 1, 0),
        (101, 1, 1),
        (1, 51, 1),
    ]
    shapes = [np.asarray(cv2.imread(str(path))).shape for path in paths[:4]]
    assert shapes == [(SIZE, SIZE, 3)] * 3 + [(SIZE, EDGE_WIDTH, 3)]


def test_a_case_does_not_depend_on_the_cases_beside_it(tmp_path: Path) -> None:
    alone = write_kaggle_tree(tmp_path / "a", ["10255"], 1)
    beside = write_kaggle_tree(tmp_path / "b", ["10254", "10255"], 1)[2:]
    assert [path.read_bytes() for path in alone] == [path.read_bytes() for path in beside]
