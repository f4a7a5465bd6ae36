"""Thirty drawn inputs of every kind that the service reads, the same at every call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.bundle_factory import encode, plain_image
from tests.synthetic import draw_patch
from tests.synthetic_region import draw_region

_SEED = 12


@dataclass(frozen=True)
class DrawnInput:
    """An image file, and what is asked about it."""

    name: str
    data: bytes
    options: dict[str, Any] = field(default_factory=dict)


def drawn_inputs() -> list[DrawnInput]:
    """Return the inputs, always in the same order."""
    return [*_patches(), *_odd_patches(), *_regions()]


def _rng(*place: int) -> np.random.Generator:
    return np.random.default_rng([_SEED, *place])


def _patches() -> Iterator[DrawnInput]:
    for index in range(12):
        image = draw_patch(_rng(0, index), label=index % 2, stain=0.8 + 0.05 * index)
        yield DrawnInput(f"patch {index}", encode(image))


def _odd_patches() -> Iterator[DrawnInput]:
    image = draw_patch(_rng(1), label=1)
    yield DrawnInput("narrow", encode(image[:, :31]))
    yield DrawnInput("tiny", encode(image[:9, :14]))
    yield DrawnInput("as a region", encode(image), {"mode": "region"})
    yield DrawnInput("sensitive", encode(image), {"operating_point": "high_sensitivity"})
    yield DrawnInput("own threshold", encode(image), {"threshold": 0.9})
    yield DrawnInput("without drawings", encode(image), {"explain": False})
    yield DrawnInput("grey", encode(image[:, :, 1]))
    yield DrawnInput("one colour", encode(plain_image(230, 228, 231)))
    yield DrawnInput("at 1 micron", encode(_enlarged(image, 4)), {"microns_per_pixel": 1.0})
    yield DrawnInput("at 8 microns", encode(image[::2, ::2]), {"microns_per_pixel": 8.0})


def _regions() -> Iterator[DrawnInput]:
    small = draw_region(_rng(2, 0), 120, 170)
    yield DrawnInput("region", encode(small))
    yield DrawnInput("region of known scale", encode(small), {"microns_per_pixel": 4.0})
    yield DrawnInput("region, sensitive", encode(small), {"operating_point": "high_sensitivity"})
    yield DrawnInput("region without drawings", encode(small), {"explain": False})
    large = draw_region(_rng(2, 1), 330, 410)
    yield DrawnInput("large region", encode(large), {"microns_per_pixel": 4.0})
    yield DrawnInput("finer region", encode(large), {"microns_per_pixel": 2.0})
    yield DrawnInput("coarser region", encode(small), {"microns_per_pixel": 9.0})
    yield DrawnInput("with glass", encode(_beside_glass(small)), {"microns_per_pixel": 4.0})


def _enlarged(image: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    return image.repeat(times, axis=0).repeat(times, axis=1)


def _beside_glass(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    glass = np.full((image.shape[0], 110, 3), 243, dtype=np.uint8)
    return np.concatenate([glass, image], axis=1)
