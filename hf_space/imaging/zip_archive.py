"""Images in a zip, read under limits."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Final

from hf_space.errors import ArchiveError, PayloadTooLargeError, TooManyFilesError

# Of a zip with files, and of an empty one.
_ZIP_MAGICS: Final = (b"PK\x03\x04", b"PK\x05\x06")
# The record at the end of a zip, with the size of the directory (APPNOTE 6.3, section 4.3.16).
_DIRECTORY_END: Final = b"PK\x05\x06"
_DIRECTORY_SIZE: Final = slice(12, 16)
_TAIL_BYTES: Final = 22 + 65_535
_ENTRY_BYTES: Final = 46 + 200


@dataclass(frozen=True, slots=True)
class NamedImage:
    """An image to be read when its turn comes."""

    name: str | None
    read: Callable[[], bytes]


def is_zip(file: IO[bytes]) -> bool:
    """Tell by its first bytes whether a file is a zip; the position is left at the start."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head in _ZIP_MAGICS


def zip_images(
    file: IO[bytes], *, max_files: int, max_file_bytes: int, max_bytes: int
) -> list[NamedImage]:
    """List the files in a zip, under limits; folders, links and hidden files are left out.

    Reading a long directory takes a while: call it in a thread.

    Args:
        file: The zip, which must stay open until the last image was read.
        max_files: Most files accepted.
        max_file_bytes: Largest file read.
        max_bytes: Most bytes that all files may declare to unpack to.

    Raises:
        ArchiveError: The zip is damaged, encrypted or empty.
        TooManyFilesError: It holds too many files.
        PayloadTooLargeError: It unpacks to too many bytes.
    """
    _check_directory(file, max_files)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise ArchiveError("The zip is damaged.") from error
    entries = [info for info in archive.infolist() if _is_visible_file(info)]
    if not entries:
        raise ArchiveError("The zip holds no files.")
    check_count(len(entries), max_files)
    unpacked = sum(info.file_size for info in entries)
    if unpacked > max_bytes:
        raise PayloadTooLargeError(
            f"The zip unpacks to {unpacked} bytes; at most {max_bytes} are accepted.",
            bytes=unpacked,
            max_bytes=max_bytes,
        )
    if any(info.flag_bits & 0x1 for info in entries):
        raise ArchiveError("The zip is encrypted; send it without a password.")
    return [
        NamedImage(
            info.filename,
            lambda info=info: _read_entry(archive, info, max_file_bytes),  # type: ignore[misc]
        )
        for info in entries
    ]


def check_count(count: int, max_files: int) -> None:
    """Raise TooManyFilesError for more files than allowed."""
    if count > max_files:
        raise TooManyFilesError(
            f"The batch holds {count} files; at most {max_files} are accepted.",
            files=count,
            max_files=max_files,
        )


def _check_directory(file: IO[bytes], max_files: int) -> None:
    """Refuse a directory longer than the allowed files need, before it is read."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _TAIL_BYTES))
    tail = file.read()
    place = tail.rfind(_DIRECTORY_END)
    if place < 0 or len(tail) < place + _DIRECTORY_SIZE.stop:
        raise ArchiveError("The zip is damaged: it has no directory.")
    directory = int.from_bytes(tail[place:][_DIRECTORY_SIZE], "little")
    # Twice the files, because macOS adds one of its own beside each; a name may take 200 bytes.
    if directory > 2 * (max_files + 64) * _ENTRY_BYTES:
        raise TooManyFilesError(
            f"The zip lists far more than the {max_files} files that are accepted.",
            max_files=max_files,
        )


def _is_visible_file(info: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(info.filename).parts
    # macOS adds a folder of its own beside the files.
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    link = stat.S_ISLNK(info.external_attr >> 16)
    return not (info.is_dir() or hidden or link)


def _read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, max_bytes: int) -> bytes:
    """Read an entry; one byte over the limit is enough for the predictor to refuse it."""
    try:
        with archive.open(info) as entry:
            return entry.read(max_bytes + 1)
    # A hostile zip makes zipfile and its decompressors raise almost any type.
    except Exception as error:
        raise ArchiveError("This file of the zip is damaged.") from error
