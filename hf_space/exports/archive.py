"""A whole history as a zip: each record with all its reviews and its pictures."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from hf_space.schemas.history import HistoryRecord


class HistoryArchive:
    """Writes a zip record by record; its bytes are taken piece by piece."""

    def __init__(self) -> None:
        """Begin an empty zip."""
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)

    def add(self, record: HistoryRecord, thumbnail: bytes, original: bytes | None) -> bytes:
        """Add a record, and return the next bytes of the zip.

        Args:
            record: With all its reviews.
            thumbnail: WebP.
            original: The image file, if it is stored.
        """
        files = {"record.json": record.model_dump_json().encode(), "thumbnail.webp": thumbnail}
        if original is not None:
            files["original"] = original
        for name, content in files.items():
            moment = record.result.created_at
            self._zip.writestr(_entry(f"{record.result.id}/{name}", moment), content)
        return self._sink.take()

    def close(self) -> bytes:
        """Return the last bytes of the zip."""
        self._zip.close()
        return self._sink.take()


class _Sink:
    """A file without seeking, like a response."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes, /) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def close(self) -> None:
        """Do nothing: the bytes are taken afterwards."""

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def _entry(name: str, moment: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
