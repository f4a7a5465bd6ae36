"""The interface of all image readers, from a phone's JPEG to a whole slide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Level:
    """One resolution of an image.

    Attributes:
        width: Pixels across.
        height: Pixels down.
        downsample: How many times smaller than level 0 it is; 1.0 for level 0.
    """

    width: int
    height: int
    downsample: float


class ImageReader(Protocol):
    """An image file whose header was read and found within the limits.

    Coordinates are pixels of level 0, from the upper left corner, with any orientation that the
    file states applied. Used as a context manager, a reader is closed at the end.

    Attributes:
        width: Pixels of level 0 across.
        height: Pixels of level 0 down.
        microns_per_pixel: Scale of level 0 in x and in y; None if the file does not state a
            plausible one, or contradicts itself. A caller who knows the scale better sets it before
            reading.
        stated_scales: Every plausible scale of level 0 that the file states, in x and in y; more
            than one where its metadata come from several programs.
        levels: All resolutions, from the finest to the coarsest.
        max_pixels: Largest accepted width times height of the level that is read, and of what is
            returned.
        profile_ignored: Whether the file states a colour profile that could not be applied; known
            once pixels were read.
        properties: What the file says of itself, by the vendor's names; never labels or names of
            people.
    """

    width: int
    height: int
    microns_per_pixel: tuple[float, float] | None
    stated_scales: tuple[tuple[float, float], ...]
    levels: tuple[Level, ...]
    max_pixels: int
    profile_ignored: bool
    properties: Mapping[str, str]

    def read_region(
        self, x: int, y: int, width: int, height: int, microns_per_pixel: float | None = None
    ) -> NDArray[np.uint8]:
        """Read a rectangle, resampled to a scale.

        Args:
            x: Left edge in pixels of level 0.
            y: Upper edge in pixels of level 0.
            width: Pixels of level 0 across.
            height: Pixels of level 0 down.
            microns_per_pixel: Scale of what is returned; None: that of level 0.

        Returns:
            uint8 (h, w, 3), RGB, 0 to 255; h and w are height and width at the asked scale.

        Raises:
            CorruptImageError: The file is truncated or damaged.
            ScaleError: Nothing is left at that scale, or it is far finer than the image.
            ValueError: A scale is asked for, and that of the image is unknown.
        """
        ...

    def thumbnail(self, max_side: int) -> NDArray[np.uint8]:
        """Return the whole image, at most ``max_side`` long, uint8 (h, w, 3), RGB."""
        ...

    def close(self) -> None:
        """Release the file and what was decoded of it."""
        ...

    def __enter__(self) -> Self:
        """Return the reader."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the reader."""
        ...


class ReaderClass(Protocol):
    """The interface of a reader's class."""

    @property
    def formats(self) -> tuple[str, ...]:
        """Readable names of the formats that it reads."""
        ...

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Ends of their files' names, in lower case with the dot."""
        ...

    @property
    def signatures(self) -> tuple[bytes, ...]:
        """First bytes of its files; an empty signature matches every file."""
        ...

    def __call__(self, data: bytes, *, max_bytes: int, max_pixels: int) -> ImageReader:
        """Read the header.

        Args:
            data: The file's content.
            max_bytes: Largest accepted ``len(data)``.
            max_pixels: Largest accepted width times height, in the file and of what is returned.

        Raises:
            RequestError: The file cannot be used.
        """
        ...
