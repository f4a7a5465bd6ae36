"""Go through a folder for slides: its files at any depth, without what earlier runs wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hf_space.imaging.zip_archive import is_hidden
from hf_space.slides.checkpoint import STATE_FILE, WORK_FOLDER
from hf_space.slides.outputs import TISSUE_FILE
from hf_space.slides.record import RUN_FILE
from hf_space.slides.scores import SCORES_FILE

# Every slide that was scored has them; of one that is scored again the last one may be missing.
_OF_RESULTS: Final = frozenset({SCORES_FILE, TISSUE_FILE, RUN_FILE})
_ENOUGH: Final = 2


@dataclass(frozen=True, slots=True)
class Contents:
    """What a folder holds, at any depth.

    Attributes:
        files: Sorted.
        results: Folders of slides that were scored, or begun; their files are not listed.
    """

    files: list[Path] = field(default_factory=list)
    results: list[Path] = field(default_factory=list)


def walk(folder: Path) -> Contents:
    """List what is in a folder; hidden files and folders are left out."""
    contents = Contents()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        inside = list(current.iterdir())
        if _holds_results(current, {path.name for path in inside}):
            contents.results.append(current)
            continue
        for path in inside:
            if is_hidden(Path(path.name)):
                continue
            if path.is_file():
                contents.files.append(path)
            elif path.is_dir() and not path.is_symlink():
                waiting.append(path)
    contents.files.sort()
    contents.results.sort()
    return contents


def _holds_results(folder: Path, names: set[str]) -> bool:
    """Tell by files that only this program writes: a folder of slides may have any name."""
    if len(names & _OF_RESULTS) >= _ENOUGH:
        return True
    return WORK_FOLDER in names and (folder / WORK_FOLDER / STATE_FILE).exists()
