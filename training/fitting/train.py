"""Fine-tune a backbone in two phases, resumable at any checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from hf_space.imaging.preprocess import preprocess
from training.data.arrays import Patches, load_patches
from training.data.case_weights import sampling_weights
from training.errors import ConfigurationError, TrainingError
from training.fitting.callbacks import (
    BEST_WEIGHTS_FILE,
    Checkpoint,
    History,
    ReseedDropout,
    TrainingMetrics,
    ValidateAverage,
    average_weights,
    out_of_patience,
)
from training.fitting.compilation import compile_model, cosine_schedule
from training.fitting.config import CONFIG_FILE, TrainConfig
from training.fitting.epoch_log import EpochLog
from training.fitting.learning_curve import write_learning_curve
from training.fitting.loop import learn_steps
from training.fitting.model import (
    ACTIVATION_MAP,
    explained,
    freeze_for_head,
    from_config,
    initial_bias,
    unfreeze,
    with_noise,
)
from training.fitting.pipeline import Examples, loss_weights, steps_per_epoch, training_batches
from training.fitting.precision import in_float32, precision_of
from training.fitting.run import (
    FACTS_FILE,
    MODEL_FILE,
    VALIDATION_FILE,
    measure_facts,
    read_history,
    start_run,
)
from training.fitting.teacher import teacher_probabilities

_SCORING_BATCH = 64


@dataclass(frozen=True, slots=True)
class Fold:
    """The training and the validation patches of a run.

    Attributes:
        train: int64 ``(M,)``, indices into the patches.
        validation: int64 ``(K,)``; empty for a run without validation.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]


def run_training(config: TrainConfig, run: Path, *, resume: bool) -> None:
    """Train one model and save it with its validation predictions and its learning curve.

    Args:
        config: settings of a new run; a resumed run has its own.
        run: folder of the run.
        resume: continue the run in the folder.

    Raises:
        RunError: the folder holds a run and ``resume`` is off, or none and it is on.
        DatasetError: the prepared data set is missing.
    """
    if resume:
        config = TrainConfig.load(run)
    patches = load_patches(Path(config.dataset))
    fold = published_fold(config, patches)
    if not resume:
        start_run(config, run)
    try:
        model = fit(config, patches, fold, run)
    except TrainingError:
        # Remove the folder of a run that could not start, so that the corrected command can use it.
        if not Checkpoint.last_step(run):
            (run / CONFIG_FILE).unlink()
        raise
    curve = run / "learning_curve.png"
    write_learning_curve(read_history(run), curve, head_epochs=config.head_epochs)
    if len(fold.validation):
        logits = score(model, config, patches, fold.validation)
        prediction_table(patches, fold.validation, logits).to_parquet(run / VALIDATION_FILE)


def published_fold(config: TrainConfig, patches: Patches) -> Fold:
    """Find the patches of the configuration's splits.

    Raises:
        ConfigurationError: a split has no patches, or is used for both training and validation.
    """
    if config.validation in config.splits:
        raise ConfigurationError(
            f"{config.validation!r} cannot be used for both training and validation"
        )
    fold = Fold(
        train=np.flatnonzero(np.isin(patches.splits, config.splits)),
        validation=np.flatnonzero(patches.splits == config.validation),
    )
    if config.validation is not None and not len(fold.validation):
        raise ConfigurationError(
            f"no patches to validate on: the data set has none of {config.validation!r}; "
            "for a final model say so with --validation none"
        )
    return fold


def fit(config: TrainConfig, patches: Patches, fold: Fold, run: Path) -> keras.Model:
    """Train, or continue from the run's last checkpoint, and save the model.

    Phase 1 trains the head on frozen features; phase 2 trains everything, with batch statistics
    frozen when the backbone starts from learned weights. The moving average of the weights is
    saved: that of the best epoch if there is a validation set, of the last one otherwise.

    Args:
        config: settings, as saved in the run.
        patches: the prepared data set.
        fold: indices to learn from and to validate on.
        run: folder made by `start_run`.

    Returns:
        The trained model; ``run/model.keras`` holds it with both outputs.

    Raises:
        RunError: the weights cannot be loaded.
        ConfigurationError: there are not patches of both classes to learn from.
    """
    if len(np.unique(patches.labels[fold.train])) < 2:
        raise ConfigurationError(
            f"{len(fold.train):,} patches to learn from, not of both classes: check --split and "
            "the data set"
        )
    keras.utils.set_random_seed(config.seed)
    examples = make_examples(config, patches, fold.train)
    with precision_of(config):
        model = from_config(config)
        share = float(np.average(examples.targets, weights=examples.weights))
        model.get_layer(ACTIVATION_MAP).bias.assign([initial_bias(share)])
        _learn(config, examples, model, _validation(config, patches, fold, run), run)
    if config.mixed_precision:
        model = in_float32(model)
    explained(model).save(run / MODEL_FILE)
    seconds = sum(row["seconds"] for row in read_history(run))
    facts = measure_facts(patches, fold.train, seconds=seconds)
    (run / FACTS_FILE).write_text(facts.model_dump_json(indent=2) + "\n")
    return model


