"""The files that are written about a slide, by the name of their format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2

from hf_space.exports.slides.formats import SLIDE_FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from hf_space.exports.slides.content import SlideContent

FEATURES: Final = "features"
"""The format for which the network's pooled features must be kept."""

RESULT: Final = "json"
"""The format for other programs of this project."""

RESULT_FILE: Final = "result.json"
TISSUE_FILE: Final = "tissue.png"


def _write_result(content: SlideContent, path: Path) -> None:
    path.write_bytes(content.result.model_dump_json().encode() + b"\n")


FILES: Final[Mapping[str, Mapping[str, Callable[[SlideContent, Path], None]]]] = {
    RESULT: {RESULT_FILE: _write_result},
    **{name: each.files for name, each in SLIDE_FORMATS.items()},
}
"""Of each format the files, and what writes them."""

BY_DEFAULT: Final = frozenset(FILES) - {
    name for name, each in SLIDE_FORMATS.items() if each.on_request
}
"""Formats that are written unless others are chosen."""


def write_files(
    part_of: Callable[[str], Path], content: SlideContent, formats: Iterable[str]
) -> None:
    """Write the files of some formats, each where `part_of` says; raises OSError."""
    for name in formats:
        for file_name, write in FILES[name].items():
            write(content, part_of(file_name))


def write_tissue(path: Path, mask: NDArray[np.uint8]) -> None:
    """Write the mask of a slide's tissue as PNG; raises OSError."""
    path.write_bytes(cv2.imencode(".png", mask)[1].tobytes())


def files_exist(folder: Path, formats: Iterable[str]) -> bool:
    """Tell whether all files of some formats are there."""
    return all((folder / file_name).is_file() for name in formats for file_name in FILES[name])


def existing_files(folder: Path, formats: Iterable[str]) -> list[str]:
    """Return the names of the files of some formats that are there, sorted."""
    names = (file_name for name in formats for file_name in FILES[name])
    return sorted(name for name in names if (folder / name).exists())
