"""The project's version; defined only here."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.2.0"
"""Version of package, service and command, also in a checkout that is not installed."""
