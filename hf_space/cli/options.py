"""Options that commands share, checked as the API checks them."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import ValidationError

from hf_space.cli.echo import echo
from hf_space.messages.catalogue import text, text_or
from hf_space.schemas.options import PredictOptions, findings
from hf_space.settings import Settings
from hf_space.settings.environment import SettingsError, read_settings

PointName = Annotated[
    str | None,
    typer.Option(
        "--operating-point",
        help="A named threshold of the model, such as balanced or high_sensitivity.",
    ),
]
Threshold = Annotated[
    float | None, typer.Option(help="Your own threshold, from 0 to 1, without an uncertain band.")
]


def checked_settings() -> Settings:
    """Return the settings of the environment; ends the command where a variable is wrong."""
    try:
        return read_settings()
    except SettingsError as error:
        for fault in error.faults:
            echo(fault, err=True)
        raise typer.Exit(1) from None


def checked_options(**values: object) -> PredictOptions:
    """Return options by their names; raises BadParameter, which names the one that is wrong."""
    try:
        # Drawings are made on request only, and there is no visitor to save for.
        return PredictOptions.model_validate({"explain": False} | values | {"save": False})
    except ValidationError as error:
        raise _bad_option(error) from error


def _bad_option(error: ValidationError) -> typer.BadParameter:
    finding, *others = findings([dict(each) for each in error.errors()])
    if finding["message"] in {each["message"] for each in others}:
        # The only possible contradiction; the message uses the command's names of the options.
        first, second = "--threshold", "--operating-point"
        return typer.BadParameter(text("command.one_rule", "en", first=first, second=second))
    hint = f"'--{finding['field'].replace('_', '-')}'"
    message = text_or(f"option.{finding['field']}", "en", finding["message"])
    return typer.BadParameter(message, param_hint=hint)
