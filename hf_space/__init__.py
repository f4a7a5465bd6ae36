"""The Biopsia service: histology image in, calibrated and explained result out."""

from __future__ import annotations

from hf_space.observability.version import VERSION as __version__

__all__ = ["__version__"]
