"""The environment as a table: each variable, its default and its meaning, from `Settings`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from pydantic import SecretStr

from hf_space.settings import Settings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_PROJECT: Final = Path(__file__).parents[1]


def settings_table() -> str:
    """Return the settings as a Markdown table, the same on every machine."""
    secret = secret_settings()
    rows = [
        f"| `{variable}` | {_default(field.default)} | {field.description}"
        f"{' **Secret.**' if variable in secret else ''} |"
        for variable, field in _variables().items()
    ]
    return "\n".join(["| variable | default | meaning |", "| --- | --- | --- |", *rows])


def secret_settings() -> frozenset[str]:
    """Return the names of the variables whose values are for the service only."""
    return frozenset(
        variable
        for variable, field in _variables().items()
        if SecretStr in get_args(field.annotation)
    )


def _variables() -> dict[str, FieldInfo]:
    prefix = Settings.model_config.get("env_prefix", "")
    return {f"{prefix}{name.upper()}": field for name, field in Settings.model_fields.items()}


def _default(value: object) -> str:
    """Return a default as somebody would write it into the environment."""
    if value is None:
        return "unset"
    if value in ((), {}):
        return "none"
    if isinstance(value, Path):
        return f"`{value.relative_to(_PROJECT).as_posix()}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
