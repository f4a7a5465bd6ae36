"""The typeface of pictures and reports: Bitstream Vera, part of reportlab; PDFs may embed it.

It has the accents of Western European languages, µ and ².
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import reportlab
from PIL import ImageFont

_FOLDER: Final = Path(reportlab.__file__).parent / "fonts"
REGULAR: Final = _FOLDER / "Vera.ttf"
BOLD: Final = _FOLDER / "VeraBd.ttf"


@cache
def font(pixels: int, file: Path = REGULAR) -> ImageFont.FreeTypeFont:
    """Return the typeface for drawing into a picture, at a height in pixels."""
    return ImageFont.truetype(str(file), pixels)
