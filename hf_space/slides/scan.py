"""Find slides: files, folders of files, and formats that take several files for one slide."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hf_space.exports.folder import unique_names
from hf_space.imaging.readers import suffixes
from hf_space.slides.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# What OpenSlide and tifffile read beyond the pictures that the service takes.
SLIDE_SUFFIXES: Final = frozenset(
    {".bif", ".dcm", ".mrxs", ".ndpi", ".scn", ".svs", ".svslide", ".vms", ".vmu"}
)
# TIFF and BigTIFF in both byte orders.
_TIFF: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# DICOM's preamble says nothing; its magic follows (PS3.10, section 7.1).
_DICOM: Final = b"DICM"
_DICOM_OFFSET: Final = 128


@dataclass(frozen=True, slots=True)
class FoundSlide:
    """A slide that is to be scored.

    Attributes:
        path: What the reader opens: a file, or the folder of a DICOM series.
        files: Every file that belongs to it, sorted.
        name: Of its folder of results; no other slide has it.
    """

    path: Path
    files: tuple[Path, ...]
    name: str


@dataclass(frozen=True, slots=True)
class FoundSlides:
    """What some files and folders hold.

    Attributes:
        slides: In the order of the arguments, those of a folder sorted.
        left_out: How many other files there are in the folders, by their suffix.
        results: Folders that an earlier run wrote; nothing in them is listed.
    """

    slides: list[FoundSlide]
    left_out: Counter[str]
    results: list[Path]


def find_slides(paths: Sequence[Path]) -> FoundSlides:
    """Find the slides among files and folders, at any depth.

    A file that is named is a slide whatever it holds. In a folder a slide is told by its suffix or
    its first bytes; hidden files and folders of results are left out. A DICOM series, which fills
    a folder, and an MRXS or VMS file with all that belongs to it count once.

    Args:
        paths: Existing files and folders.

    Raises:
        ValueError: A slide is named twice.
    """
    found: list[tuple[Path, tuple[Path, ...]]] = []
    left_out: Counter[str] = Counter()
    results: list[Path] = []
    for path in paths:
        if path.is_dir():
            contents = walk(path)
            slides, others = _sort(contents.files)
            found += slides
            results += contents.results
            left_out.update(file.suffix.lower() or file.name for file in others)
        else:
            found.append((path, (path, *_companions(path))))
    names = unique_names([path for path, _ in found])
    slides_found = [FoundSlide(*each, name) for each, name in zip(found, names, strict=True)]
    return FoundSlides(slides_found, left_out, results)


def _sort(files: Sequence[Path]) -> tuple[list[tuple[Path, tuple[Path, ...]]], list[Path]]:
    """Part the files of a folder into slides, each with its files, and others."""
    series = _dicom_series(files)
    taken = {file for parts in series.values() for file in parts}
    rest = [file for file in files if file not in taken]
    indexes = {file: _companions(file) for file in rest}
    companions = {part for parts in indexes.values() for part in parts}
    single = [file for file in rest if file not in companions]
    slides = [(file, (file, *indexes[file])) for file in single if _is_slide(file)]
    slides += series.items()
    others = [file for file in single if not _is_slide(file)]
    return sorted(slides), others


def _dicom_series(files: Iterable[Path]) -> dict[Path, tuple[Path, ...]]:
    """Return the DICOM files of each folder that holds any."""
    series: dict[Path, tuple[Path, ...]] = {}
    for file in files:
        if _is_dicom(file):
            series[file.parent] = (*series.get(file.parent, ()), file)
    return series


def _companions(file: Path) -> tuple[Path, ...]:
    """Return the files that belong to a slide beside the one that is opened."""
    suffix = file.suffix.lower()
    if suffix == ".mrxs":
        return tuple(walk(file.with_suffix("")).files) if file.with_suffix("").is_dir() else ()
    if suffix in {".vms", ".vmu"}:
        return tuple(_named_in(file))
    if _is_dicom(file):
        return tuple(
            each
            for each in sorted(file.parent.iterdir())
            if each != file and each.is_file() and _is_dicom(each)
        )
    return ()


def _named_in(index: Path) -> Iterator[Path]:
    """Yield the files that Hamamatsu's index names: the values of its lines."""
    for line in index.read_text("utf-8", errors="replace").splitlines():
        part = index.with_name(Path(line.partition("=")[2].strip()).name or index.name)
        if part != index and part.is_file():
            yield part


def _is_slide(file: Path) -> bool:
    return file.suffix.lower() in SLIDE_SUFFIXES | suffixes() or _head(file).startswith(_TIFF)


def _is_dicom(file: Path) -> bool:
    return file.suffix.lower() == ".dcm" or _head(file).endswith(_DICOM)


def _head(file: Path) -> bytes:
    """Return the first bytes, up to the end of DICOM's magic; none of a file nobody may read."""
    try:
        with file.open("rb") as opened:
            return opened.read(_DICOM_OFFSET + len(_DICOM))
    except OSError:
        return b""