def _learn(
    config: TrainConfig,
    examples: Examples,
    model: keras.Model,
    callbacks: list[keras.callbacks.Callback],
    run: Path,
) -> None:
    """Train the model in place from the run's last checkpoint to the end."""
    steps = steps_per_epoch(examples, config)
    learner = with_noise(model, config.noise)
    done, head = Checkpoint.last_step(run), config.head_epochs * steps
    log = EpochLog.load(run, step=done)
    callbacks = [
        ReseedDropout(config.seed),
        TrainingMetrics(),
        *callbacks,
        History(run, log),
        keras.callbacks.TensorBoard(run / "tensorboard", write_graph=False),
        Checkpoint(run, every=config.checkpoint_steps, steps=steps, log=log),
    ]

    def learn(last: int) -> None:
        batches = training_batches(examples, config, first_step=done, last_step=last)
        learn_steps(
            learner,
            batches,
            first_step=done,
            steps_per_epoch=steps,
            callbacks=callbacks,
            log=log,
        )

    if head and done <= head:
        freeze_for_head(model)
        compile_model(learner, config, config.head_learning_rate)
        Checkpoint.restore(learner, run, step=done)
        learn(head)
        # Phase 2 starts from the average of phase 1.
        average_weights(learner)
        done = head
    unfreeze(model, batch_statistics=not config.pretrained)
    compile_model(learner, config, cosine_schedule(config, config.epochs * steps))
    if done > head:
        Checkpoint.restore(learner, run, step=done)
    if not (config.validation and out_of_patience(read_history(run), config.patience)):
        learn(head + config.epochs * steps)
    if (run / BEST_WEIGHTS_FILE).is_file():
        learner.load_weights(run / BEST_WEIGHTS_FILE)
    else:
        average_weights(learner)


def make_examples(config: TrainConfig, patches: Patches, indices: NDArray[np.int64]) -> Examples:
    """Give each patch its target and its weight in the loss."""
    labels, cases = patches.labels[indices], patches.case_ids[indices]
    targets = labels.astype(np.float32)
    if config.distill_from is not None:
        share = config.distill_weight
        teacher = teacher_probabilities(Path(config.distill_from), patches, indices)
        targets = (1 - share) * targets + share * teacher
    weights = loss_weights(
        cases,
        labels,
        sampling_weights(cases, labels, config.case_weights),
        patches_per_case=config.patches_per_case,
        balance=config.balance_classes,
    )
    return Examples(patches, indices, targets, weights)


def score(
    model: keras.Model, config: TrainConfig, patches: Patches, indices: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the logits of patches, float64 ``(N,)``, with no augmentation."""

    def load(number: NDArray[np.int64]) -> NDArray[np.float32]:
        chosen = indices[int(number) * _SCORING_BATCH : (int(number) + 1) * _SCORING_BATCH]
        return preprocess(
            patches.images[chosen],
            input_size=config.input_size,
            color_mode=config.color_mode,
            interpolation=config.interpolation,
        )

    def batch(number: tf.Tensor) -> tf.Tensor:
        images = tf.numpy_function(load, [number], tf.float32, stateful=False)
        return tf.ensure_shape(images, (None, config.input_size, config.input_size, 3))

    batches = tf.data.Dataset.range(-(-len(indices) // _SCORING_BATCH)).map(batch).prefetch(2)
    logits: NDArray[np.float64] = model.predict(batches, verbose=0)[:, 0].astype(np.float64)
    return logits


def prediction_table(
    patches: Patches, indices: NDArray[np.int64], logits: NDArray[np.float64]
) -> pd.DataFrame:
    """Return case_id, x, y, label and logit of each patch."""
    columns = {"case_id": patches.case_ids, "x": patches.x, "y": patches.y, "label": patches.labels}
    table = pd.DataFrame({name: values[indices] for name, values in columns.items()})
    return table.assign(logit=logits)


def _validation(
    config: TrainConfig, patches: Patches, fold: Fold, run: Path
) -> list[keras.callbacks.Callback]:
    if not len(fold.validation):
        return []
    labels, cases = patches.labels[fold.validation], patches.case_ids[fold.validation]
    weights = sampling_weights(cases, labels, config.case_weights)
    return [
        ValidateAverage(
            lambda model: score(model, config, patches, fold.validation),
            labels,
            weights,
            loss_weights=loss_weights(
                cases, labels, weights, patches_per_case=None, balance=config.balance_classes
            ),
            run=run,
            patience=config.patience,
        )
    ]
