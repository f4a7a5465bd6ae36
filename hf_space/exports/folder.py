"""A folder with one file for each of many images; existing files are never overwritten."""

from __future__ import annotations

import tempfile
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hf_space.exports.formats import ExportFormat
    from hf_space.schemas.prediction import PredictionResult


class ExportFolder:
    """Writes the results of images into files of one format, as `file_names` names them."""

    def __init__(self, folder: Path, export_format: ExportFormat, images: Sequence[Path]) -> None:
        """Make the folder, and check that every file can be written.

        Args:
            folder: Created if it does not exist.
            export_format: Of all files.
            images: In the order in which `write` counts them.

        Raises:
            OSError: The folder cannot be made or written.
            ValueError: It already has one of the files, or one image is named twice.
        """
        names = file_names(images, export_format.suffix)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        self._format = export_format
        self._paths = [folder / name for name in names]
        for path in self._paths:
            if path.exists():
                raise ValueError(f"{path} exists and is not overwritten; choose another folder")

    def write(self, index: int, result: PredictionResult) -> None:
        """Write the file of one image; raises OSError, and then leaves no partial file."""
        path = self._paths[index]
        with path.open("xb") as file:
            try:
                file.writelines(self._format.chunks(result))
            except BaseException:
                path.unlink()
                raise


def file_names(images: Sequence[Path], suffix: str) -> list[str]:
    """Return a name for the file of each image: its `unique_names` with a suffix.

    Raises:
        ValueError: One image is named twice.
    """
    return [f"{name}.{suffix}" for name in unique_names(images)]


def unique_names(images: Sequence[Path]) -> list[str]:
    """Return a unique name for each image's files: the image's own name.

    Images with equal names are prefixed with as many folder names as needed: `a/x.png` and
    `b/x.png` become `a_x.png` and `b_x.png`. Upper and lower case count as equal, as in some file
    systems.

    Raises:
        ValueError: One image is named twice.
    """
    parts = [image.parent.resolve().joinpath(image.name).parts[1:] for image in images]
    depths = [1] * len(images)
    while True:
        names = ["_".join(whole[-depth:]) for whole, depth in zip(parts, depths, strict=True)]
        counts = Counter(name.casefold() for name in names)
        equal = [place for place, name in enumerate(names) if counts[name.casefold()] > 1]
        if not equal:
            return names
        longer = [place for place in equal if depths[place] < len(parts[place])]
        if not longer:
            raise ValueError(f"{images[equal[0]]} would be written twice; name each image once")
        for place in longer:
            depths[place] += 1
