"""Read image files; one module for each library that decodes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hf_space.imaging.readers.pillow import PillowReader

if TYPE_CHECKING:
    from hf_space.imaging.readers.base import ReaderClass

# The first one that accepts a file reads it; Pillow's, the last, names what nobody reads.
READERS: Final[tuple[ReaderClass, ...]] = (PillowReader,)


def formats() -> list[str]:
    """Name the formats that the readers know."""
    return [name for reader in READERS for name in reader.formats]


def suffixes() -> frozenset[str]:
    """Return the endings of files that the readers may know, in lower case."""
    return frozenset(suffix for reader in READERS for suffix in reader.suffixes)
