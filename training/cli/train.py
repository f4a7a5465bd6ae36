"""The command that trains: `train`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from hf_space.bundle.config import ColorMode
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
        help="NAME=STRENGTH, repeatable: an augmentation's strength, 0 for none, as in jpeg=0.3; "
        f"names and defaults: {AugmentConfig().listing()}."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(train)


def train(
    context: typer.Context,
    dataset: Annotated[Path, typer.Argument(help="Folder written by `prepare`.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; with --resume an existing one.")],
    *,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on from the checkpoint; other options are ignored."),
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            help="YAML or JSON file of settings, as the config.json of a run; options given beside "
            "it win."
        ),
    ] = None,
    backbone: Annotated[Backbone, typer.Option(help="Network under the head.")] = DEFAULTS.backbone,
    weights: Annotated[
        str, typer.Option(help="'imagenet', 'none' or a .weights.h5 file without top.")
    ] = DEFAULTS.weights,
    size: Annotated[int, typer.Option(help="Side of the input, in pixels.")] = DEFAULTS.input_size,
    margin: Annotated[
        int, typer.Option(help="Pixels reflected around the input, cropped off the map.")
    ] = DEFAULTS.margin,
    color_mode: Annotated[
        ColorMode, typer.Option(help="Colour of the input.")
    ] = DEFAULTS.color_mode,
    batch_size: Annotated[int, typer.Option(help="Views in a batch.")] = DEFAULTS.batch_size,
    head_epochs: Annotated[
        int, typer.Option(help="Epochs for the head alone.")
    ] = DEFAULTS.head_epochs,
    epochs: Annotated[int, typer.Option(help="Epochs for the whole network.")] = DEFAULTS.epochs,
    optimizer: Annotated[
        OptimizerName, typer.Option(help="Adam, or with weight decay.")
    ] = DEFAULTS.optimizer,
    head_learning_rate: Annotated[
        float, typer.Option(help="Rate of phase 1.")
    ] = DEFAULTS.head_learning_rate,
    learning_rate: Annotated[float, typer.Option(help="Peak of phase 2.")] = DEFAULTS.learning_rate,
    warmup_fraction: Annotated[
        float, typer.Option(help="Share of phase 2 in which the rate rises.")
    ] = DEFAULTS.warmup_fraction,
    weight_decay: Annotated[
        float, typer.Option(help="Weight decay of AdamW.")
    ] = DEFAULTS.weight_decay,
    dropout: Annotated[
        float, typer.Option(help="Share of feature channels dropped before the head.")
    ] = DEFAULTS.dropout,
    label_smoothing: Annotated[
        float, typer.Option(help="How far labels are drawn towards the middle.")
    ] = DEFAULTS.label_smoothing,
    ema_momentum: Annotated[
        float, typer.Option(help="Momentum of the weights' moving average; 0 averages nothing.")
    ] = DEFAULTS.ema_momentum,
    patches_per_case: Annotated[
        int, typer.Option(help="Most patches an epoch draws from one case; 0 takes all.")
    ] = DEFAULTS.patches_per_case or 0,
    balance_classes: Annotated[
        bool, typer.Option(help="Weigh the loss so that both classes count alike.")
    ] = DEFAULTS.balance_classes,
    noise: Annotated[
        float, typer.Option(help="Relative noise on each block while training.")
    ] = DEFAULTS.noise,
    consistency: Annotated[
        float,
        typer.Option(
            help="Weight in the loss of how two views of a patch differ; 0 takes one view."
        ),
    ] = DEFAULTS.consistency,
    paired_epochs: Annotated[
        int, typer.Option(help="Last epochs with two views of each patch; the others have one.")
    ] = DEFAULTS.paired_epochs,
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
        int | None, typer.Option(help="Stop after so many epochs without a better AUC.")
    ] = None,
    checkpoint_steps: Annotated[
        int, typer.Option(help="Steps between checkpoints.")
    ] = DEFAULTS.checkpoint_steps,
    seed: Annotated[int, typer.Option(help="Of all randomness.")] = DEFAULTS.seed,
    distill_from: Annotated[
        Path | None,
        typer.Option(
            help="Teacher mixed into the labels: a bundle, or the out_of_fold.parquet of "
            "`cross-validate`, in which no teacher has seen the case it teaches."
        ),
    ] = None,
    distill_weight: Annotated[
        float, typer.Option(help="Share of the teacher in the label.")
    ] = DEFAULTS.distill_weight,
    mixed_precision: Annotated[
        bool,
        typer.Option("--mixed-precision", help="Compute in float16; needs a GPU."),
    ] = DEFAULTS.mixed_precision,
) -> None:
    """Fine-tune a backbone: the head first, then everything, with checkpoints on the way.

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
