"""Converts the samples of a TIFF to 8-bit sRGB, according to its directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import cv2
import numpy as np
from PIL import Image

from hf_space.errors import CorruptImageError, UnsupportedImageError
from hf_space.imaging.readers.colour import profile_fits, to_srgb
from hf_space.imaging.readers.tiff_compressions import JPEG

if TYPE_CHECKING:
    from typing import TypeAlias

    import tifffile
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[Any]
    Pixels: TypeAlias = NDArray[np.uint8]

# PhotometricInterpretation, and how many samples its colour takes.
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE = 0, 1, 2, 3
_SEPARATED, _YCBCR, _CIELAB, _ICCLAB = 5, 6, 8, 9
_COLOURS: Final = {
    **{_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _PALETTE: 1},
    **{_SEPARATED: 4, _YCBCR: 3, _CIELAB: 3, _ICCLAB: 3},
}
_NAMES: Final = {
    **{4: "a transparency mask", 10: "ITU LAB", 32803: "a camera's raw mosaic"},
    **{32844: "LogL", 32845: "LogLuv", 34892: "linear raw", 51177: "a depth map"},
}
_GREYS: Final = frozenset({_WHITE_IS_ZERO, _BLACK_IS_ZERO})
_ASSOCIATED_ALPHA, _ALPHA = 1, 2
_ALPHAS: Final = frozenset({_ASSOCIATED_ALPHA, _ALPHA})
_UNSIGNED, _SIGNED, _FLOAT, _UNDEFINED = 1, 2, 3, 4
_MODES: Final = {1: "L", 3: "RGB", 4: "CMYK"}
_MOST_BITS: Final = 16
_INK_SET: Final = 332
_APERIO_YCBCR: Final = 33003
# Largest value of a palette that some programs write in 8 bits instead of 16.
_SHORT_PALETTE: Final = 255
_EIGHT_BITS: Final = 255.0
# Values above 1 and at most this much may be those of 0 to 1 after sharpening.
_UNCLEAR: Final = 2.0


class ToRgb:
    """Converts bands of one image.

    1 to 16 bits are scaled by their largest value. Floating point is read as 0 to 1 where nothing
    lies outside, and as 0 to 255 where the largest value is from 2 to 255; every other range is
    unclear and refused. Three 8-bit samples that are marked as grey are RGB, as in Bio-Formats, so
    QuPath, and ImageJ; libtiff would show the first alone. LAB has the white point D65, as in
    libvips and OpenCV. Transparency is laid on white; other extra samples are dropped. Then the ICC
    profile, if any, is applied.
    """

    def __init__(self, page: tifffile.TiffPage, profile: bytes | None) -> None:
        """Choose how to convert.

        Args:
            page: What tifffile says of the image.
            profile: Its ICC profile.

        Raises:
            UnsupportedImageError: The kind of colour, or the range of the samples, is unclear.
            CorruptImageError: There are fewer samples than the colour takes.
        """
        self._page = page
        self._profile = profile
        photometric = int(page.photometric)
        if photometric not in _COLOURS or (
            photometric == _SEPARATED and page.tags.valueof(_INK_SET, default=1) != 1
        ):
            name = _NAMES.get(photometric, f"photometric interpretation {photometric}")
            raise UnsupportedImageError(
                f"TIFF with {name} is not supported; save it as 8-bit RGB.",
                photometric=photometric,
            )
        self._kind = _decoded_kind(page, photometric)
        self._colours = _COLOURS[self._kind]
        if page.samplesperpixel < self._colours:
            raise CorruptImageError("The TIFF has fewer samples than its colours need.")
        self.is_float = int(page.sampleformat) == _FLOAT
        self._is_lab = self._kind in {_CIELAB, _ICCLAB}
        _check_range(page, self._kind)
        self._table = None if self.is_float else _scale_table(page)
        self._top = 1.0
        self._alpha = _alpha(page, self._colours)

    @property
    def profile_ignored(self) -> bool:
        """Whether the profile cannot be applied; LAB needs none."""
        if not self._profile or self._is_lab:
            return False
        mode = "RGB" if self._kind == _PALETTE else _MODES[self._colours]
        return not profile_fits(self._profile, mode)

    def set_range(self, lowest: float, highest: float) -> None:
        """State the range that all floating point samples of the image lie in.

        Raises:
            UnsupportedImageError: It is not clear what is white.
        """
        if not 0.0 <= lowest <= highest <= _EIGHT_BITS or 1.0 < highest < _UNCLEAR:
            raise UnsupportedImageError(
                f"Floating point pixels from {lowest:g} to {highest:g} have no fixed range; scale "
                "them to 0 to 1, or send 8-bit RGB or grey."
            )
        self._top = 1.0 if highest <= 1.0 else _EIGHT_BITS

    def __call__(self, band: Samples) -> Pixels:
        """Convert samples (rows, columns, samples) to uint8 (rows, columns, 3), sRGB."""
        if self._is_lab:
            return _lab_to_rgb(band[..., :3], self._kind)
        if self._kind == _PALETTE:
            rgb = self._palette()[band[..., 0].astype(np.intp)]
            return self._profiled(_on_white(rgb, self._opacity(band), self._alpha))
        scaled = self._scaled(band[..., : self._colours])
        if self._kind == _WHITE_IS_ZERO:
            scaled = 255 - scaled
        if self._kind == _YCBCR:
            scaled = cv2.cvtColor(np.ascontiguousarray(scaled[..., [0, 2, 1]]), cv2.COLOR_YCrCb2RGB)
        return self._profiled(_on_white(scaled, self._opacity(band), self._alpha))

    def _opacity(self, band: Samples) -> Pixels | None:
        if self._alpha is None:
            return None
        place = self._alpha[0]
        return self._scaled(band[..., place : place + 1])

    def _scaled(self, band: Samples) -> Pixels:
        if self.is_float:
            values = band.astype(np.float32) * np.float32(_EIGHT_BITS / self._top)
            return np.asarray(np.rint(values).astype(np.uint8))
        if self._table is None:
            return band
        return np.asarray(self._table[band.view(np.uint8) if band.dtype == bool else band])

    def _palette(self) -> Pixels:
        colours = np.asarray(self._page.colormap, dtype=np.uint32).T
        is_short = colours.max() <= _SHORT_PALETTE
        return (colours if is_short else colours * 255 // 65535).astype(np.uint8)

    def _profiled(self, pixels: Pixels) -> Pixels:
        if pixels.shape[2] == 1 and not self._profile:
            return np.repeat(pixels, 3, axis=2)
        if pixels.shape[2] == 3 and not self._profile:
            return pixels
        height, width, channels = pixels.shape
        image = Image.frombuffer(_MODES[channels], (width, height), np.ascontiguousarray(pixels))
        return np.asarray(to_srgb(image, self._profile))


def _decoded_kind(page: tifffile.TiffPage, photometric: int) -> int:
    """Return the kind of colour after decompression: JPEG's decoder gives RGB for YCbCr."""
    if page.compression == _APERIO_YCBCR:
        return _YCBCR
    if photometric in _GREYS and page.samplesperpixel >= _COLOURS[_RGB]:
        return _kind_of_grey(page, photometric)
    is_contiguous = page.planarconfig == 1
    if photometric == _YCBCR and page.compression in JPEG and is_contiguous:
        return _RGB
    return photometric


