"""Describe the API and the settings of the service."""

from __future__ import annotations

import typer

from hf_space.cli.options import checked_settings
from hf_space.settings.environment import settings_table


def openapi() -> None:
    """Print the OpenAPI document that `GET /openapi.json` returns; no model is needed."""
    # Only here: the HTTP API takes a while to import, and scoring does without.
    from hf_space.api.app import create_api
    from hf_space.api.openapi import openapi_text

    typer.echo(openapi_text(create_api(checked_settings())), nl=False)


def settings() -> None:
    """Print all environment variables of the service with defaults and meanings, as Markdown."""
    typer.echo(settings_table())
