"""The command line: one module for each kind of command."""

from __future__ import annotations

import typer

from hf_space.cli.describe import openapi, settings
from hf_space.cli.images import find_images, predict
from hf_space.cli.whole_slides import slides

__all__ = ["app", "find_images", "predict"]

app = typer.Typer(no_args_is_help=True, add_completion=False)
for command in (predict, slides, openapi, settings):
    app.command()(command)


@app.callback()
def _main() -> None:
    """Find invasive ductal carcinoma in H&E tissue. For research and teaching only."""
