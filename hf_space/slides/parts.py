"""Tell slides by their files, of which some formats take several for one slide."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hf_space.imaging.readers.tiff import TiffReader
from hf_space.imaging.zip_archive import is_hidden
from hf_space.slides.walk import is_file, is_folder, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Of slides, and of TIFF, which many scanners write. A picture in a folder may be a slide's label.
SUFFIXES: Final = frozenset(
    {".bif", ".dcm", ".mrxs", ".ndpi", ".scn", ".svslide", ".vms", ".vmu", *TiffReader.suffixes}
)
# DICOM's preamble says nothing; its magic follows (PS3.10, section 7.1).
_DICOM: Final = b"DICM"
_DICOM_OFFSET: Final = 128


def dicom_series(files: Iterable[Path]) -> dict[Path, tuple[Path, ...]]:
    """Return the DICOM files of each folder that holds any."""
    series: defaultdict[Path, list[Path]] = defaultdict(list)
    for file in files:
        if is_dicom(file):
            series[file.parent].append(file)
    return {folder: tuple(found) for folder, found in series.items()}


def companions(file: Path) -> tuple[Path, ...]:
    """Return the files that belong to a slide beside the one that is opened."""
    suffix = file.suffix.lower()
    if not is_file(file):
        return ()
    try:
        if suffix == ".mrxs":
            folder = file.with_suffix("")
            return tuple(walk(folder).files) if is_folder(folder) else ()
        if suffix in {".vms", ".vmu"}:
            return tuple(_named_in(file))
        return tuple(_dicom_beside(file)) if is_dicom(file) else ()
    except OSError:
        # The slide cannot be opened either, which says why.
        return ()


def _dicom_beside(file: Path) -> Iterator[Path]:
    for each in sorted(file.parent.iterdir()):
        is_part = each != file and not is_hidden(each.relative_to(file.parent)) and is_file(each)
        if is_part and is_dicom(each):
            yield each


def _named_in(index: Path) -> Iterator[Path]:
    """Yield the files that Hamamatsu's index names: the values of its lines."""
    for line in index.read_text("utf-8", errors="replace").splitlines():
        part = index.with_name(Path(line.partition("=")[2].strip()).name or index.name)
        if part != index and is_file(part):
            yield part


def is_slide(file: Path) -> bool:
    """Tell by suffix and first bytes whether a file in a folder is a slide."""
    return file.suffix.lower() in SUFFIXES or _head(file).startswith(TiffReader.signatures)


def is_dicom(file: Path) -> bool:
    """Tell by suffix or first bytes whether a file is DICOM."""
    return file.suffix.lower() == ".dcm" or _head(file).endswith(_DICOM)


def _head(file: Path) -> bytes:
    """Return the first bytes, up to the end of DICOM's magic; none of what nobody may read."""
    if not is_file(file):
        return b""
    try:
        with file.open("rb") as opened:
            return opened.read(_DICOM_OFFSET + len(_DICOM))
    except OSError:
        return b""
