"""An opened slide, on disk or in a store."""

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
        place: Hash of its path, see `place_hash`.
        fingerprint: Identifies it and its version; raises OSError.
        content_hash: Hashes it in the background, see `hf_space.slides.fingerprint`.
    """

    reader: SlideReader
    place: str
    fingerprint: Callable[[], str]
    content_hash: Callable[[], AbstractContextManager[Callable[[], str]]]
