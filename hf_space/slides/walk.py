"""Searches a folder for slides, at any depth, without the results of earlier runs."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hf_space.imaging.zip_archive import is_hidden
from hf_space.slides.checkpoint import STATE_FILE, WORK_FOLDER
from hf_space.slides.outputs import TISSUE_FILE
from hf_space.slides.record import RUN_FILE
from hf_space.slides.scores import SCORES_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

# Every slide that was scored has them; of one that is scored again the last one may be missing.
_OF_RESULTS: Final = frozenset({SCORES_FILE, TISSUE_FILE, RUN_FILE})
_ENOUGH: Final = 2
_KINDS: Final[dict[str, Callable[[int], bool]]] = {
    "pipe": stat.S_ISFIFO,
    "socket": stat.S_ISSOCK,
    "device": lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode),
}


@dataclass(frozen=True, slots=True)
class Contents:
    """The content of a folder, at any depth; each list is sorted.

    Attributes:
        files: Regular files, which may still be unreadable.
        results: Folders of slides that were scored, or begun; their files are not listed.
        closed: Folders that may not be read.
        broken: Links that lead nowhere or may not be followed.
        links: To folders; what is in them is not listed.
        special: Neither files nor folders, such as pipes.
        hidden: Hidden files and folders, and the system's own; what is in them is not listed.
    """

    files: list[Path] = field(default_factory=list)
    results: list[Path] = field(default_factory=list)
    closed: list[Path] = field(default_factory=list)
    broken: list[Path] = field(default_factory=list)
    links: list[Path] = field(default_factory=list)
    special: list[Path] = field(default_factory=list)
    hidden: list[Path] = field(default_factory=list)


def walk(folder: Path) -> Contents:
    """List what is in a folder."""
    contents = Contents()
    waiting = [folder]
    while waiting:
        waiting += _list(waiting.pop(), contents)
    for each in fields(contents):
        getattr(contents, each.name).sort()
    return contents


def _list(folder: Path, contents: Contents) -> list[Path]:
    """Sort what is in a folder, and return the folders that are to be listed next."""
    try:
        inside = list(folder.iterdir())
    except OSError:
        contents.closed.append(folder)
        return []
    if _holds_results(folder, {path.name for path in inside}):
        contents.results.append(folder)
        return []
    return [path for path in inside if _is_to_list(path, contents)]


def _is_to_list(path: Path, contents: Contents) -> bool:
    mode = mode_of(path)
    if is_hidden(Path(path.name)):
        contents.hidden.append(path)
    elif mode is None:
        contents.broken.append(path)
    elif stat.S_ISREG(mode):
        contents.files.append(path)
    elif not stat.S_ISDIR(mode):
        contents.special.append(path)
    elif path.is_symlink():
        contents.links.append(path)
    else:
        return True
    return False


def mode_of(path: Path) -> int | None:
    """Return the mode of a path; None if it leads nowhere or access is denied."""
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return None


def is_folder(path: Path) -> bool:
    """Return whether a path leads to a folder; False if access is denied."""
    mode = mode_of(path)
    return mode is not None and stat.S_ISDIR(mode)


def is_file(path: Path) -> bool:
    """Return whether a path leads to a regular file: opening a pipe may wait forever."""
    mode = mode_of(path)
    return mode is not None and stat.S_ISREG(mode)


def special_kind(path: Path) -> str | None:
    """Return what a path leads to that is neither file nor folder; None where it is one.

    People are told it by `slide.kind.NAME`.
    """
    mode = mode_of(path)
    if mode is None or stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return next((name for name, matches in _KINDS.items() if matches(mode)), "other")


def _holds_results(folder: Path, names: set[str]) -> bool:
    """Recognise a folder of results by files that only this program writes, not by its name."""
    if len(names & _OF_RESULTS) >= _ENOUGH:
        return True
    return WORK_FOLDER in names and mode_of(folder / WORK_FOLDER / STATE_FILE) is not None
