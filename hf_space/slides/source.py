"""Open a slide on disk or in a store."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from hf_space.imaging.readers.slide_file import open_slide
from hf_space.slides.fingerprint import content_hash, slide_fingerprint
from hf_space.slides.opened import OpenedSlide
from hf_space.slides.owner import place_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hf_space.slides.scan import FoundSlide


@contextmanager
def open_source(slide: FoundSlide, microns_per_pixel: float | None) -> Iterator[OpenedSlide]:
    """Open a slide on disk or in a store.

    Args:
        slide: Its files, or its address.
        microns_per_pixel: Scale of level 0 that counts more than the file's.

    Raises:
        RequestError: The slide cannot be used; see `open_slide`.
        OSError: It cannot be read.
    """
    if slide.address:
        # Only here: the clients of stores need packages of their own.
        from hf_space.slides.remote.source import open_remote_source

        with open_remote_source(slide.address, microns_per_pixel) as source:
            yield source
        return
    with open_slide(slide.path, microns_per_pixel=microns_per_pixel) as reader:
        files = slide.files
        yield OpenedSlide(
            reader,
            place_hash(slide.path),
            lambda: slide_fingerprint(files),
            lambda: content_hash(files),
        )
