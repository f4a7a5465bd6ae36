"""Why a slide could not be scored, as `summary.csv` states it."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2

from hf_space.errors import BiopsiaError
from hf_space.messages.catalogue import text

if TYPE_CHECKING:
    from pathlib import Path

_CODES: Final = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EACCES: "no_permission",
    errno.EPERM: "no_permission",
    errno.EROFS: "no_permission",
    errno.ENOENT: "not_found",
    errno.ENOTDIR: "not_a_folder",
    errno.EEXIST: "not_a_folder",
}


class CancelledError(Exception):
    """Work on a slide was given up because other work on it failed or was interrupted."""


class InUseError(OSError):
    """Another run writes the same files."""

    def __init__(self, path: Path) -> None:
        """Name the file that stands for its lock."""
        super().__init__(errno.EBUSY, text("slide.in_use", "en"), str(path))


class NameTakenError(Exception):
    """The folder of the slide's name has the results of another slide."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A stable code, and a sentence for people."""

    code: str
    message: str


def failure_of(error: Exception) -> Failure:
    """Return why a slide failed.

    Codes are those of `hf_space.errors`, and for the file system `disk_full`, `no_permission`,
    `not_found`, `not_a_folder` and `input_output`; `out_of_memory`. A slide that another run works
    on is `in_use`, one whose name has the results of another `name_taken`; anything else is
    `internal_error`.
    """
    if isinstance(error, BiopsiaError):
        return Failure(error.code, error.message)
    if isinstance(error, InUseError):
        return Failure("in_use", text("slide.in_use", "en"))
    if isinstance(error, NameTakenError):
        return Failure("name_taken", text("slide.name_taken", "en"))
    if isinstance(error, OSError):
        code = _CODES.get(error.errno or 0, "input_output")
        return Failure(code, text("slide.system", "en", reason=error.strerror or str(error)))
    if isinstance(error, MemoryError) or _is_opencv_memory(error):
        return Failure("out_of_memory", text("slide.out_of_memory", "en"))
    return Failure("internal_error", text("slide.internal_error", "en"))


def _is_opencv_memory(error: Exception) -> bool:
    return isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem
