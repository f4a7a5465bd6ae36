"""Cut the tiles of a slide by TIAToolbox, as its documentation shows: `python FILE SLIDE`."""

from __future__ import annotations

import json
import sys
import time

from tiatoolbox.tools.patchextraction import get_patch_extractor
from tiatoolbox.wsicore.wsireader import WSIReader

# As the model reads a slide: tiles of 50 pixels at 4 µm per pixel, with a tenth of tissue.
_SIDE, _MICRONS_PER_PIXEL, _TISSUE_SHARE = 50, 4.0, 0.1


def main() -> None:
    """Print tiles, and seconds to find the tissue and to cut."""
    started = time.perf_counter()
    extractor = get_patch_extractor(
        "slidingwindow",
        input_img=WSIReader.open(sys.argv[1]),
        patch_size=(_SIDE, _SIDE),
        resolution=_MICRONS_PER_PIXEL,
        units="mpp",
        input_mask="otsu",
        min_mask_ratio=_TISSUE_SHARE,
    )
    ready = time.perf_counter()
    tiles = sum(1 for _ in extractor)
    ended = time.perf_counter()
    figures = {"tiles": tiles, "ready_seconds": ready - started, "seconds": ended - ready}
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main()
