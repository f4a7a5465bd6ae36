"""The pictures that ship are drawn, down to the last pixel: none shows a patient's tissue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hf_space.imaging.readers import decode_image
from hf_space.inference.probe import EXAMPLES, probe_patches
from tests.synthetic import draw_patch
from tests.synthetic_region import draw_region

DRAWN = {
    "drawn_crowded.png": draw_patch(np.random.default_rng(7), label=1),
    "drawn_loose.png": draw_patch(np.random.default_rng(7), label=0),
    "drawn_region.png": draw_region(np.random.default_rng(4), 400, 600),
}


def test_no_other_picture_ships_with_them() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == set(DRAWN)


@pytest.mark.parametrize("path", sorted(EXAMPLES.iterdir()), ids=lambda path: path.name)
def test_the_example_is_what_is_drawn(path: Path) -> None:
    # Another processor's sine may round a pixel differently.
    shown = decode_image(path.read_bytes()).astype(int)
    assert np.abs(shown - DRAWN[path.name]).max() <= 1


def test_probes_are_different_tissue() -> None:
    patches = probe_patches(50)
    assert patches.shape == (16, 50, 50, 3)
    assert len({patch.tobytes() for patch in patches}) == 16
