"""Each fold and each case is evaluated on its own."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, recall_score, roc_auc_score

from training.evaluation.out_of_fold import group_reports


def test_a_group_is_judged_by_its_own_patches() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 300)
    logits = labels - 0.5 + rng.normal(0, 1, 300)
    groups = np.repeat(["a", "b", "c"], 100)
    case_ids = np.repeat([f"{number}" for number in range(6)], 50)
    malignant, weights = logits > 0.2, rng.uniform(0.1, 1, 300)
    reports = group_reports(
        groups,
        case_ids=case_ids,
        labels=labels,
        logits=logits,
        malignant=malignant,
        weights=weights,
    )
    assert list(reports) == ["a", "b", "c"]
    own, found = groups == "b", reports["b"]
    assert (found.cases, found.patches, found.idc) == (2, 100, labels[own].sum())
    expected = {
        "roc_auc": roc_auc_score(labels[own], logits[own], sample_weight=weights[own]),
        "recall": recall_score(labels[own], malignant[own], sample_weight=weights[own]),
        "f1": f1_score(labels[own], malignant[own], sample_weight=weights[own]),
    }
    assert {name: getattr(found, name) for name in expected} == pytest.approx(expected)


def test_what_a_case_of_one_class_does_not_define_is_none() -> None:
    ones = np.ones(3)
    reports = group_reports(
        np.array(["a"] * 3),
        case_ids=np.array(["a"] * 3),
        labels=np.zeros(3, np.int64),
        logits=ones,
        malignant=np.array([True, False, False]),
        weights=ones,
    )
    found = reports["a"]
    assert (found.roc_auc, found.recall, found.balanced_accuracy) == (None, None, None)
    assert found.specificity == pytest.approx(2 / 3)
