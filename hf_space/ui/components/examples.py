"""Example images: the model's own real ones, or else drawn ones."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from PIL import Image, UnidentifiedImageError

from hf_space.inference.probe import EXAMPLES

# Paths, as the tabs' inputs need them.
Example = list[str]

_SAMPLES: Final = "samples"
_PATCH_PIXELS: Final = 50


def find_examples(model_dir: Path) -> tuple[list[Example], list[Example]]:
    """Return the examples for one image and those for a region.

    Args:
        model_dir: The bundle; its folder `samples`, if there is one, holds real images.
    """
    samples = _sorted_by_size(model_dir / _SAMPLES)
    drawn = _sorted_by_size(EXAMPLES)
    return samples[0] or drawn[0], samples[1] or drawn[1]


def example_folders(model_dir: Path) -> list[str]:
    """Return the folders of the examples."""
    return [str(EXAMPLES), str(model_dir / _SAMPLES)]


@cache
def example_digests(model_dir: Path) -> frozenset[str]:
    """Return the SHA-256 of every example: their files state no scale, but the page knows it."""
    offered = [example for examples in find_examples(model_dir) for example in examples]
    return frozenset(hashlib.sha256(Path(path).read_bytes()).hexdigest() for [path] in offered)


def _sorted_by_size(folder: Path) -> tuple[list[Example], list[Example]]:
    patches: list[Example] = []
    regions: list[Example] = []
    for path in sorted(folder.glob("*.png")):
        try:
            with Image.open(path) as image:
                is_patch = max(image.size) <= _PATCH_PIXELS
        except (OSError, UnidentifiedImageError):
            continue
        (patches if is_patch else regions).append([str(path)])
    return patches, regions
