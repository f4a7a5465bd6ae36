"""The commands around training: `cross-validate`, `average`, `augment`, `export`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from training.cli.quiet import import_tensorflow
from training.cli.train import DEFAULTS, Augmentations
from training.data.splits import LEARNABLE
from training.errors import ConfigurationError
from training.fitting.config import parse_augment


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (cross_validate, average, augment, export):
        app.command(name=command.__name__.replace("_", "-"))(command)


def cross_validate(
    dataset: Annotated[Path, typer.Argument(help="Folder written by `prepare`.")],
    like: Annotated[Path, typer.Option(help="Run whose settings every fold uses.")],
    out: Annotated[Path, typer.Option(help="Folder for the folds and their predictions.")],
    folds: Annotated[int, typer.Option(min=3, help="Number of folds.")] = 5,
    split: Annotated[
        list[str] | None,
        typer.Option(help="Split to include; repeatable; default: all except test."),
    ] = None,
) -> None:
    """Score every patch with a model that never saw its case; an interrupted run resumes.

    Example: python -m training cross-validate data/prepared --like runs/first --out runs/folds
    """
    import_tensorflow()
    from training.data.arrays import load_patches
    from training.fitting.cross_validate import OUT_OF_FOLD_FILE
    from training.fitting.cross_validate import cross_validate as run

    patches = load_patches(dataset)
    splits = set(split or LEARNABLE)
    run(like, patches, splits=splits, folds=folds, out=out)
    typer.echo(f"Out-of-fold predictions are in {out / OUT_OF_FOLD_FILE}.")


def average(
    dataset: Annotated[Path, typer.Argument(help="Folder written by `prepare`.")],
    folds: Annotated[Path, typer.Option(help="Folder written by `cross-validate`.")],
    out: Annotated[Path, typer.Option(help="New folder for the run.")],
) -> None:
    """Average the weights of the folds into one model that learned from the cases of all.

    Example: python -m training average data/prepared --folds runs/folds --out runs/final
    """
    import_tensorflow()
    from training.data.arrays import load_patches
    from training.fitting.average import average as run
    from training.fitting.cross_validate import fold_runs

    facts = run(fold_runs(folds), load_patches(dataset), out)
    typer.echo(f"The average of {facts.averaged_runs} runs, of {facts.cases:,} cases, is in {out}.")


def augment(
    dataset: Annotated[Path, typer.Argument(help="Folder written by `prepare`.")],
    preview: Annotated[Path, typer.Option(help="PNG file to write.")],
    augment: Augmentations = None,
    seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = DEFAULTS.seed,
) -> None:
    """Write a contact sheet: each row shows a patch, then augmented versions of it.

    Example: python -m training augment data/prepared --preview augmented.png
    """
    import_tensorflow()
    from training.data.arrays import load_patches
    from training.fitting.preview import write_preview

    config = replace(DEFAULTS, augment=parse_augment(augment or []), seed=seed)
    write_preview(load_patches(dataset), config, preview)
    typer.echo(f"The contact sheet is in {preview}.")


def export(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle.")],
    calibration: Annotated[Path, typer.Option(help="File written by `calibrate`.")],
    name: Annotated[str, typer.Option(help="The model's name in results.")] = "biopsia-idc",
    formats: Annotated[
        list[str] | None,
        typer.Option(
            help="Formats to write as well, separated by commas or repeated: keras, h5, "
            "saved_model, or probability (a Keras model that maps uint8 patches of any size to "
            "calibrated probabilities)."
        ),
    ] = None,
) -> None:
    """Write the bundle that the service, the Hub and Keras load.

    Example: python -m training export runs/final --calibration calibration.json --out bundle
    --formats keras,probability
    """
    import_tensorflow()
    from training.evaluation.calibrate import read_calibration
    from training.release.export import EXTRA_FORMATS
    from training.release.export import export as write

    parts = (part.strip() for option in formats or () for part in option.split(","))
    chosen = [part for part in parts if part]
    unknown = set(chosen) - set(EXTRA_FORMATS)
    if unknown:
        raise ConfigurationError(
            f"unknown formats {sorted(unknown)}: choose from {', '.join(EXTRA_FORMATS)}"
        )
    result = read_calibration(calibration)
    config = write(run, out, name=name, calibration=result, formats=chosen)
    typer.echo(f"{name} revision {config.revision} is in {out}.")
