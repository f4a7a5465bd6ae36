"""The pictures that ship with the demo and the site."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.tissue.paint import Tissue

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = (ROOT / "hf_space" / "examples", ROOT / "frontend" / "public" / "samples")

STILL: Final = ROOT / "frontend" / "src" / "components" / "example" / "still.ts"

EXAMPLE: Final = Tissue(width=2400, height=1600, seed=11)
MICRONS: Final = 4.0
"""Scale of the examples, in µm per pixel. Their files do not state it."""

_WINDOWS: Final = {
    "drawn_region.png": (0, 0, 600, 400),
    "drawn_crowded.png": (420, 120, 50, 50),
    "drawn_loose.png": (90, 190, 50, 50),
}
"""Left, top, width and height of each example, in pixels."""


@cache
def examples() -> dict[str, NDArray[np.uint8]]:
    """Paint the examples by name, RGB, uint8 (h, w, 3)."""
    return {name: EXAMPLE.paint(*window, MICRONS) for name, window in _WINDOWS.items()}


def write_examples() -> list[Path]:
    """Write the examples where the demo and the site have them, and return the files.

    The site's home page has a small copy of the region within itself.
    """
    paths = [folder / name for folder in FOLDERS for name in _WINDOWS]
    for path in paths:
        Image.fromarray(examples()[path.name]).save(path, optimize=True)
    STILL.write_text(_still_module())
    return [*paths, STILL]


def _still_module() -> str:
    # As wide as the picture on a phone: there it is the largest one, and painted with the page.
    size = (400, 267)
    file = BytesIO()
    region = Image.fromarray(examples()["drawn_region.png"])
    region.resize(size, Image.Resampling.LANCZOS).save(file, "WEBP", quality=50, method=6)
    address = f"data:image/webp;base64,{b64encode(file.getvalue()).decode()}"
    note = "Made by `python -m tests.tissue`: a small copy of the drawn region."
    return f'/** {note} */\nexport const STILL =\n  "{address}";\n'
