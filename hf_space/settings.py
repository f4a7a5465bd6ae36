"""Every environment variable the service reads, each documented once."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from hf_space.imaging import decode


class Settings(BaseSettings):
    """The service's settings, read from the environment with the prefix ``BIOPSIA_``."""

    model_config = SettingsConfigDict(env_prefix="BIOPSIA_", frozen=True, populate_by_name=True)

    model_dir: Path = Field(
        default=Path(__file__).parent / "model", description="Folder of the model bundle."
    )
    operating_point: str | None = Field(
        default=None,
        description="Operating point used when a request names none; unset: the bundle's default.",
    )
    host: str = Field(default="0.0.0.0", description="Address that `python app.py` binds.")  # noqa: S104 -- a container must be reachable from outside
    port: int = Field(
        default=7860,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("BIOPSIA_PORT", "PORT"),
        description="Port that `python app.py` binds; `PORT` is read too, as hosts set it.",
    )
    max_upload_bytes: int = Field(
        default=decode.MAX_BYTES, gt=0, description="Largest image file accepted, in bytes."
    )
    max_pixels: int = Field(
        default=decode.MAX_PIXELS, gt=0, description="Largest image accepted, in pixels."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe log message written."
    )
