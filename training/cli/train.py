"""The command that trains: `train`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from hf_space.bundle.config import ColorMode, Interpolation
from training.cli.quiet import import_tensorflow
from training.fitting.config import (
    AugmentConfig,
    Backbone,
    OptimizerName,
    TrainConfig,
    parse_augment,
)

DEFAULTS: Final = TrainConfig(dataset="")
_SETTINGS: Final = {"size": "input_size", "split": "splits", "case_weight": "case_weights"}

Augmentations = Annotated[
    list[str] | None,
    typer.Option(
        help="NAME=STRENGTH, repeatable: strength of an augmentation, 0 for none, as jpeg=0.3; "
        f"names and defaults: {AugmentConfig().listing()}."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(train)


def train(
    context: typer.Context,
    dataset: Annotated[Path, typer.Argument(help="Folder written by `prepare`.")],
    out: Annotated[
        Path, typer.Option(help="New folder for the run; with --resume an existing one.")
    ],
    *,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Continue from the checkpoint; other options are ignored."),
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            help="YAML or JSON file of settings, such as the config.json of a run; options given "
            "with it win."
        ),
    ] = None,
    backbone: Annotated[Backbone, typer.Option(help="Network under the head.")] = DEFAULTS.backbone,
    weights: Annotated[
        str, typer.Option(help="'imagenet', 'none' or a .weights.h5 file without the top layers.")
    ] = DEFAULTS.weights,
    size: Annotated[int, typer.Option(help="Side of the input in pixels.")] = DEFAULTS.input_size,
    margin: Annotated[
        int, typer.Option(help="Pixels reflected around the input and cropped off the map.")
    ] = DEFAULTS.margin,
    color_mode: Annotated[
        ColorMode, typer.Option(help="Colour of the input.")
    ] = DEFAULTS.color_mode,
    interpolation: Annotated[
        Interpolation, typer.Option(help="How patches are enlarged to the input.")
    ] = DEFAULTS.interpolation,
    batch_size: Annotated[int, typer.Option(help="Patches per batch.")] = DEFAULTS.batch_size,
    head_epochs: Annotated[
        int, typer.Option(help="Epochs for the head alone.")
    ] = DEFAULTS.head_epochs,
    epochs: Annotated[int, typer.Option(help="Epochs for the whole network.")] = DEFAULTS.epochs,
    optimizer: Annotated[
        OptimizerName, typer.Option(help="Adam, or Adam with weight decay (adamw).")
    ] = DEFAULTS.optimizer,
    head_learning_rate: Annotated[
        float, typer.Option(help="Learning rate while the head is trained.")
    ] = DEFAULTS.head_learning_rate,
    learning_rate: Annotated[
        float, typer.Option(help="Highest learning rate while the whole network is trained.")
    ] = DEFAULTS.learning_rate,
    warmup_fraction: Annotated[
        float,
        typer.Option(help="Share of the steps for the whole network in which the rate rises."),
    ] = DEFAULTS.warmup_fraction,
    weight_decay: Annotated[
        float, typer.Option(help="Weight decay of AdamW.")
    ] = DEFAULTS.weight_decay,
    dropout: Annotated[
        float, typer.Option(help="Share of feature channels dropped before the head.")
    ] = DEFAULTS.dropout,
    label_smoothing: Annotated[
        float, typer.Option(help="How far labels are moved from 0 and 1 towards 0.5.")
    ] = DEFAULTS.label_smoothing,
    ema_momentum: Annotated[
        float, typer.Option(help="Momentum of the moving average of the weights; 0 for none.")
    ] = DEFAULTS.ema_momentum,
    patches_per_case: Annotated[
        int, typer.Option(help="Most patches per case and epoch; 0 for all.")
    ] = DEFAULTS.patches_per_case or 0,
    balance_classes: Annotated[
        bool, typer.Option(help="Weight the loss so that both classes count the same.")
    ] = DEFAULTS.balance_classes,
    noise: Annotated[
        float, typer.Option(help="Relative noise on each block while training.")
    ] = DEFAULTS.noise,
    augment: Augmentations = None,
    split: Annotated[
        list[str] | None,
        typer.Option(help="Split to train on; repeatable; default: train, extension."),
    ] = None,
    validation: Annotated[
        str, typer.Option(help="Split to validate on, or 'none' for a final model.")
    ] = "val",
    case_weight: Annotated[
        list[str] | None,
        typer.Option(
            help="CASE=W or CASE:CLASS=W, repeatable: weight in the loss and in validation."
        ),
    ] = None,
    patience: Annotated[
        int | None, typer.Option(help="Stop after this many epochs without a better AUC.")
    ] = None,
    checkpoint_steps: Annotated[
        int, typer.Option(help="Steps between checkpoints.")
    ] = DEFAULTS.checkpoint_steps,
    seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = DEFAULTS.seed,
    distill_from: Annotated[
        Path | None,
        typer.Option(
            help="Teacher mixed into the labels: a bundle, or the out_of_fold.parquet of "
            "`cross-validate`, whose predictions come from models that did not see the case."
        ),
    ] = None,
    distill_weight: Annotated[
        float, typer.Option(help="Share of the teacher's probability in the label.")
    ] = DEFAULTS.distill_weight,
    mixed_precision: Annotated[
        bool,
        typer.Option("--mixed-precision", help="Compute in float16; needs a GPU."),
    ] = DEFAULTS.mixed_precision,
) -> None:
    """Fine-tune a backbone: first the head, then the whole network, with checkpoints.

    Example: python -m training train data/prepared --out runs/first --epochs 5 --patience 2
    """
    options = locals()
    # Options that were not given may come from the file.
    given = {
        name: options[name]
        for name in options.keys() - {"context", "dataset", "out", "resume", "config"}
        if getattr(context.get_parameter_source(name), "name", None) == "COMMANDLINE"
    }
    settings = run_settings(given, config, dataset)
    import_tensorflow()
    from training.fitting.train import run_training

    run_training(settings, out, resume=resume)
    typer.echo(f"The trained model is in {out}.")


def run_settings(given: dict[str, Any], file: Path | None, dataset: Path) -> TrainConfig:
    """Return a run's settings: those of a file, overridden by the given options.

    Raises:
        ConfigurationError: The file or an option cannot be read, or makes no sense.
    """
    from training.data.case_weights import parse_case_weights
    from training.fitting.settings_file import read_settings, train_config

    settings = (read_settings(file) if file else {}) | {"dataset": str(dataset)}
    readers: dict[str, Callable[[Any], Any]] = {
        "augment": lambda options: parse_augment(options, train_config(settings).augment),
        "case_weight": parse_case_weights,
        "patches_per_case": lambda count: count or None,
        "validation": lambda name: None if name == "none" else name,
        "distill_from": str,
        "split": tuple,
    }
    for name, value in given.items():
        read = readers.get(name)
        settings[_SETTINGS.get(name, name)] = read(value) if read else value
    return train_config(settings)
