"""The service's environment variables: their faults, and a table that describes them."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from pydantic import SecretStr, ValidationError

from hf_space.settings.service import PREFIX, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic.fields import FieldInfo

# Read by the site, the Makefile and the tests, not by the service.
_OF_OTHERS: Final = frozenset({"API_URL", "PUBLIC_API_URL", "SITE_PROXY_HOPS", "PYTHON", "IDC_DIR"})
_PROJECT: Final = Path(__file__).parents[2]


class SettingsError(ValueError):
    """The environment cannot be used.

    Attributes:
        faults: One line for each wrong variable; it begins with the name and does not repeat the
            value.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        """Set the faults, at least one."""
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def read_settings() -> Settings:
    """Return the settings of this process's environment.

    Raises:
        SettingsError: A value cannot be used, or a variable with the prefix is unknown to the
            service, the site, the Makefile and the tests.
    """
    unknown = _unknown_variables(os.environ)
    try:
        settings = Settings()
    except ValidationError as error:
        raise SettingsError([*unknown, *settings_faults(error)]) from None
    if unknown:
        raise SettingsError(unknown)
    return settings


def _unknown_variables(names: Iterable[str]) -> list[str]:
    known = {f"{PREFIX}{name.upper()}" for name in {*Settings.model_fields, *_OF_OTHERS}}
    unknown = [
        name for name in names if name.upper().startswith(PREFIX) and name.upper() not in known
    ]
    return [f"{name}: no such setting{_nearest(name, known)}" for name in sorted(unknown)]


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name.upper(), sorted(known), n=1, cutoff=0.8)
    return f"; did you mean {near[0]}?" if near else ""


def settings_faults(error: ValidationError) -> list[str]:
    """Return the fault of each setting, by the variable's name; values are not repeated."""
    return [
        _fault(fault["loc"], fault["type"], fault["msg"])
        for fault in error.errors(include_input=False)
    ]


def _fault(place: tuple[int | str, ...], kind: str, message: str) -> str:
    said = "no such setting" if kind == "extra_forbidden" else message.removeprefix("Value error, ")
    if not place:
        return said
    # The port has several names.
    return f"{PREFIX}{str(place[0]).upper().removeprefix(PREFIX)}: {said}"


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
    """Return the names of the variables with secret values."""
    return frozenset(
        variable
        for variable, field in _variables().items()
        if SecretStr in get_args(field.annotation)
    )


def _variables() -> dict[str, FieldInfo]:
    prefix = Settings.model_config.get("env_prefix", "")
    return {f"{prefix}{name.upper()}": field for name, field in Settings.model_fields.items()}


def _default(value: object) -> str:
    """Return a default in the form of an environment variable."""
    if value is None:
        return "unset"
    if value in ((), {}):
        return "none"
    if isinstance(value, Path):
        return f"`{value.relative_to(_PROJECT).as_posix()}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
