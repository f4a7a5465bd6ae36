"""The commands that train and export: `train`, `cross-validate`, `augment`, `export`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from hf_space.bundle.config import ColorMode
from training.errors import ConfigurationError
from training.fitting.config import (
    AugmentConfig,
    Backbone,
    OptimizerName,
    TrainConfig,
    parse_augment,
)

_DEFAULTS = TrainConfig(dataset="")

Augmentations = Annotated[
    list[str] | None,
    typer.Option(
        help="NAME=STRENGTH, repeatable: an augmentation's strength, 0 for none, as in jpeg=0.3; "
        f"names and defaults: {AugmentConfig().listing()}."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (train, cross_validate, augment, export):
        app.command(name=command.__name__.replace("_", "-"))(command)


def train(
    dataset: Annotated[Path, typer.Argument(help="Folder written by `prepare`.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; with --resume an existing one.")],
    *,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on from the checkpoint; other options are ignored."),
    ] = False,
    backbone: Annotated[Backbone, typer.Option(help="Network under the head.")] = (
        _DEFAULTS.backbone
    ),
    weights: Annotated[
        str, typer.Option(help="'imagenet', 'none' or a .weights.h5 file without top.")
    ] = _DEFAULTS.weights,
    size: Annotated[int, typer.Option(min=32, help="Side of the input, in pixels.")] = (
        _DEFAULTS.input_size
    ),
    margin: Annotated[
        int, typer.Option(min=0, help="Pixels reflected around the input, cropped off the map.")
    ] = _DEFAULTS.margin,
    color_mode: Annotated[ColorMode, typer.Option(help="Colour of the input.")] = (
        _DEFAULTS.color_mode
    ),
    batch_size: Annotated[int, typer.Option(min=1)] = _DEFAULTS.batch_size,
    head_epochs: Annotated[int, typer.Option(min=0, help="Epochs for the head alone.")] = (
        _DEFAULTS.head_epochs
    ),
    epochs: Annotated[int, typer.Option(min=1, help="Epochs for the whole network.")] = (
        _DEFAULTS.epochs
    ),
    optimizer: Annotated[OptimizerName, typer.Option()] = _DEFAULTS.optimizer,
    learning_rate: Annotated[float, typer.Option(help="Peak of phase 2.")] = (
        _DEFAULTS.learning_rate
    ),
    label_smoothing: Annotated[float, typer.Option(min=0, max=0.5)] = _DEFAULTS.label_smoothing,
    patches_per_case: Annotated[
        int, typer.Option(min=0, help="Most patches an epoch draws from one case; 0 takes all.")
    ] = _DEFAULTS.patches_per_case or 0,
    noise: Annotated[
        float, typer.Option(min=0, max=0.5, help="Relative noise on each block while training.")
    ] = _DEFAULTS.noise,
    consistency: Annotated[
        float,
        typer.Option(
            min=0, help="Weight in the loss of how two views of a patch differ; 0 takes one view."
        ),
    ] = _DEFAULTS.consistency,
    augment: Augmentations = None,
    split: Annotated[
        list[str] | None, typer.Option(help="Splits to learn from; default: train, extension.")
    ] = None,
    validation: Annotated[
        str, typer.Option(help="Split to validate on, or 'none' for a final model.")
    ] = "val",
    case_weight: Annotated[
        list[str] | None,
        typer.Option(help="CASE=W or CASE:CLASS=W, in the loss and in validation."),
    ] = None,
    patience: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many epochs without a better AUC.")
    ] = None,
    seed: Annotated[int, typer.Option()] = _DEFAULTS.seed,
    distill_from: Annotated[
        Path | None,
        typer.Option(
            help="Teacher mixed into the labels: a bundle, or the out_of_fold.parquet of "
            "`cross-validate`, in which no teacher has seen the case it teaches."
        ),
    ] = None,
) -> None:
    """Fine-tune a backbone: the head first, then everything, with checkpoints on the way.

    Example: python -m training train data/prepared --out runs/first --epochs 5 --patience 2
    """
    from training.data.case_weights import parse_case_weights
    from training.fitting.train import run_training

    config = TrainConfig(
        dataset=str(dataset),
        backbone=backbone,
        weights=weights,
        input_size=size,
        margin=margin,
        noise=noise,
        consistency=consistency,
        color_mode=color_mode,
        batch_size=batch_size,
        head_epochs=head_epochs,
        epochs=epochs,
        optimizer=optimizer,
        learning_rate=learning_rate,
        label_smoothing=label_smoothing,
        patches_per_case=patches_per_case or None,
        case_weights=parse_case_weights(case_weight or []),
        patience=patience,
        seed=seed,
        distill_from=None if distill_from is None else str(distill_from),
        augment=parse_augment(augment or []),
        splits=tuple(split or _DEFAULTS.splits),
        validation=None if validation == "none" else validation,
    )
    run_training(config, out, resume=resume)
    typer.echo(f"The trained model is in {out}.")


def cross_validate(
    dataset: Annotated[Path, typer.Argument(help="Folder written by `prepare`.")],
    like: Annotated[Path, typer.Option(help="Run whose settings every fold repeats.")],
    out: Annotated[Path, typer.Option(help="Folder for the folds and their predictions.")],
    folds: Annotated[int, typer.Option(min=3, help="Number of folds.")] = 5,
    split: Annotated[
        list[str] | None, typer.Option(help="Splits that take part; default: all but test.")
    ] = None,
) -> None:
    """Score every patch with a model that never saw its case; goes on where it was interrupted.

    Example: python -m training cross-validate data/prepared --like runs/first --out runs/folds
    """
    from training.data.arrays import load_patches
    from training.fitting.cross_validate import OUT_OF_FOLD_FILE
    from training.fitting.cross_validate import cross_validate as run

    patches = load_patches(dataset)
    splits = set(split or ("train", "extension", "val"))
    run(like, patches, splits=splits, folds=folds, out=out)
    typer.echo(f"Out-of-fold predictions are in {out / OUT_OF_FOLD_FILE}.")


def augment(
    dataset: Annotated[Path, typer.Argument(help="Folder written by `prepare`.")],
    preview: Annotated[Path, typer.Option(help="PNG file to write.")],
    augment: Augmentations = None,
    seed: Annotated[int, typer.Option()] = _DEFAULTS.seed,
) -> None:
    """Write a contact sheet: each row a patch as it is, then as training may see it.

    Example: python -m training augment data/prepared --preview augmented.png
    """
    from training.data.arrays import load_patches
    from training.fitting.preview import write_preview

    config = replace(_DEFAULTS, augment=parse_augment(augment or []), seed=seed)
    write_preview(load_patches(dataset), config, preview)
    typer.echo(f"The contact sheet is {preview}.")


def export(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle.")],
    calibration: Annotated[Path, typer.Option(help="File written by `calibrate`.")],
    name: Annotated[str, typer.Option(help="The model's name in results.")] = "biopsia-idc",
    formats: Annotated[
        list[str] | None, typer.Option(help="Also write: keras, h5, saved_model.")
    ] = None,
) -> None:
    """Write the bundle that the service, the Hub and Keras load.

    Example: python -m training export runs/final --calibration calibration.json --out bundle
    """
    from training.evaluation.calibrate import CalibrationResult
    from training.release.export import EXTRA_FORMATS
    from training.release.export import export as write

    unknown = set(formats or ()) - set(EXTRA_FORMATS)
    if unknown:
        raise ConfigurationError(f"unknown formats {sorted(unknown)}: choose from {EXTRA_FORMATS}")
    if not calibration.is_file():
        raise ConfigurationError(f"no such calibration file: {calibration}; run `calibrate` first")
    result = CalibrationResult.model_validate_json(calibration.read_bytes())
    config = write(run, out, name=name, calibration=result, formats=formats or ())
    typer.echo(f"{name} revision {config.revision} is in {out}.")
