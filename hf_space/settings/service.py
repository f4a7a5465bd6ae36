"""Every environment variable the service reads, each documented once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from hf_space.settings.addresses import checked_database, checked_redis
from hf_space.settings.values import checked_host, checked_origin, expanded, key_pairs

MAX_UPLOAD_BYTES: Final = 20 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000
_MAX_SLIDE_BYTES: Final = 64 * 1024 * 1024
MAX_SLIDE_PIXELS: Final = 100_000_000
_MIN_SECRET_LENGTH: Final = 32
# For an image of some 900 x 900 pixels. With less, even ordinary regions would be refused.
_LEAST_IMAGE_MEMORY: Final = 16 * 1024 * 1024
PREFIX: Final = "BIOPSIA_"
"""Prefix of the variables."""

# Browsers resolve dot segments, so no request would ever contain one.
_ROOT_PATH: Final = re.compile(r"(/(?!\.+(/|$))[A-Za-z0-9._~-]+)+")


class Settings(BaseSettings):
    """The service's settings, read from the environment with the prefix ``BIOPSIA_``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        # Hosting platforms' forms send a variable that was not filled in as empty text.
        env_ignore_empty=True,
        frozen=True,
        populate_by_name=True,
        # A refused value may be a key or contain a password.
        hide_input_in_errors=True,
    )

    model_dir: Path = Field(
        default=Path(__file__).parents[1] / "model", description="Folder of the model bundle."
    )
    model_repo: str | None = Field(
        default=None,
        pattern=r"^[\w.-]+/[\w.-]+$",
        description="Repository on the Hugging Face Hub, `owner/name`, to load the model from; "
        "unset: from the folder.",
    )
    model_revision: str | None = Field(
        default=None,
        description="Branch, tag or commit of that repository; unset: its branch `main`.",
    )
    operating_point: str | None = Field(
        default=None,
        description="Operating point of requests that name none; unset: the bundle's default.",
    )
    engine: Literal["openvino", "tensorflow"] = Field(
        default="openvino",
        description="Engine that runs the network: `openvino`, or `tensorflow`, which is slower "
        "and must be installed.",
    )
    host: str = Field(default="0.0.0.0", description="Address that `python app.py` listens on.")  # noqa: S104 -- a container must be reachable from outside
    port: int = Field(
        default=7860,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("BIOPSIA_PORT", "PORT"),
        description="Port that `python app.py` listens on. If it is unset, `PORT` is read, which "
        "hosts set.",
    )
    root_path: str | None = Field(
        default=None,
        description="Path under which a proxy publishes the service, such as `/biopsia`. The proxy "
        "removes it before it passes a request on. Unset: none.",
    )
    max_upload_bytes: int = Field(
        default=MAX_UPLOAD_BYTES, gt=0, description="Largest image file accepted, in bytes."
    )
    max_pixels: int = Field(
        default=MAX_PIXELS, gt=0, description="Largest image accepted, in pixels."
    )
    max_slide_bytes: int = Field(
        default=_MAX_SLIDE_BYTES,
        gt=0,
        description="Largest picture of a slide at the model's scale that "
        "`POST /predict/slide/` accepts, in bytes.",
    )
    max_slide_pixels: int = Field(
        default=MAX_SLIDE_PIXELS,
        gt=0,
        description="Largest picture of a slide at the model's scale, in pixels.",
    )
    image_memory_bytes: int = Field(
        default=1024 * 1024 * 1024,
        ge=_LEAST_IMAGE_MEMORY,
        description="Memory for the pixels of large images, in bytes, at least 16777216; images "
        "for which there is no room wait, or get a 503.",
    )
    max_batch_files: int = Field(
        default=500, gt=0, description="Most images in a batch request or zip."
    )
    max_batch_bytes: int = Field(
        default=200 * 1024 * 1024,
        gt=0,
        description="Largest batch request, and largest total size of an unpacked zip, in bytes.",
    )
    queue_size: int = Field(
        default=1024, gt=0, description="Images that may wait for the engine; more get a 503."
    )
    data_dir: Path = Field(
        default=Path(__file__).parents[2] / "var",
        description="Folder of the SQLite history, and of records that wait for the database.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="Database of the history, `postgresql://...` or `sqlite:///FILE`; unset, "
        "and `sqlite://`: a file in `BIOPSIA_DATA_DIR`.",
    )
    retention_days: int = Field(
        default=30, ge=1, le=36_500, description="Days after which a record is deleted."
    )
    store_originals: bool = Field(
        default=False, description="Store the original image file with each saved result."
    )
    spool_records: int = Field(
        default=10_000,
        ge=0,
        description="Records that may wait on disk while the database is unreachable.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="Redis in which processes share results and limits, `redis://...`; unset: "
        "each process uses its own memory.",
    )
    cache_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=0,
        description="Memory for cached results, in bytes, in each process and again in Redis; "
        "0: no cache.",
    )
    cache_seconds: int = Field(
        default=3600, gt=0, description="Longest time a result is cached, in seconds."
    )
    owner_images_per_minute: int = Field(
        default=600,
        ge=0,
        description="Most requests and images of one visitor in a minute; 0: no limit.",
    )
    address_images_per_minute: int = Field(
        default=3000,
        ge=0,
        description="Most requests and images of one address in a minute; 0: no limit.",
    )
    trusted_proxy_hops: int = Field(
        default=0,
        ge=0,
        le=16,
        description="Number of proxies in front of the service whose `X-Forwarded-For` is trusted.",
    )
    site_secret: SecretStr | None = Field(
        default=None,
        description="Secret with which the site signs its visitors' addresses, set to the same "
        "value there, 32 characters or more; unset: all visitors of the site count as one "
        "address.",
    )
    api_keys: Annotated[dict[str, SecretStr], NoDecode] = Field(
        default={},
        description="API keys with the name of their owner, `name:key`, separated by commas; a key "
        "has 16 characters or more, and does not begin with `ticket.` or `hf_`.",
    )
    require_api_key: bool = Field(
        default=False, description="Refuse all requests without an API key, except to `/health/`."
    )
    ticket_secret: SecretStr | None = Field(
        default=None,
        description="Secret with which tickets are signed, the same in all processes, 32 "
        "characters or more; unset: a random one at each start.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins of sites whose pages may call the API, separated by commas.",
    )
    cors_origin_pattern: str | None = Field(
        default=None,
        description="Regular expression for further such origins; it must match the whole origin.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="Lowest level that is logged: `debug`, `info`, `warning` or `error`.",
    )
    log_format: Literal["auto", "text", "json"] = Field(
        default="auto",
        description="Format of the log: `text` for people, `json` for programs; `auto` is text "
        "at a terminal and JSON elsewhere.",
    )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            # Browsers send lower case, without the final slash that an address bar shows.
            return tuple(
                part.strip().rstrip("/").lower() for part in value.split(",") if part.strip()
            )
        return value

    @field_validator("cors_origins")
    @classmethod
    def _may_be_sent(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(checked_origin, value))

    @field_validator("host")
    @classmethod
    def _can_be_bound(cls, value: str) -> str:
        return checked_host(value)

    @field_validator("model_dir", "data_dir")
    @classmethod
    def _is_expanded(cls, value: Path) -> Path:
        return expanded(value)

    @field_validator("engine", "log_level", "log_format", "operating_point", mode="before")
    @classmethod
    def _in_small_letters(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _is_a_database(cls, value: SecretStr | None) -> SecretStr | None:
        address = checked_database(value.get_secret_value()) if value else None
        return SecretStr(address) if address else None

    @field_validator("redis_url")
    @classmethod
    def _is_a_redis(cls, value: SecretStr | None) -> SecretStr | None:
        return SecretStr(checked_redis(value.get_secret_value())) if value else None

    @field_validator("ticket_secret", "site_secret")
    @classmethod
    def _is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value and len(value.get_secret_value()) < _MIN_SECRET_LENGTH:
            raise ValueError(f"write {_MIN_SECRET_LENGTH} characters or more")
        return value

    @field_validator("root_path")
    @classmethod
    def _is_a_path(cls, value: str | None) -> str | None:
        if value and not _ROOT_PATH.fullmatch(value):
            raise ValueError("write a path such as /biopsia, without a slash at its end")
        return value

    @field_validator("api_keys", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        return key_pairs(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _somebody_has_a_key(self) -> Settings:
        if self.require_api_key and not self.api_keys:
            raise ValueError("BIOPSIA_REQUIRE_API_KEY needs BIOPSIA_API_KEYS")
        return self

    @model_validator(mode="after")
    def _model_comes_from_one_place(self) -> Settings:
        if self.model_repo and "model_dir" in self.model_fields_set:
            raise ValueError("BIOPSIA_MODEL_REPO and BIOPSIA_MODEL_DIR exclude each other")
        if self.model_revision and not self.model_repo:
            raise ValueError("BIOPSIA_MODEL_REVISION needs BIOPSIA_MODEL_REPO")
        return self

    @field_validator("cors_origin_pattern")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return value
