"""The command that writes the model card: `card`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(card)


def card(
    bundle: Annotated[Path, typer.Argument(help="Folder of an exported, evaluated bundle.")],
    template: Annotated[
        Path | None, typer.Option(help="Template of the card; default: model_card.md.")
    ] = None,
    readme: Annotated[
        list[Path] | None,
        typer.Option(help="Document whose marked figures are updated too; repeatable."),
    ] = None,
) -> None:
    """Write the bundle's README.md, the model card, from the bundle's own files.

    Example: python -m training card hf_space/model --readme README.md
    """
    from training.evaluation.measured import measured_bundle
    from training.release.card import TEMPLATE, write_card
    from training.release.documents import update_document

    measured = measured_bundle(bundle)
    typer.echo(f"The model card is in {write_card(measured, template or TEMPLATE)}.")
    for document in readme or ():
        update_document(document, measured)
        typer.echo(f"Updated the figures in {document}.")
