"""A file whose parts are fetched on demand."""

from __future__ import annotations

import io
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK_BYTES: Final = 1 << 20
"""Size of a block. Tiles of a level are adjacent in the file, so a row of them needs few blocks."""

# A row of tiles of the level that is scored, and the directories.
_MOST_BLOCKS: Final = 64


class RangeFile(io.RawIOBase):
    """Reads blocks, and keeps those that were used last; a binary file that can be sought in.

    Belongs to one thread, as a slide's reader does.
    """

    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        """Read some bytes.

        Args:
            fetch: Returns the bytes from a place to another one; raises OSError.
            size: How many there are.
        """
        super().__init__()
        self._fetch = fetch
        self._size = size
        self._place = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place, see `io.IOBase.seek`."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("there is nothing before the beginning of a file")
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes, fewer only at the end; raises OSError."""
        rest = max(0, self._size - self._place)
        stop = self._place + (rest if size is None or size < 0 else min(size, rest))
        if stop == self._place:
            return b""
        first, last = self._place // BLOCK_BYTES, (stop - 1) // BLOCK_BYTES
        content = b"".join(self._block(number) for number in range(first, last + 1))
        start = self._place - first * BLOCK_BYTES
        content = content[start : start + stop - self._place]
        self._place += len(content)
        return content

    def _block(self, number: int) -> bytes:
        block = self._blocks.pop(number, None)
        if block is None:
            start = number * BLOCK_BYTES
            block = self._fetch(start, min(start + BLOCK_BYTES, self._size))
        self._blocks[number] = block
        if len(self._blocks) > _MOST_BLOCKS:
            self._blocks.popitem(last=False)
        return block
