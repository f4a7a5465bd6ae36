"""Slides for the tests of the site: as large as real ones, and written in seconds.

``python -m tests.browser_slides FOLDER`` writes them, and what the command ``slides`` says of each.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from hf_space.imaging.readers.slide_file import open_slide
from tests.bundle_factory import encode
from tests.drawn_slide import DrawnSlide
from tests.slides import TILE, truncate, write_ome_tiff, write_pyramid, write_svs

# Levels finer than this repeat the same few tiles: they are not scored.
_FINEST_DRAWN: Final = 4
_REPEATED_TILES: Final = 3
_MODEL_MICRONS: Final = 4.0


class CheapSlide(DrawnSlide):
    """A slide whose finest levels are cheap."""

    def repeats_after(self, downsample: float) -> tuple[float, float]:
        """Return after how many pixels of a level the drawing repeats, across and down."""
        if downsample < _FINEST_DRAWN:
            return float(_REPEATED_TILES * TILE), float(_REPEATED_TILES * TILE)
        return super().repeats_after(downsample)


def write_browser_slides(folder: Path) -> None:
    """Write a slide of 22,000 x 18,000 px at 0.25 µm in two formats, and some faulty ones."""
    slide = CheapSlide(22_000, 18_000, microns_per_pixel=(0.25, 0.25))
    write_svs(folder / "slide.svs", slide, share_tables=True)
    write_ome_tiff(folder / "slide.ome.tif", slide)
    small = DrawnSlide(3000, 2000, microns_per_pixel=(0.5, 0.5))
    truncate(write_svs(folder / "cut.svs", small))
    write_svs(folder / "unscaled.svs", small, mpp=None)
    write_svs(folder / "jp2.svs", small, compression=33005)
    write_pyramid(folder / "deflate.tif", small, compression="deflate")


def main() -> None:
    """Write the slides, and score them by the command."""
    folder = Path(sys.argv[1])
    write_browser_slides(folder)
    slides = [str(folder / name) for name in ("slide.svs", "slide.ome.tif")]
    command = [sys.executable, "-m", "hf_space", "slides", *slides]
    command += ["--out", str(folder / "out"), "--format", "json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 -- our own
    sizes = {Path(slide).name: _picture_bytes(Path(slide)) for slide in slides}
    (folder / "sizes.json").write_text(json.dumps(sizes))


def _picture_bytes(path: Path) -> int:
    """Return how long a PNG of the slide at the model's scale is."""
    with open_slide(path) as reader:
        height, _ = reader.scaled_size(_MODEL_MICRONS)
        pixels = reader.read_rows(0, height, _MODEL_MICRONS)
    return len(encode(pixels))


if __name__ == "__main__":
    main()
