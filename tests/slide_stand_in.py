"""A stand-in of `openslide.OpenSlide`, for formats that nobody may write.

It has the properties that OpenSlide's documentation lists for each maker, with a name wherever a
real slide may have one, and refuses to give out label, macro and thumbnail.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import ClassVar, Final, NoReturn

import numpy as np
import openslide
from PIL import Image, ImageCms

from tests.drawn_slide import DrawnSlide
from tests.slides import TELLTALE

_SCALE: Final = {"openslide.mpp-x": "0.5", "openslide.mpp-y": "0.5"}
_BOUNDS: Final = {
    "openslide.bounds-x": "301",
    "openslide.bounds-y": "202",
    "openslide.bounds-width": "1203",
    "openslide.bounds-height": "901",
}
VENDORS: Final = {
    ".ndpi": {
        **{"openslide.vendor": "hamamatsu", "openslide.objective-power": "20", **_SCALE},
        **{"hamamatsu.SourceLens": "20", "hamamatsu.Reference": TELLTALE},
        # Of another image than the one that is read.
        **{"tiff.XResolution": "5000", "tiff.YResolution": "5000"},
        **{"tiff.ResolutionUnit": "centimeter", "tiff.DateTime": "2026:11:29 10:00:00"},
    },
    ".mrxs": {
        **{
            "openslide.vendor": "mirax",
            "openslide.background-color": "FFFFFF",
            **_SCALE,
            **_BOUNDS,
        },
        **{"mirax.GENERAL.SLIDE_NAME": TELLTALE, "mirax.GENERAL.SLIDE_ID": TELLTALE},
        **{"mirax.GENERAL.OBJECTIVE_MAGNIFICATION": "20"},
    },
    ".scn": {
        **{"openslide.vendor": "leica", "openslide.objective-power": "20", **_SCALE, **_BOUNDS},
        **{"leica.barcode": TELLTALE, "leica.creation-date": "2026-11-29T10:00:00Z"},
        **{"openslide.comment": TELLTALE, "openslide.barcode": TELLTALE},
    },
    ".bif": {
        **{"openslide.vendor": "ventana", "openslide.objective-power": "20", **_SCALE},
        **{"ventana.ScanRes": "0.5", "ventana.Magnification": "20", "ventana.UserName": TELLTALE},
        **{"ventana.Barcode1D": TELLTALE, "tiff.ImageDescription": TELLTALE},
    },
}


class StandIn:
    """A slide of 2,000 x 1,500 pixels at 0.5 µm per pixel, transparent outside of its bounds."""

    slide: ClassVar[DrawnSlide] = DrawnSlide()
    profile: ClassVar[bytes | None] = None
    level_downsamples: ClassVar[tuple[float, ...]] = (1.0, 2.0, 4.0, 8.0)

    def __init__(self, path: Path) -> None:
        self.properties: dict[str, str] = {
            **VENDORS[path.suffix],
            **{f"openslide.level[{level}].tile-height": "240" for level in range(4)},
        }
        self.level_dimensions = tuple(
            (-(-self.slide.width // int(down)), -(-self.slide.height // int(down)))
            for down in self.level_downsamples
        )
        self.is_broken = "broken" in path.stem
        self.is_closed = False

    @staticmethod
    def detect_format(path: Path) -> str | None:
        return VENDORS.get(path.suffix, {}).get("openslide.vendor")

    @property
    def associated_images(self) -> NoReturn:
        raise AssertionError("label and macro hold names; nobody reads them")

    @property
    def color_profile(self) -> ImageCms.ImageCmsProfile | None:
        return None if self.profile is None else ImageCms.ImageCmsProfile(io.BytesIO(self.profile))

    def read_region(
        self, location: tuple[int, int], level: int, size: tuple[int, int]
    ) -> Image.Image:
        if self.is_broken:
            raise openslide.OpenSlideError(f"Cannot read {TELLTALE}: unexpected end of data")
        down = self.level_downsamples[level]
        left, top = (round(place / down) for place in location)
        pixels = self.slide.part(left, top, *size, (down, down))
        opaque = np.zeros((size[1], size[0], 1), np.uint8)
        opaque[self._inside(left, top, down)] = 255
        return Image.fromarray(np.concatenate([pixels * (opaque > 0), opaque], axis=2))

    def _inside(self, left: int, top: int, down: float) -> tuple[slice, slice]:
        names = ("x", "y", "width", "height")
        whole = (0, 0, self.slide.width, self.slide.height)
        stated = (self.properties.get(f"openslide.bounds-{name}") for name in names)
        x, y, width, height = (
            int(value) if value else full for value, full in zip(stated, whole, strict=True)
        )
        right, bottom = -(-(x + width) // int(down)), -(-(y + height) // int(down))
        first = max(0, int(y / down) - top), max(0, int(x / down) - left)
        return slice(first[0], max(0, bottom - top)), slice(first[1], max(0, right - left))

    def close(self) -> None:
        self.is_closed = True
