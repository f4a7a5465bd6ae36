"""An opened slide, wherever its files are: read, told from others, and hashed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from hf_space.imaging.readers.slide import SlideReader


@dataclass(frozen=True, slots=True)
class OpenedSlide:
    """An opened slide.

    Attributes:
        reader: Reads its pixels.
        place: Hash of where it lies, see `place_hash`.
        fingerprint: Tells it from others and from what it was before; raises OSError.
        content_hash: Hashes it while other work is done, see `hf_space.slides.fingerprint`.
    """

    reader: SlideReader
    place: str
    fingerprint: Callable[[], str]
    content_hash: Callable[[], AbstractContextManager[Callable[[], str]]]
