"""Files that are there as a whole or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file its name when all of it is on the disk.

    Args:
        path: Of the file; what is there before stays until then.

    Yields:
        The path to write to, with the same suffix.

    Raises:
        OSError: The file cannot be written.
    """
    part = path.with_name(f".part.{path.name}")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
