"""What clients send: forms with drawn patches, and one drawn region, written to a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.synthetic import encode_png, make_patches

PATCHES = 512
BATCH = 64
REGION_SHAPE = (1500, 2000)
_BOUNDARY = "biopsia-benchmark"
_TILE = 50
CONTENT_TYPE = f"multipart/form-data; boundary={_BOUNDARY}"
PLACEHOLDER = b"<its-own-number>"
"""Placeholder after an image, where readers ignore it; it makes each request's image different."""


@dataclass(frozen=True, slots=True)
class Forms:
    """Request bodies 0, 1, ... as files in a folder.

    Attributes:
        folder: Where they lie.
        count: How many there are.
        visitors: Tokens of those who send them, in turn; none: nobody says who sends them.
        numbered: Each request gets a number of its own in the place of `PLACEHOLDER`.
    """

    folder: Path
    count: int
    visitors: tuple[str, ...] = ()
    numbered: bool = False

    def body(self, index: int) -> bytes:
        """Return one body."""
        return (self.folder / str(index)).read_bytes()


@cache
def patch_files() -> tuple[bytes, ...]:
    """Return distinct patches of both classes as PNG, in turn, so that no cache can answer."""
    images, _ = make_patches(PATCHES // 2)
    half = PATCHES // 2
    return tuple(encode_png(images[index // 2 + half * (index % 2)]) for index in range(PATCHES))


@cache
def tile_files() -> tuple[bytes, ...]:
    """Return the tiles of the region as PNG, row by row."""
    return tuple(encode_png(tile) for tile in _tiles())


@cache
def region_file() -> bytes:
    """Return a region of 2,000 x 1,500 px, tissue everywhere, as PNG."""
    height, width = REGION_SHAPE
    grid = _tiles().reshape(height // _TILE, width // _TILE, _TILE, _TILE, 3)
    return encode_png(grid.swapaxes(1, 2).reshape(height, width, 3))


@cache
def _tiles() -> NDArray[np.uint8]:
    height, width = REGION_SHAPE
    return make_patches(height * width // _TILE**2 // 2, seed=1)[0]


def write_forms(
    folder: Path, groups: Sequence[Sequence[bytes]], *, part: str, fields: Mapping[str, str]
) -> Forms:
    """Write one form for each group of image files.

    Args:
        folder: Created.
        groups: The images of each form.
        part: Name of the part that holds an image.
        fields: Text parts of every form.
    """
    folder.mkdir(parents=True)
    for index, images in enumerate(groups):
        (folder / str(index)).write_bytes(encode_form(images, part=part, fields=fields))
    return Forms(folder, len(groups))


def encode_form(images: Sequence[bytes], *, part: str, fields: Mapping[str, str]) -> bytes:
    """Return a multipart form."""
    disposition = "Content-Disposition: form-data; name="
    parts = [f'{disposition}"{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    parts += [
        f'{disposition}"{part}"; filename="{index}.png"\r\nContent-Type: image/png\r\n\r\n'.encode()
        + image
        for index, image in enumerate(images)
    ]
    opened = b"".join(b"--%s\r\n%s\r\n" % (_BOUNDARY.encode(), content) for content in parts)
    return opened + b"--%s--\r\n" % _BOUNDARY.encode()