def _kind_of_grey(page: tifffile.TiffPage, photometric: int) -> int:
    """Return the meaning of several samples marked as grey: mostly RGB with a wrong tag."""
    if not _ALPHAS.isdisjoint(int(kind) for kind in page.extrasamples):
        return photometric
    sort = (photometric, page.samplesperpixel, page.bitspersample, int(page.sampleformat))
    if sort == (_BLACK_IS_ZERO, _COLOURS[_RGB], 8, _UNSIGNED):
        return _RGB
    raise UnsupportedImageError(
        f"TIFF with {page.samplesperpixel} samples of {page.bitspersample} bits that are marked as "
        "grey is not supported, since it is unclear which are its colours; save it as 8-bit RGB.",
        samples=page.samplesperpixel,
    )


def _check_range(page: tifffile.TiffPage, kind: int) -> None:
    sample_format, bits = int(page.sampleformat), cast("int | tuple[int, ...]", page.bitspersample)
    is_known = sample_format in {_UNSIGNED, _UNDEFINED, _FLOAT} or (
        sample_format == _SIGNED and kind in {_CIELAB, _ICCLAB}
    )
    is_whole = sample_format != _FLOAT
    if isinstance(bits, tuple) or not is_known or (is_whole and bits > _MOST_BITS):
        kinds = {_SIGNED: "signed integers", _FLOAT: "floating point"}
        raise UnsupportedImageError(
            f"Pixels of {bits} bits ({kinds.get(sample_format, 'integers')}) have no fixed range; "
            "send 8-bit RGB or grey."
        )
    if sample_format == _FLOAT and kind not in {_BLACK_IS_ZERO, _WHITE_IS_ZERO, _RGB}:
        raise UnsupportedImageError(
            "Floating point pixels of this kind of colour are not supported; send 8-bit RGB."
        )


def _scale_table(page: tifffile.TiffPage) -> Pixels | None:
    """Return the 8-bit value of each value; None where samples have 8 bits already."""
    highest = (1 << page.bitspersample) - 1
    if highest == _EIGHT_BITS:
        return None
    values = np.arange(1 << (8 * np.dtype(page.dtype).itemsize), dtype=np.uint32)
    return (np.minimum(values, highest) * 255 // highest).astype(np.uint8)


def _alpha(page: tifffile.TiffPage, colours: int) -> tuple[int, bool] | None:
    """Return which sample is opacity, and whether the colours are multiplied by it already."""
    kinds = [int(kind) for kind in page.extrasamples][: page.samplesperpixel - colours]
    for place, kind in enumerate(kinds, colours):
        if kind in _ALPHAS:
            return place, kind == _ASSOCIATED_ALPHA
    return None


def _on_white(pixels: Pixels, opacity: Pixels | None, alpha: tuple[int, bool] | None) -> Pixels:
    if opacity is None or alpha is None or pixels.shape[2] == 4:
        return pixels
    opaque = opacity.astype(np.uint32)
    colours = pixels.astype(np.uint32)
    weighted = colours * 255 if alpha[1] else colours * opaque
    laid = (weighted + 255 * (255 - opaque) + 127) // 255
    return np.asarray(np.minimum(laid, 255).astype(np.uint8))


def _lab_to_rgb(band: Samples, kind: int) -> Pixels:
    """Convert LAB, coded as TIFF 6.0 (section 23) or ICC do, in 8 or 16 bits."""
    is_short = band.dtype.itemsize == 1
    full, step = (255.0, 1.0) if is_short else (65535.0, 256.0)
    unsigned = band.view(np.uint8 if is_short else np.uint16).astype(np.float32)
    signed = band.view(np.int8 if is_short else np.int16).astype(np.float32)
    lab = np.empty(band.shape, np.float32)
    lab[..., 0] = unsigned[..., 0] * (100.0 / full)
    if kind == _ICCLAB:
        lab[..., 1:] = unsigned[..., 1:] / step - 128.0
    else:
        lab[..., 1:] = signed[..., 1:] / step
    rgb = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    return np.asarray(np.rint(np.clip(rgb, 0.0, 1.0) * 255.0).astype(np.uint8))
