from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from training.data.source import open_source
from training.data.splits import (
    PUBLISHED,
    SPLIT_NAMES,
    grouped_folds,
    require_splits,
    split_of,
    split_sha256,
)
from training.errors import ConfigurationError, DatasetError


def test_published_lists_have_84_29_and_49_cases() -> None:
    assert {name: len(cases) for name, cases in PUBLISHED.items()} == {
        "train": 84,
        "val": 29,
        "test": 49,
    }


def test_no_case_is_in_two_published_lists() -> None:
    listed = Counter(case_id for cases in PUBLISHED.values() for case_id in cases)
    assert len(listed) == 162
    assert set(listed.values()) == {1}


@pytest.mark.parametrize(
    ("case_id", "split"),
    [("8865", "train"), ("8867", "val"), ("8864", "test"), ("10253", "extension")],
)
def test_a_case_belongs_to_its_published_list_or_extends_train(case_id: str, split: str) -> None:
    assert split_of(case_id) == split
    assert split in SPLIT_NAMES


def test_the_hash_of_the_lists_is_fixed() -> None:
    # Bundles record this hash: changing a list must be a decision, not an accident.
    assert split_sha256() == "08d7dbb1c0ef7f5fd60a3b4c204cbbd13d95e08b3aca891df32b7a44d863dd2c"


def _patches(seed: int) -> tuple[list[str], np.ndarray]:
    """Draw 40 cases of uneven size, each with its own share of tumour."""
    rng = np.random.default_rng(seed)
    case_ids: list[str] = []
    labels: list[int] = []
    for case in range(40):
        count = int(rng.integers(5, 120))
        case_ids += [str(9000 + case)] * count
        labels += (rng.random(count) < rng.beta(1, 2)).astype(int).tolist()
    order = rng.permutation(len(labels))
    return [case_ids[i] for i in order], np.array(labels)[order]


@pytest.mark.parametrize("n_folds", [2, 3, 5])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_case_crosses_folds_and_every_patch_has_one(n_folds: int, seed: int) -> None:
    case_ids, labels = _patches(seed)
    folds = grouped_folds(case_ids, labels, n_folds, seed)
    assert folds.shape == labels.shape
    assert set(folds.tolist()) == set(range(n_folds))
    folds_of_case = {case: set(folds[np.array(case_ids) == case].tolist()) for case in case_ids}
    assert all(len(found) == 1 for found in folds_of_case.values())


def test_folds_keep_the_share_of_tumour() -> None:
    case_ids, labels = _patches(3)
    folds = grouped_folds(case_ids, labels, 4, 0)
    shares = [labels[folds == fold].mean() for fold in range(4)]
    assert max(shares) - min(shares) < 0.1


def test_a_seed_fixes_the_folds_and_another_changes_them() -> None:
    case_ids, labels = _patches(0)
    first = grouped_folds(case_ids, labels, 3, 7)
    np.testing.assert_array_equal(first, grouped_folds(case_ids, labels, 3, 7))
    assert not np.array_equal(first, grouped_folds(case_ids, labels, 3, 8))


@pytest.mark.parametrize("n_folds", [0, 1, 3])
def test_impossible_fold_counts_are_refused(n_folds: int) -> None:
    with pytest.raises(DatasetError, match=f"{n_folds} folds"):
        grouped_folds(["1", "1", "2", "2"], [0, 1, 0, 1], n_folds, 0)


@pytest.mark.real_patches
def test_real_cases_stay_in_one_fold_and_one_split(real_patches: Path) -> None:
    with open_source(real_patches) as source:
        records = list(source.records)
    folds = grouped_folds([r.case_id for r in records], [r.label for r in records], 5, 0)
    pairs = {(record.case_id, int(fold)) for record, fold in zip(records, folds, strict=True)}
    assert len(pairs) == len({record.case_id for record in records})


def test_names_of_no_split_are_refused() -> None:
    require_splits(SPLIT_NAMES)
    with pytest.raises(ConfigurationError, match=r"no splits \['dev'\]: choose from train, val"):
        require_splits(["train", "dev"])
