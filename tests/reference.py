"""The project's metrics as scikit-learn computes them."""

from __future__ import annotations

from typing import Any

import sklearn.metrics


def reference_metrics(
    labels: Any, probabilities: Any, weights: Any, *, threshold: float
) -> dict[str, float]:
    """Return every metric that scikit-learn has too; arguments of shape (N,), weights or None."""
    called = probabilities >= threshold
    by_call = {
        "accuracy": sklearn.metrics.accuracy_score,
        "balanced_accuracy": sklearn.metrics.balanced_accuracy_score,
        "precision": sklearn.metrics.precision_score,
        "recall": sklearn.metrics.recall_score,
        "f1": sklearn.metrics.f1_score,
    }
    by_score = {
        "roc_auc": sklearn.metrics.roc_auc_score,
        "average_precision": sklearn.metrics.average_precision_score,
        "brier": sklearn.metrics.brier_score_loss,
    }
    return {
        **{name: of(labels, called, sample_weight=weights) for name, of in by_call.items()},
        **{name: of(labels, probabilities, sample_weight=weights) for name, of in by_score.items()},
        "specificity": sklearn.metrics.recall_score(
            labels, called, pos_label=0, sample_weight=weights
        ),
    }
