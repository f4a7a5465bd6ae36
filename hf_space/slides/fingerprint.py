"""Identifies a slide without reading all of it."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Final

from hf_space.slides.errors import CancelledError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

# Read of each file's beginning and end: headers, directories, and the last tiles.
_END_BYTES: Final = 1 << 20
# Stays in the processor's cache, and is read into again.
_CHUNK_BYTES: Final = 1 << 18


def slide_fingerprint(files: Sequence[Path]) -> str:
    """Return a hash of the files' names, sizes, times of change, first and last MiB.

    A copy with another time counts as another slide, and is scored again: that costs time, while
    an unseen change would cost the result.

    Args:
        files: All files of a slide.

    Returns:
        Hexadecimal SHA-256.

    Raises:
        OSError: A file cannot be read.
    """
    digest = hashlib.sha256()
    for file in files:
        facts = file.stat()
        digest.update(os.fsencode(f"{file.name}\0{facts.st_size}\0{facts.st_mtime_ns}\0"))
        with file.open("rb") as opened:
            digest.update(opened.read(_END_BYTES))
            opened.seek(max(0, facts.st_size - _END_BYTES))
            digest.update(opened.read(_END_BYTES))
    return digest.hexdigest()


def content_sha256(files: Sequence[Path], stop: Event) -> str:
    """Return the SHA-256 of a slide: of its file, or of its files' names and contents.

    Args:
        files: All files of the slide, the one that is opened first.
        stop: Set to give up.

    Raises:
        OSError: A file cannot be read.
        CancelledError: It was stopped.
    """
    if len(files) == 1:
        return _digest(files, stop).hexdigest()
    whole = hashlib.sha256()
    for file in sorted(files, key=lambda each: each.name):
        whole.update(os.fsencode(f"{file.name}\0{_digest([file], stop).hexdigest()}\n"))
    return whole.hexdigest()


@contextmanager
def content_hash(files: Sequence[Path]) -> Iterator[Callable[[], str]]:
    """Hash a slide in a thread of its own, while other work is done; see `content_sha256`.

    Args:
        files: All files of the slide, the one that is opened first.

    Yields:
        A function that waits for the hash; it raises OSError. Left without it, hashing ends.
    """
    stop = Event()
    with ThreadPoolExecutor(1, thread_name_prefix="slide-hash") as pool:
        future = pool.submit(content_sha256, files, stop)
        try:
            yield future.result
        finally:
            stop.set()


def _digest(files: Iterable[Path], stop: Event) -> hashlib._Hash:
    digest = hashlib.sha256()
    chunk = memoryview(bytearray(_CHUNK_BYTES))
    for file in files:
        with file.open("rb", buffering=0) as opened:
            while length := opened.readinto(chunk):
                if stop.is_set():
                    raise CancelledError
                digest.update(chunk[:length])
    return digest
