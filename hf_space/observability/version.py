"""The project's version, in the one place that has it."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.2.0"
"""Of package, service and command; a checkout that is not installed knows it too."""
