"""Cut the tiles of a slide as the command does, without the network: `python -m ... SLIDE`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from hf_space.bundle.load import load_bundle
from hf_space.imaging.places import Places
from hf_space.imaging.readers.slide_file import open_slide
from hf_space.slides.strips import StripReader
from hf_space.slides.tissue import find_tissue

_MODEL = Path(__file__).parents[2] / "hf_space" / "model"


def main() -> None:
    """Print tiles, and seconds to find the tissue and to cut."""
    config = load_bundle(_MODEL).config
    started = time.perf_counter()
    with open_slide(Path(sys.argv[1])) as slide:
        height, width = slide.scaled_size(config.microns_per_pixel)
        places = Places(height, width, config.patch_size_pixels, 0.0)
        is_scored = find_tissue(slide).at(places)
        ready = time.perf_counter()
        reader, tiles = StripReader(slide, places, config), 0
        for row in np.flatnonzero(is_scored.any(axis=1)).tolist():
            columns = tuple(np.flatnonzero(is_scored[row]).tolist())
            tiles += len(reader.read(row, columns).windows(columns))
    ended = time.perf_counter()
    figures = {"tiles": tiles, "ready_seconds": ready - started, "seconds": ended - ready}
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main()
