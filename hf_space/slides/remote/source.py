"""A slide in a store: a TIFF is read in parts, anything else is fetched first."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from hf_space.errors import ImageError
from hf_space.imaging.readers import tiff_directory as tags
from hf_space.imaging.readers.file_bytes import FileBytes
from hf_space.imaging.readers.slide_file import open_levels, open_slide
from hf_space.imaging.readers.tiff import TiffReader
from hf_space.imaging.readers.tiff_directory import TiffDirectories
from hf_space.imaging.readers.tiff_slide import TiffSource
from hf_space.slides.addresses import address_path, shown_address
from hf_space.slides.fingerprint import content_hash
from hf_space.slides.opened import OpenedSlide
from hf_space.slides.remote.cache import fetched
from hf_space.slides.remote.range_file import BLOCK_BYTES, RangeFile
from hf_space.slides.remote.store import StoredObject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from hf_space.slides.remote.store import ObjectFacts

# How OpenSlide tells the TIFFs of makers whose files it reads better: Hamamatsu's own tag, Leica's
# description, Ventana's XMP, and the software that Philips and Trestle name.
_HAMAMATSU: Final = 65420
_XMP: Final = 700
_SOFTWARE: Final = 305
_MARKS: Final = {
    tags.DESCRIPTION: ("leica-microsystems.com/scn",),
    _XMP: ("iScan",),
    _SOFTWARE: ("Philips", "MedScan"),
}
_MARK_BYTES: Final = 1 << 16
_HEAD_BYTES: Final = 8


@contextmanager
def open_remote_source(address: str, microns_per_pixel: float | None) -> Iterator[OpenedSlide]:
    """Open a slide at an address.

    Args:
        address: Of one object, which is all of the slide.
        microns_per_pixel: Scale of level 0 that counts more than the file's.

    Raises:
        RequestError: The slide cannot be used; see `open_slide`.
        OSError: It cannot be fetched.
        MissingPackageError: The client of such stores is not installed.
    """
    stored = StoredObject(address)
    facts = stored.facts()
    place = hashlib.sha256(shown_address(address).encode()).hexdigest()
    source = _in_parts(stored, facts) if facts.in_parts else None
    if source:
        fingerprint = partial(_fingerprint, stored.address, facts, stored.part)
        with open_levels(source, microns_per_pixel=microns_per_pixel) as reader:
            yield OpenedSlide(reader, place, fingerprint, lambda: _known(fingerprint))
        return
    with (
        fetched(stored, facts) as path,
        open_slide(path, microns_per_pixel=microns_per_pixel) as reader,
    ):
        fingerprint = partial(_fingerprint, stored.address, facts, partial(_part_of, path))
        yield OpenedSlide(reader, place, fingerprint, lambda: content_hash([path]))


def _in_parts(stored: StoredObject, facts: ObjectFacts) -> TiffSource | None:
    """Open a TIFF that is read in parts; None where it is none."""
    file = cast("BinaryIO", RangeFile(stored.part, facts.size))
    data = FileBytes(file, facts.size)
    if not data[:_HEAD_BYTES].startswith(TiffReader.signatures) or _has_mark(data):
        return None
    try:
        return TiffSource(data)
    except ImageError:
        # It may be readable as a whole or by OpenSlide; if not, that error says why.
        return None


def _has_mark(data: FileBytes) -> bool:
    """Tell whether a TIFF is of a maker whose files OpenSlide reads."""
    try:
        for directory in TiffDirectories(data).chain():
            if _HAMAMATSU in directory:
                return True
            for tag, marks in _MARKS.items():
                texts = directory.texts(tag, _MARK_BYTES)
                if any(mark in each for each in texts for mark in marks):
                    return True
    except ImageError:
        # The reader reports the fault.
        return False
    return False


def _fingerprint(address: str, facts: ObjectFacts, part: Callable[[int, int], bytes]) -> str:
    """Return a hash of a slide's name, size and version; without that, of both its ends."""
    name = address_path(address).name
    digest = hashlib.sha256(f"{name}\0{facts.size}\0{facts.version}\0".encode())
    if not facts.version:
        digest.update(part(0, min(BLOCK_BYTES, facts.size)))
        digest.update(part(max(0, facts.size - BLOCK_BYTES), facts.size))
    return digest.hexdigest()


def _part_of(path: Path, start: int, stop: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(stop - start)


@contextmanager
def _known(fingerprint: Callable[[], str]) -> Iterator[Callable[[], str]]:
    """Stand for the hash of a slide that is not fetched as a whole, see `SlideFacts.sha256`."""
    yield fingerprint
