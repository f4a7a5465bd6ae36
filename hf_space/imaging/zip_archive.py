"""Images in a zip, read under limits."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath, PurePosixPath
from typing import IO, Final

from hf_space.errors import (
    ArchiveError,
    PayloadTooLargeError,
    TooManyFilesError,
    UnsupportedImageError,
)

# Signatures of a zip with files, and of an empty one.
_ZIP_MAGICS: Final = (b"PK\x03\x04", b"PK\x05\x06")
# The record at the end of a zip, with the size of the directory (APPNOTE 6.3, section 4.3.16).
_DIRECTORY_END: Final = b"PK\x05\x06"
_DIRECTORY_SIZE: Final = slice(12, 16)
# The larger record of zip64 and its locator (sections 4.3.14 and 4.3.15).
_LARGE_LOCATOR: Final = b"PK\x06\x07"
_LARGE_LOCATOR_BYTES: Final = 20
_LARGE_PLACE: Final = slice(8, 16)
_LARGE_END: Final = b"PK\x06\x06"
_LARGE_END_BYTES: Final = 56
_LARGE_DIRECTORY_SIZE: Final = slice(40, 48)
_TAIL_BYTES: Final = 22 + 65_535
_ENTRY_BYTES: Final = 46 + 200
# Files that systems put beside pictures; names that begin with a dot are left out as well.
_SYSTEM_FILES: Final = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
# The only methods whose output `zipfile` limits: for bzip2 and LZMA it unpacks a whole block first.
_BOUNDED_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# Names of further methods (APPNOTE 6.3, section 4.4.5).
_OTHER_METHODS: Final = {
    9: "Deflate64",
    12: "bzip2",
    14: "LZMA",
    93: "Zstandard",
    95: "XZ",
    98: "PPMd",
}


@dataclass(frozen=True, slots=True)
class NamedImage:
    """An image that is read later.

    Attributes:
        name: The sender's name of it; in a zip it may be empty.
        read: Returns the file's content.
        size: Most bytes that it returns.
    """

    name: str | None
    read: Callable[[], bytes]
    size: int


def is_zip(file: IO[bytes]) -> bool:
    """Return whether a file is a zip, by its first bytes; the position is left at the start."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head in _ZIP_MAGICS


def entry_path(name: str) -> PurePosixPath:
    """Return the path of an entry in a zip; old Windows programs separate it by backslashes."""
    return PurePosixPath(name.replace("\\", "/"))


def is_hidden(path: PurePath) -> bool:
    """Return whether a file, or a folder above it, was made by the system, not the user.

    Args:
        path: Relative to the zip, or to the requested folder.
    """
    return any(part.startswith(".") or part.lower() in _SYSTEM_FILES for part in path.parts)


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
    except Exception as error:  # a hostile directory makes zipfile raise almost any type
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
            str(entry_path(info.filename)) if info.filename else None,
            partial(_read_entry, archive, info, max_file_bytes),
            min(info.file_size, max_file_bytes + 1),
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
    start = max(0, size - _TAIL_BYTES)
    file.seek(start)
    tail = file.read()
    place = tail.rfind(_DIRECTORY_END)
    if place < 0 or len(tail) < place + _DIRECTORY_SIZE.stop:
        raise ArchiveError("The zip is damaged: it has no directory.")
    directory = _large_directory(file, start + place)
    if directory is None:
        directory = int.from_bytes(tail[place:][_DIRECTORY_SIZE], "little")
    # Twice the files, because macOS adds its own beside each; a name may take 200 bytes.
    if directory > 2 * (max_files + 64) * _ENTRY_BYTES:
        raise TooManyFilesError(
            f"The zip lists far more than the {max_files} files that are accepted.",
            max_files=max_files,
        )


def _large_directory(file: IO[bytes], end: int) -> int | None:
    """Return the size of the directory that zip64 states, or None in a smaller zip.

    Args:
        file: The zip.
        end: Start of its end record, whose numbers may be placeholders.
    """
    place = end - _LARGE_LOCATOR_BYTES
    if place < 0:
        return None
    file.seek(place)
    locator = file.read(_LARGE_LOCATOR_BYTES)
    if not locator.startswith(_LARGE_LOCATOR):
        return None
    # Check beside the locator too: `zipfile` looks there, whatever the locator says.
    stated = int.from_bytes(locator[_LARGE_PLACE], "little")
    sizes = []
    for found in {stated, place - _LARGE_END_BYTES}:
        if 0 <= found < end:
            file.seek(found)
            record = file.read(_LARGE_END_BYTES)
            if record.startswith(_LARGE_END):
                sizes.append(int.from_bytes(record[_LARGE_DIRECTORY_SIZE], "little"))
    if not sizes:
        raise ArchiveError("The zip is damaged: it has no directory.")
    return max(sizes)


def _is_visible_file(info: zipfile.ZipInfo) -> bool:
    # `is_dir` fails before Python 3.12 if a file has no name.
    is_folder = info.filename.endswith(("/", "\\"))
    link = stat.S_ISLNK(info.external_attr >> 16)
    return not (is_folder or link or is_hidden(entry_path(info.filename)))


def _read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, max_bytes: int) -> bytes:
    """Read an entry; one byte over the limit is enough for the predictor to refuse it.

    At most the size in the directory is unpacked, which counts towards the limit of the whole zip;
    an entry with more is damaged.
    """
    if info.compress_type not in _BOUNDED_METHODS:
        method = _OTHER_METHODS.get(info.compress_type, f"method {info.compress_type}")
        raise UnsupportedImageError(
            f"This file of the zip is compressed by {method}; only Deflate, the usual method, is "
            "read, and files that are stored as they are.",
            format="A zip of another method",
            method=method,
        )
    try:
        with archive.open(info) as entry:
            return entry.read(max_bytes + 1)
    # A hostile zip makes zipfile and its decompressors raise almost any type.
    except Exception as error:
        raise ArchiveError("This file of the zip is damaged.") from error
