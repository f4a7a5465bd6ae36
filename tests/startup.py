"""What the service prints instead of starting."""

from __future__ import annotations

from hf_space.prediction.start import start_faults
from hf_space.settings.environment import SettingsError, read_settings


def start_lines() -> list[str]:
    """Return what the service would print instead of starting."""
    try:
        return start_faults(read_settings())
    except SettingsError as error:
        return list(error.faults)
