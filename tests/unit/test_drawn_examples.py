"""All shipped pictures are drawn, to the last pixel: none shows a patient's tissue."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hf_space.imaging.readers import decode_image
from hf_space.inference.probe import EXAMPLES, probe_patches
from tests.tissue.examples import FOLDERS, STILL, examples


def test_no_other_picture_ships_with_them() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == set(examples())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parts[-3])
@pytest.mark.parametrize("name", sorted(examples()))
def test_the_example_is_what_is_drawn(folder: Path, name: str) -> None:
    # Another processor's sine may round a pixel differently.
    shown = decode_image((folder / name).read_bytes()).astype(int)
    assert np.abs(shown - examples()[name]).max() <= 1


def test_probes_are_different_tissue() -> None:
    patches = probe_patches(50)
    assert patches.shape == (16, 50, 50, 3)
    assert len({patch.tobytes() for patch in patches}) == 16


def test_home_has_a_small_copy_of_the_region_within_itself() -> None:
    encoded = STILL.read_text().partition("data:image/webp;base64,")[2].partition('"')[0]
    small = Image.open(BytesIO(b64decode(encoded)))
    region = Image.fromarray(examples()["drawn_region.png"])
    expected = np.asarray(region.resize(small.size, Image.Resampling.LANCZOS), dtype=float)
    assert abs(small.width / small.height - region.width / region.height) < 0.01
    assert np.abs(np.asarray(small.convert("RGB")) - expected).mean() < 8
