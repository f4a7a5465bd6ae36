"""Every environment variable the service reads, each documented once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

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
    engine: Literal["openvino", "tensorflow"] = Field(
        default="openvino",
        description="What runs the network; tensorflow must be installed to choose it.",
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
    max_batch_files: int = Field(
        default=500, gt=0, description="Most images in one batch request or zip."
    )
    max_batch_bytes: int = Field(
        default=200 * 1024 * 1024,
        gt=0,
        description="Largest batch request, and most bytes its zip may unpack to.",
    )
    queue_size: int = Field(
        default=1024, gt=0, description="Images that may wait for the engine before a 503."
    )
    cache_bytes: int = Field(
        default=64 * 1024 * 1024, ge=0, description="Memory for results already given; 0: none."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Sites whose pages may call the API, separated by commas."
    )
    cors_origin_pattern: str | None = Field(
        default=None, description="Regular expression for further such sites; it must match whole."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe log message written."
    )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("cors_origin_pattern")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return value
