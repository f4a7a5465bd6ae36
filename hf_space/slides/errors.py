"""Why a slide could not be scored, as `summary.csv` states it."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2

from hf_space.errors import BiopsiaError, UnsupportedImageError
from hf_space.messages.catalogue import text
from hf_space.slides.addresses import shown_address
from hf_space.slides.walk import special_kind

if TYPE_CHECKING:
    from hf_space.slides.scan import FoundSlide

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
# Prefix of helper files such as locks and parts.
_HIDDEN: Final = "."
# Readers name the option as the API does.
_OPTION: Final = "microns_per_pixel"


class CancelledError(Exception):
    """Work on a slide was given up because other work on it failed or was interrupted."""


class InUseError(OSError):
    """Another run writes the same files."""

    def __init__(self, path: Path) -> None:
        """Take the file that is locked."""
        super().__init__(errno.EBUSY, text("slide.in_use", "en"), str(path))


class StoreError(OSError):
    """A store refuses to give or take an object; its file name is the address that may be shown."""


class MissingPackageError(Exception):
    """The packages for an address are not installed; the message names them."""


class NameTakenError(Exception):
    """The folder of the slide's name has the results of another slide."""


class SlideFailedError(Exception):
    """A slide could not be scored.

    Attributes:
        code: One of those that `failure_of` lists.
        message: The same for people.
    """

    def __init__(self, code: str, message: str) -> None:
        """Take code and message from the slide's outcome."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Failure:
    """A stable code, and a sentence for people."""

    code: str
    message: str


def check_kind(path: Path) -> None:
    """Refuse what is neither file nor folder: opening a pipe may wait forever.

    Raises:
        UnsupportedImageError: It is a pipe, a socket or a device.
    """
    if kind := special_kind(path):
        message = text("slide.not_a_file", "en", kind=text(f"slide.kind.{kind}", "en"))
        raise UnsupportedImageError(message)


def failure_of(error: Exception, slide: FoundSlide | None = None) -> Failure:
    """Return why a slide failed.

    Codes are those of `hf_space.errors`, and for the file system `disk_full`, `no_permission`,
    `not_found`, `not_a_folder` and `input_output`; `out_of_memory`. A slide that another run works
    on is `in_use`, one whose name has the results of another `name_taken`; anything else is
    `internal_error`.

    Args:
        error: What was raised.
        slide: Distinguishes errors of reading from errors of writing.
    """
    if isinstance(error, BiopsiaError):
        return Failure(error.code, _of_reader(error))
    if isinstance(error, InUseError):
        return Failure("in_use", text("slide.in_use", "en"))
    if isinstance(error, NameTakenError):
        return Failure("name_taken", text("slide.name_taken", "en"))
    if isinstance(error, StoreError):
        return _of_store(error, slide)
    if isinstance(error, OSError):
        return _of_system(error, slide)
    if isinstance(error, MemoryError) or _is_opencv_memory(error):
        return Failure("out_of_memory", text("slide.out_of_memory", "en"))
    return Failure("internal_error", text("slide.internal_error", "en"))


def _of_reader(error: BiopsiaError) -> str:
    if isinstance(error, UnsupportedImageError) and "formats" in error.details:
        return text("slide.unsupported_image", "en")
    return error.message.replace(_OPTION, f"--{_OPTION.replace('_', '-')}")


def _of_system(error: OSError, slide: FoundSlide | None) -> Failure:
    """Return the system's error, with the path if known."""
    code = _CODES.get(error.errno or 0, "input_output")
    reason = error.strerror or str(error)
    if code == "disk_full":
        return Failure(code, text("slide.disk_full", "en", reason=reason))
    if slide is None or not isinstance(error.filename, str):
        return Failure(code, text("slide.system", "en", reason=reason))
    path = Path(error.filename)
    if not _is_part_of(path, slide):
        path = path.parent if path.name.startswith(_HIDDEN) else path
        return Failure(code, text("slide.not_written", "en", path=path, reason=reason))
    if code == "not_found" and path.is_symlink():
        target = path.readlink()
        return Failure(code, text("slide.dead_link", "en", path=path, target=target))
    return Failure(code, text("slide.not_read", "en", path=path, reason=reason))


def _of_store(error: StoreError, slide: FoundSlide | None) -> Failure:
    code = _CODES.get(error.errno or 0, "input_output")
    is_slide = slide is not None and error.filename == shown_address(slide.address)
    key = "slide.not_read" if is_slide else "slide.not_written"
    return Failure(code, text(key, "en", path=error.filename, reason=error.strerror))


def _is_part_of(path: Path, slide: FoundSlide) -> bool:
    return path in slide.files or path.is_relative_to(slide.path)


def _is_opencv_memory(error: Exception) -> bool:
    return isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem
