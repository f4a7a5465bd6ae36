"""Find the picture among the images of a TIFF, and its reduced copies."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hf_space.errors import AnimatedImageError, CorruptImageError
from hf_space.imaging.readers import tiff_directory as tags
from hf_space.imaging.readers.scales import ome_images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hf_space.imaging.readers.scales import OmeImage
    from hf_space.imaging.readers.tiff_directory import Directory, TiffDirectories

# Bits of NewSubfileType (TIFF 6.0, section 8).
_REDUCED: Final = 1
_MASK: Final = 4
# Of the older SubfileType: a reduced image.
_OLD_REDUCED: Final = 2
# Photometric interpretations: levels of one image have either, by how each is compressed.
_BLACK_IS_ZERO: Final = 1
_RGB: Final = 2
_YCBCR: Final = 6
_BYTE: Final = 8
_COLOURS: Final = 3
# Sides of a pyramid's levels are rounded up or down, at each level anew.
_ROUNDING_PIXELS: Final = 2.0
_SMALLEST_REDUCTION: Final = 1.5
_HEAD_BYTES: Final = 400
_BESIDE: Final = re.compile(r"\b(?:label|macro|thumbnail|overview|barcode)\b", re.IGNORECASE)
_IMAGEJ_IMAGES: Final = re.compile(r"^images=(\d{1,9})", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One image of a TIFF.

    Attributes:
        directory: What the file says of it.
        is_sub: Whether it is a SubIFD of a page rather than a page of the chain.
        described: The images of the file's OME-XML that this page, or the one above, is of.
        planes: What the file says of green and blue, where this is only the red of an image.
    """

    directory: Directory
    is_sub: bool
    described: tuple[OmeImage, ...] = ()
    planes: tuple[Directory, ...] = ()

    @cached_property
    def size(self) -> tuple[int, int]:
        """Pixels across and down, as stored."""
        return self.directory.number(tags.WIDTH, 0), self.directory.number(tags.HEIGHT, 0)

    @property
    def area(self) -> int:
        """Pixels in all."""
        return self.size[0] * self.size[1]

    @property
    def places(self) -> tuple[int, ...]:
        """Where its directory begins in the file, or that of each of its colours."""
        return (self.directory.place, *(plane.place for plane in self.planes))

    @property
    def is_tiled(self) -> bool:
        """Whether it is stored in tiles."""
        return tags.TILE_WIDTH in self.directory

    @property
    def subfile_type(self) -> int:
        """The bits of NewSubfileType."""
        old = self.directory.number(tags.OLD_SUBFILE_TYPE, 0) == _OLD_REDUCED
        return self.directory.number(tags.SUBFILE_TYPE, _REDUCED if old else 0)

    @cached_property
    def heads(self) -> list[str]:
        """How its descriptions and its name begin."""
        kinds = (tags.DESCRIPTION, tags.PAGE_NAME)
        return [text for tag in kinds for text in self.directory.texts(tag, _HEAD_BYTES)]

    @cached_property
    def sort_of_pixels(self) -> tuple[object, ...]:
        """What the levels of one image have in common."""
        photometric = self.directory.number(tags.PHOTOMETRIC, 1)
        bits = set(self.directory.numbers(tags.BITS))
        colour = _RGB if photometric == _YCBCR else photometric
        samples = self.directory.number(tags.SAMPLES, 1)
        return (self.is_tiled, bits, colour, samples, len(self.planes))


def find_levels(directories: TiffDirectories) -> list[Page]:
    """Return the picture in its resolutions, from the finest to the coarsest.

    The picture is the largest image that is not marked as reduced or as a mask and not named label,
    macro or thumbnail; in Aperio's files it is the first. Its levels are the images with its
    proportions and pixel type that are marked as reduced, are SubIFDs, or are tiled. Label, macro
    and thumbnail are never read. Three pages of 8-bit grey, with copies below each, that OME-XML
    calls the channels of one image are its red, green and blue.

    Raises:
        CorruptImageError: No directory can be read.
        UnsupportedImageError: A tag has far more values than it can mean.
        AnimatedImageError: Another image is neither a copy nor known as something beside it, or
            the picture has several planes, or there are far too many directories.
    """
    pages = _joined(list(_pages(directories)))
    sized = [page for page in pages if page.area]
    if not sized:
        raise CorruptImageError("The TIFF declares no pixels.")
    first = sized[0]
    is_aperio = any(text.startswith("Aperio") for text in first.heads)
    beside = _named_beside(pages)
    candidates = [page for page in sized if not page.subfile_type and page not in beside]
    # If the only image is marked as reduced, it is the picture.
    main = first if is_aperio else max(candidates or sized, key=lambda page: page.area)
    others = [page for page in candidates if page is not main]
    if is_aperio and main.is_tiled:
        others = [page for page in others if page.is_tiled]
    if not all(_is_level(page, main) for page in others) or _has_planes(main):
        raise AnimatedImageError(
            "The file holds several frames or pages, or planes of a stack; send a single image."
        )
    copies = (page for page in sized if page not in beside and _is_level(page, main))
    return [main, *sorted(copies, key=lambda page: page.area, reverse=True)]


def _pages(directories: TiffDirectories) -> Iterator[Page]:
    seen = set[int]()
    images: list[OmeImage] = []
    for number, directory in enumerate(directories.chain()):
        if not number:
            texts = directory.texts(tags.DESCRIPTION)
            images = [image for text in texts for image in ome_images(text)]
        described = tuple(image for image in images if number in image.pages)
        yield Page(directory, is_sub=False, described=described)
        seen.add(directory.place)
        for place in directory.numbers(tags.SUB_DIRECTORIES):
            if place in seen:
                continue
            seen.add(int(place))
            try:
                yield Page(directories.read(int(place)), is_sub=True, described=described)
            # The picture can be read without its copies.
            except CorruptImageError:
                continue


def _joined(pages: list[Page]) -> list[Page]:
    """Join the pages that are the colours of one image, and the copies below them."""
    starts = [number for number, page in enumerate(pages) if not page.is_sub]
    # A page of the chain, and those below it.
    groups = [pages[first:last] for first, last in pairwise([*starts, len(pages)])]
    for image in {image.pages: image for page in pages for image in page.described}.values():
        colours = [groups[number] for number in image.pages if number < len(groups)]
        is_split = (image.colours, image.planes, len(colours)) == (_COLOURS, 1, _COLOURS)
        # Without copies they may also be a stack, whose planes some programs call channels.
        counts = {len(group) for group in colours}
        has_copies = len(counts) == 1 and min(counts) > 1
        if is_split and has_copies and _are_colours([group[0] for group in colours]):
            _join(groups, image.pages)
    return [page for group in groups for page in group]


def _join(groups: list[list[Page]], numbers: tuple[int, ...]) -> None:
    """Keep only the red one of three pages, with the others as its planes."""
    colours = [groups[number] for number in numbers]
    joined = [
        replace(red, planes=(green.directory, blue.directory))
        for red, green, blue in zip(*colours, strict=True)
        if _are_colours([red, green, blue])
    ]
    for number in numbers:
        groups[number] = []
    groups[min(numbers)] = joined


def _are_colours(pages: list[Page]) -> bool:
    """Tell whether pages are 8-bit grey of one size, such as the colours of an image."""
    sorts = [(page.size, page.sort_of_pixels) for page in pages]
    (_, (_, bits, colour, samples, planes)) = sorts[0]
    is_grey = (bits, colour, samples, planes) == ({_BYTE}, _BLACK_IS_ZERO, 1, 0)
    return is_grey and all(each == sorts[0] for each in sorts)


def _named_beside(pages: list[Page]) -> list[Page]:
    """Return the pages that their own description or the file's OME-XML names as label or so."""
    chain = [page for page in pages if not page.is_sub]
    return [
        page
        for number, page in enumerate(chain)
        if any(_BESIDE.search(image.name) for image in page.described)
        or (number and any(_BESIDE.search(head) for head in page.heads))
    ]


def _is_level(page: Page, main: Page) -> bool:
    """Tell whether an image is a reduced copy of the main one, as far as the file tells."""
    if page is main or page.sort_of_pixels != main.sort_of_pixels:
        return False
    if page.subfile_type not in {0, _REDUCED}:
        return False
    if not (page.subfile_type or page.is_sub or page.is_tiled):
        return False
    downsample = max(a / b for a, b in zip(main.size, page.size, strict=True))
    fits = all(
        abs(a / downsample - b) <= _ROUNDING_PIXELS
        for a, b in zip(main.size, page.size, strict=True)
    )
    return fits and downsample >= _SMALLEST_REDUCTION


def _has_planes(main: Page) -> bool:
    if main.directory.number(tags.DEPTH, 1) > 1:
        return True
    for text in main.directory.texts(tags.DESCRIPTION):
        images = _IMAGEJ_IMAGES.search(text) if text.startswith("ImageJ=") else None
        if images and int(images[1]) > 1:
            return True
    return any(image.planes > 1 for image in main.described)
