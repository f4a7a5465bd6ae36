"""Drawn H&E tissue of the breast: a layout in micrometres, painted at any place and scale.

Nothing is taken from a patient. A tissue depends on its seed and size only, and any window of it is
what a painting of the whole shows there.
"""

from __future__ import annotations

from tests.tissue.paint import SCALES, Tissue, draw_region

__all__ = ["SCALES", "Tissue", "draw_region"]
