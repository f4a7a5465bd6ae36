"""Opens a slide on disk with the reader for its content."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hf_space.errors import (
    ContradictoryScaleError,
    CorruptImageError,
    ImageError,
    PayloadTooLargeError,
    ScaleError,
    UnknownScaleError,
    UnsupportedImageError,
)
from hf_space.imaging.readers import READERS
from hf_space.imaging.readers.file_bytes import FileBytes
from hf_space.imaging.readers.openslide import (
    APERIO,
    DICOM,
    GENERIC,
    OpenSlideSource,
    check_dicom_file,
    detect_vendor,
    dicom_file,
)
from hf_space.imaging.readers.pyramid import LevelSource, PyramidReader
from hf_space.imaging.readers.scales import PLAUSIBLE, agreed
from hf_space.imaging.readers.tiff import TiffReader
from hf_space.imaging.readers.tiff_slide import TiffSource
from hf_space.settings import MAX_PIXELS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hf_space.imaging.readers.base import ImageReader
    from hf_space.imaging.readers.scales import Scale
    from hf_space.imaging.readers.slide import ScaleSource, SlideReader

# tifffile and imagecodecs decode them four times as fast as OpenSlide, and find SubIFDs.
_TIFF_VENDORS: Final = frozenset({None, GENERIC, APERIO})
# Most pixels of a picture that is decoded whole; its file is not much longer.
_MOST_BYTES: Final = 8 * MAX_PIXELS
# Without its folder, such a slide is only a picture of the glass and its label.
_MIRAX: Final = ".mrxs"
# A slide is 76 x 26 mm, and the largest glass, for sections of a whole breast, some 200 x 150 mm;
# half as long again leaves room for what a scanner adds. Beyond, the scale is wrong, and looking at
# so large a slide would take any amount of memory.
_MOST_MM: Final = 300.0
_MOST_MM2: Final = 30_000.0


def open_slide(path: Path, *, microns_per_pixel: float | None = None) -> SlideReader:
    """Open a slide, a folder of DICOM files, or any picture that is read here.

    The format is told by the content. tifffile reads Aperio's files and every TIFF without a mark,
    tile by tile, OpenSlide the formats of the other makers of scanners and DICOM; a picture of
    another format is decoded whole.

    Args:
        path: The slide; of DICOM its folder, or any file in it.
        microns_per_pixel: Scale of level 0, the same in x and y. It counts more than the file's.

    Raises:
        UnknownScaleError: Neither the file nor the caller states the scale.
        ContradictoryScaleError: The file states scales that differ by more than a tenth, and the
            caller none.
        ScaleError: The caller's scale is none of a slide, or the slide would be larger than any.
        ImageError: The file is damaged, incomplete, or of no format that is read here.
        PayloadTooLargeError: A picture that would have to be decoded whole is too large.
        OSError: The file cannot be read.
    """
    return open_levels(_open_source(path), microns_per_pixel=microns_per_pixel)


def open_levels(source: LevelSource, *, microns_per_pixel: float | None = None) -> SlideReader:
    """Read what a source decodes.

    Args:
        source: Is closed with the reader, and where that is refused.
        microns_per_pixel: See `open_slide`, as for the errors of scales.
    """
    try:
        scale, scale_source = _scale(source.stated_scales, microns_per_pixel)
        _check_size(source.bounds, scale)
    except BaseException:
        source.close()
        raise
    conflict = agreed((scale, *source.stated_scales)) is None
    return PyramidReader(source, scale, scale_source, conflict=conflict)


def check_scale(microns_per_pixel: float) -> None:
    """Refuse a caller's scale that no slide has: the range is that of what files state.

    Raises:
        ScaleError: It is too fine or too coarse.
    """
    lowest, highest = PLAUSIBLE
    if not lowest <= microns_per_pixel <= highest:
        raise ScaleError(
            f"No slide has {microns_per_pixel:g} µm/px: state {lowest:g} to {highest:g}.",
            microns_per_pixel=microns_per_pixel,
        )


def _check_size(bounds: tuple[int, int, int, int], scale: Scale) -> None:
    width, height = (side * each / 1000.0 for side, each in zip(bounds[2:], scale, strict=True))
    if max(width, height) > _MOST_MM or width * height > _MOST_MM2:
        raise ScaleError(
            f"At {scale[0]:g} x {scale[1]:g} µm/px the slide would be {width:,.0f} x "
            f"{height:,.0f} mm, which no slide is: state the true microns_per_pixel.",
            microns_per_pixel=max(scale),
        )


def _scale(stated: tuple[Scale, ...], microns_per_pixel: float | None) -> tuple[Scale, ScaleSource]:
    if microns_per_pixel is not None:
        check_scale(microns_per_pixel)
        return (microns_per_pixel, microns_per_pixel), "request"
    if not stated:
        raise UnknownScaleError("The slide does not state its scale: state microns_per_pixel.")
    scale = agreed(stated)
    if scale is None:
        named = ", ".join(f"{across:g} x {down:g}" for across, down in stated)
        raise ContradictoryScaleError(
            f"The slide states scales that contradict one another ({named} µm/px): state the true "
            "microns_per_pixel.",
            stated=[list(each) for each in stated],
        )
    return scale, "metadata"


def _open_source(path: Path) -> LevelSource:
    if path.is_dir():
        return OpenSlideSource(dicom_file(path))
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise CorruptImageError("The file is empty.")
    vendor = detect_vendor(path)
    if vendor in _TIFF_VENDORS and head.startswith(TiffReader.signatures):
        return _tiff_source(path, vendor)
    if vendor == DICOM:
        check_dicom_file(path)
    if vendor is not None:
        return OpenSlideSource(path)
    if path.suffix.lower() == _MIRAX:
        raise CorruptImageError("The folder that belongs to the MRXS file is missing or damaged.")
    return ImageSource(path)


def _tiff_source(path: Path, vendor: str | None) -> LevelSource:
    try:
        return TiffSource(FileBytes.open(path))
    except UnsupportedImageError:
        # A file that cannot be read in parts may be read as a whole, or by OpenSlide.
        if path.stat().st_size <= _MOST_BYTES:
            return ImageSource(path)
        if vendor is None:
            raise
    except ImageError:
        if vendor != APERIO:
            raise
    return OpenSlideSource(path)


class ImageSource:
    """A picture that is decoded whole, at its first reading; a `LevelSource` of one level."""

    def __init__(self, path: Path) -> None:
        """Read the file and its header.

        Raises:
            RequestError: The picture cannot be used; see the readers.
            OSError: The file cannot be read.
        """
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise PayloadTooLargeError(
                f"The file has {size} bytes and is none that is read in parts; at most "
                f"{_MOST_BYTES} are accepted.",
                bytes=size,
                max_bytes=_MOST_BYTES,
            )
        data = path.read_bytes()
        kind = next(reader for reader in READERS if data.startswith(reader.signatures))
        self._image: ImageReader = kind(data, max_bytes=_MOST_BYTES, max_pixels=MAX_PIXELS)
        self.levels = self._image.levels[:1]
        self.bounds = (0, 0, self._image.width, self._image.height)
        self.stated_scales = self._image.stated_scales
        self.properties = self._image.properties
        self.profile: bytes | None = None

    @property
    def profile_ignored(self) -> bool:
        """Whether the colour profile could not be applied; known once pixels were read."""
        return self._image.profile_ignored

    def tile_rows(self, level: int) -> int:
        """Return how many rows are stored together: all."""
        return self.levels[level].height

    def read_window(
        self, level: int, left: int, top: int, width: int, height: int
    ) -> NDArray[np.uint8]:
        """Return a part of the picture, see `LevelSource.read_window`."""
        if level:
            raise ValueError("a picture has one level")
        return self._image.read_region(left, top, width, height)

    def close(self) -> None:
        """Release the picture."""
        self._image.close()
