"""Read a pyramid of levels at any scale, strip by strip."""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from PIL import Image

from hf_space.errors import ScaleError, TooManyPixelsError
from hf_space.imaging.readers.area import Axis, average
from hf_space.imaging.readers.colour import profile_fits, to_srgb
from hf_space.imaging.resolution import LEVEL_TOLERANCE, MAX_ENLARGEMENT
from hf_space.settings import MAX_PIXELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Self

    from numpy.typing import NDArray

    from hf_space.imaging.readers.base import Level
    from hf_space.imaging.readers.scales import Scale
    from hf_space.imaging.readers.slide import ScaleSource

# Pixels of a level that are averaged at once, and of what is left of them once its rows are.
_PART_PIXELS: Final = 16_000_000
_ROWS_PIXELS: Final = 1_000_000
# Pixels of the rows that are decoded at once and kept for the next ones.
_BAND_PIXELS: Final = 32_000_000
_BAND_ROWS: Final = 256


class LevelSource(Protocol):
    """A source that decodes parts of the levels of a slide.

    Attributes:
        levels: All resolutions, from the finest to the coarsest.
        bounds: Left, top, width and height of the scanned part, in pixels of level 0.
        stated_scales: Every plausible scale of level 0 that the file states.
        properties: Properties of the file without private data.
        profile: ICC profile that is still to be applied to what is read.
    """

    levels: tuple[Level, ...]
    bounds: tuple[int, int, int, int]
    stated_scales: tuple[Scale, ...]
    properties: Mapping[str, str]
    profile: bytes | None

    @property
    def profile_ignored(self) -> bool:
        """Whether the file has a profile that the source could not apply."""
        ...

    def tile_rows(self, level: int) -> int:
        """Return how many rows of a level are stored together."""
        ...

    def read_window(
        self, level: int, left: int, top: int, width: int, height: int
    ) -> NDArray[np.uint8]:
        """Decode a part of a level, in its own pixels, uint8 (height, width, 3), on white."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...


class PyramidReader:
    """Reads a slide of which any source decodes the parts; a `SlideReader`."""

    def __init__(
        self, source: LevelSource, scale: Scale, scale_source: ScaleSource, *, conflict: bool
    ) -> None:
        """Take over a source, which is closed with the reader.

        Args:
            source: Decodes the levels.
            scale: Of level 0, in x and in y.
            scale_source: Source of the scale.
            conflict: Whether the file states another scale.
        """
        self._source = source
        self.levels = source.levels
        self.width, self.height = self.levels[0].width, self.levels[0].height
        self.scanned = self.bounds = source.bounds
        self.stated_scales = source.stated_scales
        self.properties = source.properties
        self.microns_per_pixel: Scale | None = scale
        self.scale_source: ScaleSource = scale_source
        self.scale_conflict = conflict
        self.max_pixels = MAX_PIXELS
        self.profile_ignored = False
        self._band: tuple[tuple[int, ...], NDArray[np.uint8]] | None = None

    def align(self, microns_per_pixel: float) -> None:
        """Let the bounds begin with a pixel of a level, see `SlideReader.align`."""
        step = self._step(microns_per_pixel)
        reduced = self._downsample(self._level_for(min(step)))
        left, top = map(_aligned, self.scanned[:2], reduced, step)
        right, bottom = map(add, self.scanned[:2], self.scanned[2:])
        self.bounds = (left, top, right - left, bottom - top)

    def scaled_size(self, microns_per_pixel: float) -> tuple[int, int]:
        """Return height and width of the bounds at a scale, see `SlideReader.scaled_size`."""
        step = self._step(microns_per_pixel)
        return _size(self.bounds[3], step[1]), _size(self.bounds[2], step[0])

    def read_rows(self, top: int, rows: int, microns_per_pixel: float) -> NDArray[np.uint8]:
        """Read some rows of the bounds at a scale, see `SlideReader.read_rows`."""
        height, _ = self.scaled_size(microns_per_pixel)
        if not 0 <= top < top + rows <= height:
            raise ValueError(f"rows {top} to {top + rows} lie outside of the slide's {height}")
        return self._scaled(self.bounds, self._step(microns_per_pixel), range(top, top + rows))

    def read_region(
        self, x: int, y: int, width: int, height: int, microns_per_pixel: float | None = None
    ) -> NDArray[np.uint8]:
        """Read a rectangle, see `ImageReader.read_region`.

        Raises:
            TooManyPixelsError: What is returned would have more than ``max_pixels``.
        """
        if not (0 <= x < x + width <= self.width and 0 <= y < y + height <= self.height):
            raise ValueError(f"{width}x{height} px at ({x}, {y}) lie outside of the slide")
        step = (1.0, 1.0) if microns_per_pixel is None else self._step(microns_per_pixel)
        rows, columns = _size(height, step[1]), _size(width, step[0])
        if rows * columns > self.max_pixels:
            raise TooManyPixelsError(
                f"The part of the slide has {columns}x{rows} px; at most {self.max_pixels} pixels "
                "are read at once.",
                max_pixels=self.max_pixels,
            )
        return self._scaled((x, y, width, height), step, range(rows))

    def thumbnail(self, max_side: int) -> NDArray[np.uint8]:
        """Return the whole slide, at most ``max_side`` long, uint8 (h, w, 3), RGB."""
        step = max(1.0, max(self.width, self.height) / max_side)
        whole = (0, 0, self.width, self.height)
        return self._scaled(whole, (step, step), range(_size(self.height, step)))

    def close(self) -> None:
        """Release the file and what was decoded of it."""
        self._band = None
        self._source.close()

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the reader."""
        self.close()

    def _step(self, microns_per_pixel: float) -> tuple[float, float]:
        """Return how many pixels of level 0 make one at a scale, in x and in y."""
        if self.microns_per_pixel is None:
            raise ValueError("the scale of the slide is unknown")
        across, down = self.microns_per_pixel
        if max(across, down) > MAX_ENLARGEMENT * microns_per_pixel:
            raise ScaleError(
                f"At {max(across, down):g} µm/px there is no detail left for "
                f"{microns_per_pixel:g}.",
                microns_per_pixel=max(across, down),
            )
        return microns_per_pixel / across, microns_per_pixel / down

    def _scaled(
        self, box: tuple[int, int, int, int], step: tuple[float, float], rows: range
    ) -> NDArray[np.uint8]:
        left, top, width, _ = box
        index = self._level_for(min(step))
        level, (across, down) = self.levels[index], self._downsample(index)
        columns = _size(width, step[0])
        horizontal = Axis(left / across, step[0] / across, level.width)
        vertical = Axis(top / down, step[1] / down, level.height)
        pixels = np.empty((len(rows), columns, 3), np.uint8)
        start, end = horizontal.span(0, columns)
        for part in _parts(rows, end - start, vertical.step):
            target = pixels[part.start - rows.start : part.stop - rows.start]
            # No variable keeps the window or the band, so that the next one does not need extra
            # memory.
            target[...] = average(
                self._window(index, (start, end), vertical.span(part.start, len(part))),
                vertical,
                horizontal,
                part,
                columns,
            )
        return self._in_srgb(pixels)

    def _level_for(self, step: float) -> int:
        """Return the coarsest level that is reduced no more than that."""
        enough = [
            index
            for index in range(len(self.levels))
            if max(self._downsample(index)) <= step * LEVEL_TOLERANCE
        ]
        return enough[-1] if enough else 0

    def _downsample(self, index: int) -> tuple[float, float]:
        """Return how many pixels of level 0 make one of a level, in x and in y.

        A level has whole pixels, so a remainder was cut off or padded. If the sides fit a whole
        number, the level is reduced by exactly that number.
        """
        level, first = self.levels[index], self.levels[0]
        whole = round(level.downsample)
        sides = ((first.width, level.width), (first.height, level.height))
        if all(reduced in {side // whole, -(-side // whole)} for side, reduced in sides):
            return float(whole), float(whole)
        return first.width / level.width, first.height / level.height

    def _window(
        self, index: int, columns: tuple[int, int], rows: tuple[int, int]
    ) -> NDArray[np.uint8]:
        """Put together rows of a level from bands; the last band is kept for the next rows.

        Bands have fixed places, so that no row depends on which ones are asked for with it.
        """
        height = self._band_rows(index, columns[1] - columns[0])
        window = np.empty((rows[1] - rows[0], columns[1] - columns[0], 3), np.uint8)
        for first in range(rows[0] // height * height, rows[1], height):
            begin, end = max(rows[0], first), min(rows[1], first + height)
            part = slice(begin - first, end - first)
            window[begin - rows[0] : end - rows[0]] = self._band_at(index, columns, first, height)[
                part
            ]
        return window

    def _band_rows(self, index: int, width: int) -> int:
        stored = self._source.tile_rows(index)
        wanted = -(-_BAND_ROWS // stored) * stored
        return max(1, min(wanted, _BAND_PIXELS // width))

    def _band_at(
        self, index: int, columns: tuple[int, int], first: int, height: int
    ) -> NDArray[np.uint8]:
        key = (index, *columns, first)
        if self._band is None or self._band[0] != key:
            self._band = None
            rows = min(height, self.levels[index].height - first)
            place = (columns[0], first, columns[1] - columns[0], rows)
            self._band = (key, self._source.read_window(index, *place))
        return self._band[1]

    def _in_srgb(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        profile = self._source.profile
        if profile is None:
            self.profile_ignored = self._source.profile_ignored
            return pixels
        self.profile_ignored = not profile_fits(profile, "RGB")
        return np.asarray(to_srgb(Image.fromarray(pixels), profile))


def _aligned(start: int, reduced: float, step: float) -> int:
    """Return where the pixel of a level begins that holds a start, if whole ones make a step."""
    pixel = int(start // reduced)
    edge = pixel * reduced
    is_whole = Axis(edge / reduced, step / reduced, pixel + 1).whole_step and edge == int(edge)
    return int(edge) if is_whole else start


def _size(side: int, step: float) -> int:
    return max(1, round(side / step))


def _parts(rows: range, width: int, step: float) -> Iterator[range]:
    """Split rows so that each part needs a bounded share of the level."""
    count = max(1, int(min(_PART_PIXELS / step, _ROWS_PIXELS) / width))
    for first in range(rows.start, rows.stop, count):
        yield range(first, min(first + count, rows.stop))
