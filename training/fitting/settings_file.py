"""Settings of a run from a YAML or JSON file, as a run saves them."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import TypeAdapter, ValidationError

from training.errors import ConfigurationError
from training.fitting.config import AugmentConfig, TrainConfig

_SUFFIXES: Final = (".json", ".yaml", ".yml")
_ADAPTER: Final = TypeAdapter(TrainConfig)


def read_settings(path: Path) -> dict[str, Any]:
    """Read the settings that a file names.

    Args:
        path: YAML or JSON, by its ending; ``config.json`` of a run is one.

    Raises:
        ConfigurationError: The file cannot be read, or names an unknown setting.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise ConfigurationError(f"{path} must end in {', '.join(_SUFFIXES)}")
    try:
        text = path.read_text(encoding="utf-8")
        # YAML reads 1e-05, as JSON writes it, as text.
        found = json.loads(text) if path.suffix.lower() == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigurationError(f"cannot read the settings {path}: {error}") from error
    if not isinstance(found, dict):
        raise ConfigurationError(f"{path} must hold one table of settings")
    _check_names(found, TrainConfig, str(path))
    if isinstance(found.get("augment"), dict):
        _check_names(found["augment"], AugmentConfig, f"{path}, augment")
        found["augment"] = asdict(AugmentConfig()) | found["augment"]
    return found


def train_config(values: dict[str, Any]) -> TrainConfig:
    """Check settings and return them as a configuration.

    Args:
        values: Settings by name; missing ones get their default.

    Raises:
        ConfigurationError: A value has another type, or makes no sense.
    """
    try:
        return _ADAPTER.validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{name} is {first['input']!r}: {first['msg']}") from error


def _check_names(found: dict[str, Any], kind: type[Any], where: str) -> None:
    known = [field.name for field in fields(kind)]
    if unknown := sorted(str(name) for name in found.keys() - set(known)):
        raise ConfigurationError(
            f"{where} has unknown settings {', '.join(unknown)}; there are {', '.join(known)}"
        )
