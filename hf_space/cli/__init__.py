"""The command line: one module for each kind of command."""

from __future__ import annotations

from typing import Annotated

import typer

from hf_space.cli.describe import openapi, settings
from hf_space.cli.images import find_images, predict
from hf_space.cli.whole_slides import slides
from hf_space.observability.version import VERSION

__all__ = ["app", "find_images", "predict"]

app = typer.Typer(no_args_is_help=True, add_completion=False)
for command in (predict, slides, openapi, settings):
    app.command()(command)


def _print_version(asked: bool) -> None:  # noqa: FBT001 -- typer calls it so
    if asked:
        typer.echo(f"biopsia {VERSION}")
        raise typer.Exit


@app.callback()
def _main(
    *,
    version: Annotated[  # noqa: ARG001 -- its callback answers
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Find invasive ductal carcinoma in H&E images of the breast.

    For research and teaching only; not a diagnosis.
    """
