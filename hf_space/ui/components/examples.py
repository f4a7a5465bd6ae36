"""Images to try: real ones that come with the model, else drawn ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PIL import Image, UnidentifiedImageError

from hf_space.inference.probe import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

# Path and micrometres per pixel, as the tabs' inputs take them.
Example = list[str]

_SAMPLES: Final = "samples"
# All examples are at the scale of the published patches.
_MICRONS: Final = "4"
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
    """Return the folders that examples come from."""
    return [str(EXAMPLES), str(model_dir / _SAMPLES)]


def _sorted_by_size(folder: Path) -> tuple[list[Example], list[Example]]:
    patches: list[Example] = []
    regions: list[Example] = []
    for path in sorted(folder.glob("*.png")):
        try:
            with Image.open(path) as image:
                is_patch = max(image.size) <= _PATCH_PIXELS
        except (OSError, UnidentifiedImageError):
            continue
        (patches if is_patch else regions).append([str(path), _MICRONS])
    return patches, regions
