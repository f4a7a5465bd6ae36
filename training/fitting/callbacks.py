"""Callbacks at the end of an epoch: averaging, validation, logging and early stopping."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from hf_space.bundle.calibration import Calibration
from training.errors import DivergenceError
from training.fitting.compilation import CONFUSION_SHARES
from training.fitting.epoch_log import EpochLog
from training.fitting.run import HISTORY_FILE, read_history
from training.metrics import binary_metrics

BEST_WEIGHTS_FILE = "best.weights.h5"
CHECKPOINTS = "checkpoints"
_REPORTED = ("roc_auc", "balanced_accuracy", "precision", "recall", "f1")

Logits = Callable[[keras.Model], NDArray[np.float64]]


class ReseedDropout(keras.callbacks.Callback):
    """Set every random layer's state at each step, so that a resumed run repeats the same draws."""

    def __init__(self, seed: int) -> None:
        """Keep the run's seed."""
        super().__init__()
        self._seed = seed
        self._generators: list[keras.random.SeedGenerator] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Find the random layers."""
        found = (getattr(layer, "seed_generator", None) for layer in self.model.layers)
        self._generators = [generator for generator in found if generator is not None]

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Give each random layer the state of this step, counted from the run's beginning."""
        for number, generator in enumerate(self._generators):
            generator.state.assign([self._seed + number, batch])


class ValidateAverage(keras.callbacks.Callback):
    """Evaluate the moving average of the weights on validation patches and keep the best.

    Adds ``val_*`` metrics to the epoch's logs: the loss (cross-entropy in nats, with the classes
    weighed as in training), ROC AUC, balanced accuracy, precision, recall and F1 at probability 0.5
    of the class-balanced logit.

    Args:
        logits: scores the validation patches with the model it is given.
        labels: int64 ``(N,)`` of those patches.
        weights: float64 ``(N,)`` of those patches.
        loss_weights: float32 ``(N,)``, their weights in the loss.
        run: folder that receives the best weights.
        patience: epochs without a better ROC AUC before stopping; ``None`` never stops.
    """

    def __init__(
        self,
        logits: Logits,
        labels: NDArray[np.int64],
        weights: NDArray[np.float64],
        *,
        loss_weights: NDArray[np.float32],
        run: Path,
        patience: int | None,
    ) -> None:
        """Keep the data for the end of each epoch."""
        super().__init__()
        self._logits = logits
        self._labels = labels
        self._weights = weights
        self._loss_weights = loss_weights
        self._run = run
        self._patience = patience

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Score, add the metrics to the logs, and decide whether to stop."""
        logs = {} if logs is None else logs
        raw = self.model.get_weights()
        average_weights(self.model)
        logits = self._logits(self.model)
        if not np.isfinite(logits).all():
            raise DivergenceError(
                f"the scores of the validation patches in epoch {epoch + 1:,} are"
            )
        metrics = binary_metrics(
            self._labels, Calibration().probability(logits), threshold=0.5, weights=self._weights
        )
        losses = np.logaddexp(0.0, logits) - self._labels * logits
        logs["val_loss"] = float(np.average(losses, weights=self._loss_weights))
        logs.update({f"val_{name}": metrics[name] for name in _REPORTED})
        rows = read_history(self._run, before=epoch)
        if metrics["roc_auc"] > max((row["val_roc_auc"] for row in rows), default=-np.inf):
            self.model.save_weights(self._run / BEST_WEIGHTS_FILE)
        rows.append({"val_roc_auc": metrics["roc_auc"]})
        self.model.stop_training = out_of_patience(rows, self._patience)
        self.model.set_weights(raw)


def out_of_patience(history: Sequence[Mapping[str, float]], patience: int | None) -> bool:
    """Return whether none of the last ``patience`` epochs exceeded the best ROC AUC before them."""
    if patience is None or not history:
        return False
    scores = [row["val_roc_auc"] for row in history]
    return len(scores) - 1 - int(np.argmax(scores)) >= patience


class TrainingMetrics(keras.callbacks.Callback):
    """Convert the shares of `confusion_shares` in an epoch's logs to precision, recall and F1."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Replace them; a metric over no patches is NaN."""
        logs = {} if logs is None else logs
        hits, alarms, misses = (logs.pop(share.__name__) for share in CONFUSION_SHARES)
        for name, part, whole in (
            ("precision", hits, hits + alarms),
            ("recall", hits, hits + misses),
            ("f1", 2 * hits, 2 * hits + alarms + misses),
        ):
            logs[name] = part / whole if whole else math.nan


class History(keras.callbacks.Callback):
    """Write one CSV row an epoch; a resumed run replaces the rows it repeats."""

    def __init__(self, run: Path, log: EpochLog) -> None:
        """Keep the run's folder, and the log with the time of an epoch."""
        super().__init__()
        self._run = run
        self._log = log

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the row."""
        seconds = self._log.seconds
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        row = {"epoch": epoch, "learning_rate": rate, "seconds": seconds, **(logs or {})}
        rows = [*read_history(self._run, before=epoch), row]
        with (self._run / HISTORY_FILE).open("w", newline="") as file:
            # Rows of an earlier version have fewer columns.
            writer = csv.DictWriter(file, fieldnames=list(dict.fromkeys([*row, *chain(*rows)])))
            writer.writeheader()
            writer.writerows(rows)


class Checkpoint(keras.callbacks.Callback):
    """Keep the weights and the optimizer's state, which holds their average, of the last steps.

    Keras's own BackupAndRestore does not give the step before training begins, which the input
    pipeline needs to continue with the next draws.

    Args:
        run: the run's folder.
        every: steps between checkpoints.
        steps: steps in an epoch, whose end makes one too.
        log: saved with each of them, for the means over an epoch that is interrupted.
    """

    def __init__(self, run: Path, *, every: int, steps: int, log: EpochLog | None = None) -> None:
        """Create the folder."""
        super().__init__()
        self._run = run
        self._log = log
        self._folder = run / CHECKPOINTS
        self._folder.mkdir(exist_ok=True)
        self._every = every
        self._steps = steps
        self._done = 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Save when due; at an epoch's end only after it was validated and logged."""
        self._done = batch + 1
        if self._done % self._every == 0 and self._done % self._steps:
            self._save()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Save, so that nothing is validated or logged twice."""
        self._save()

    def _save(self) -> None:
        if self._log:
            self._log.save(self._run, step=self._done)
        partial = self._folder / "partial.weights.h5"
        self.model.save_weights(partial)
        earlier = list(self._folder.glob("step-*.weights.h5"))
        target = _checkpoint(self._folder, self._done)
        partial.rename(target)
        for path in earlier:
            if path != target:
                path.unlink()

    @staticmethod
    def last_step(run: Path) -> int:
        """Return the number of steps after which the run was last saved."""
        saved = (run / CHECKPOINTS).glob("step-*.weights.h5")
        return max((int(path.name[5:13]) for path in saved), default=0)

    @staticmethod
    def restore(model: keras.Model, run: Path, *, step: int) -> None:
        """Load the state after ``step`` steps into a compiled model, when it was kept."""
        path = _checkpoint(run / CHECKPOINTS, step)
        if path.is_file():
            model.optimizer.build(model.trainable_variables)
            model.load_weights(path)


def _checkpoint(folder: Path, step: int) -> Path:
    return folder / f"step-{step:08d}.weights.h5"


def average_weights(model: keras.Model) -> None:
    """Replace the model's weights by the optimizer's moving average of them."""
    model.optimizer.finalize_variable_values(model.trainable_variables)
