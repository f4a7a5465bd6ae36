"""A file on disk that is sliced like bytes, so that one reader serves uploads and slides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO


class ByteSource(Protocol):
    """Bytes in memory or in a file."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def __getitem__(self, place: slice, /) -> bytes:
        """Return some of them; fewer where they end."""
        ...


class FileBytes:
    """The bytes of a file, read when they are asked for.

    Not a memory map: where a network drive fails, reading raises OSError, and the process lives.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        """Take over an opened file of some bytes, which is closed with this."""
        self._file = file
        self._size = size

    @classmethod
    def open(cls, path: Path) -> FileBytes:
        """Open a file; raises OSError."""
        return cls(path.open("rb"), path.stat().st_size)

    def __len__(self) -> int:
        """Return the file's size."""
        return self._size

    def __getitem__(self, place: slice, /) -> bytes:
        """Read a part of the file."""
        start, stop, _ = place.indices(self._size)
        self._file.seek(start)
        return self._file.read(max(0, stop - start))

    def rewound(self) -> BinaryIO:
        """Return the file itself, at its beginning."""
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Close the file."""
        self._file.close()
