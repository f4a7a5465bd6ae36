"""The commands of `python -m training`.

Heavy libraries are imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from training.cli import card, evaluate, measure, model, publish, train
from training.errors import TrainingError

app = typer.Typer(
    help="Prepare patches, train, evaluate, calibrate, export and publish the model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _configure() -> None:
    logging.basicConfig(format="%(message)s", level=logging.INFO, force=True)
    # Libraries that report every request or file would drown the progress bars.
    for noisy in ("httpx", "httpx2", "kagglehub", "datasets"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # It prints its warnings itself.
    logging.getLogger("huggingface_hub").propagate = False


@app.command()
def prepare(
    source: Annotated[
        str,
        typer.Argument(
            help="Folder or zip in Kaggle's layout, 'kaggle' to download it, a data set on the "
            "Hugging Face Hub (owner/name), or with --cases a folder of your own patches."
        ),
    ],
    out: Annotated[Path, typer.Option(help="New folder for the data set and its report.")],
    cases: Annotated[
        Path | None,
        typer.Option(
            help="For your own patches, in one folder per class: a CSV file with the columns file "
            "and case, and optionally x, y and split (train, val, test)."
        ),
    ] = None,
    positive: Annotated[
        str, typer.Option(help="With --cases: the folder of class 1, the tumour.")
    ] = "1",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Decoding threads; default: one per processor.")
    ] = None,
) -> None:
    """Check patches and write them as a data set, split by case, with a one-page report.

    Every file that is left out is listed; exact duplicates and conflicting labels are
    reported; edge patches are padded by reflection.

    Example: python -m training prepare breast-histopathology-images.zip --out data/prepared
    """
    from training.data.listing import list_named
    from training.data.own_cases import own_layout
    from training.data.prepare import prepare as run

    layout = own_layout(cases, positive) if cases else list_named
    result = run(source, out, layout=layout, workers=workers, progress=True)
    audit = result.audit
    typer.echo(
        f"{audit.kept:,} patches of {len(audit.cases):,} cases written to {out}, "
        f"{result.lost:,} left out; {len(audit.duplicates):,} groups of duplicates, "
        f"{len(audit.conflicts):,} with conflicting labels."
    )
    typer.echo(f"{result.images_per_second:,.0f} images per second. See {out / 'report.md'}.")


train.register(app)
model.register(app)
evaluate.register(app)
measure.register(app)
card.register(app)
publish.register(app)


def main() -> None:
    """Run a command; an error the user can cure is one message on stderr and exit code 2."""
    try:
        app()
    # A full disk, or a folder that may not be written, is no fault of the program.
    except (TrainingError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
