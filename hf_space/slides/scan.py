"""Find slides: files, folders of files, and formats that take several files for one slide."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hf_space.imaging.readers.tiff import TiffReader
from hf_space.imaging.zip_archive import is_hidden
from hf_space.slides.addresses import address_path
from hf_space.slides.names import slide_names
from hf_space.slides.walk import is_file, is_folder, walk

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from hf_space.slides.walk import Contents

    _Slide = tuple[Path, tuple[Path, ...]]

# Of slides, and of TIFF, which many scanners write. A picture in a folder may be a slide's label.
_SUFFIXES: Final = frozenset(
    {".bif", ".dcm", ".mrxs", ".ndpi", ".scn", ".svslide", ".vms", ".vmu", *TiffReader.suffixes}
)
# DICOM's preamble says nothing; its magic follows (PS3.10, section 7.1).
_DICOM: Final = b"DICM"
_DICOM_OFFSET: Final = 128


@dataclass(frozen=True, slots=True)
class Stated:
    """The facts that a list states about a slide.

    Attributes:
        microns_per_pixel: Scale of its level 0.
        case: Of which it is a slide; empty: it has none.
        truth: File or address of its annotations; empty: none.
        columns: What else the list has, by the names of its columns.
    """

    microns_per_pixel: float | None = None
    case: str = ""
    truth: str = ""
    columns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FoundSlide:
    """A slide that is to be scored.

    Attributes:
        path: What the reader opens: a file, or the folder of a DICOM series. Of a slide in a store
            its address in the form of a path, which names it only.
        files: Every file that belongs to it, sorted.
        name: Of its folder of results; no other slide has it.
        address: Of a slide in a store; empty: it is on disk.
        stated: What a list says of it.
    """

    path: Path
    files: tuple[Path, ...]
    name: str
    address: str = ""
    stated: Stated = Stated()


@dataclass(frozen=True, slots=True)
class FoundSlides:
    """The content of some files and folders.

    Attributes:
        slides: In the order of the arguments, those of a folder sorted.
        left_out: How many other files there are in the folders, by their suffix in lower case; by
            nothing where they have none.
        special: What else is in the folders that is neither file nor folder.
        hidden: Hidden files and folders, and the system's own; nothing in them is listed.
        results: Folders that an earlier run wrote; nothing in them is listed.
        links: To folders; nothing in them is listed.
        repeated: Other names of slides that are listed.
    """

    slides: list[FoundSlide] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    special: list[Path] = field(default_factory=list)
    hidden: list[Path] = field(default_factory=list)
    results: list[Path] = field(default_factory=list)
    links: list[Path] = field(default_factory=list)
    repeated: list[Path] = field(default_factory=list)


def find_slides(
    paths: Sequence[Path], out: Path | None = None, addresses: Sequence[str] = ()
) -> FoundSlides:
    """Find the slides among files and folders, at any depth.

    A file that is named is a slide whatever it holds, or a part of one that is named as well. In a
    folder a slide is told by its suffix or its first bytes; pictures, hidden files and folders of
    results are left out. A DICOM series, which fills a folder, and an MRXS or VMS file with all
    that belongs to it count once, and so does a slide with several names. A file that is missing or
    cannot be read is listed, so that it fails.

    Args:
        paths: Files and folders.
        out: Folder of the results, where slides with results keep their names; see `slide_names`.
        addresses: Of slides in stores, each a slide; they are not looked at.
    """
    found = FoundSlides()
    slides: list[_Slide] = []
    others: list[Path] = []
    roots: dict[Path, Path] = {}
    series = Counter(path.parent for path in paths if not is_folder(path) and _is_dicom(path))
    for path in paths:
        inside = _in_folder(path, found, others) if is_folder(path) else _named(path, series)
        slides += inside
        for slide, _ in inside:
            is_within = slide != path and is_folder(path)
            roots.setdefault(slide, path if is_within else slide.parent)
    slides, repeated = _once(slides)
    found.repeated.extend(repeated)
    _leave_out(found, others, slides)
    stored = dict.fromkeys(addresses)
    for address in stored:
        path = Path(address_path(address))
        slides.append((path, (path,)))
        roots[path] = path.parent
    opened = [path for path, _ in slides]
    names = slide_names(opened, [roots[path] for path in opened], out)
    places = [""] * (len(slides) - len(stored)) + list(stored)
    found.slides.extend(
        FoundSlide(*each, name, address)
        for each, name, address in zip(slides, names, places, strict=True)
    )
    return found


def _in_folder(folder: Path, found: FoundSlides, others: list[Path]) -> list[_Slide]:
    """Return the slides in a folder that is named, and note what else is in it."""
    contents = walk(folder)
    slides, left = _sort(contents)
    others += left
    known = {path for path, _ in slides}
    found.special.extend(path for path in contents.special if path not in known)
    found.hidden.extend(contents.hidden)
    found.results.extend(contents.results)
    found.links.extend(contents.links)
    return slides


def _named(path: Path, series: Counter[Path]) -> list[_Slide]:
    """Return a slide that is named; of several DICOM files in a folder, the folder, once."""
    files = (path, *_companions(path))
    if not _is_dicom(path) or series[path.parent] == 1:
        return [(path, files)]
    # None are left for the next file.
    return [(path.parent, tuple(sorted(files)))] if series.pop(path.parent, 0) else []


def _sort(contents: Contents) -> tuple[list[_Slide], list[Path]]:
    """Part what is in a folder into slides, each with its files, and others."""
    series = _dicom_series(contents.files)
    taken = {file for parts in series.values() for file in parts}
    rest = [file for file in contents.files if file not in taken]
    indexes = {file: _companions(file) for file in rest}
    companions = {part for parts in indexes.values() for part in parts}
    single = [file for file in rest if file not in companions]
    slides = [(file, (file, *indexes[file])) for file in single if _is_slide(file)]
    slides += series.items()
    # They fail when they are opened, which says why.
    lost = [path for path in contents.broken if path.suffix.lower() in _SUFFIXES]
    special = [path for path in contents.special if path.suffix.lower() in _SUFFIXES]
    slides += [(path, (path,)) for path in (*contents.closed, *lost, *special)]
    others = [file for file in single if not _is_slide(file)]
    return sorted(slides), others + sorted({*contents.broken} - {*lost})


def _once(slides: Sequence[_Slide]) -> tuple[list[_Slide], list[Path]]:
    """Drop parts of other slides, and separate other names of the same slide."""
    keys = [frozenset(map(_identity, files)) for _, files in slides]
    parts = {part for key in keys if len(key) > 1 for part in key}
    whole = [
        (key, each)
        for key, each in zip(keys, slides, strict=True)
        if len(key) > 1 or parts.isdisjoint(key)
    ]
    first: dict[frozenset[Hashable], _Slide] = {}
    # A file counts before links to it.
    for key, each in sorted(whole, key=lambda found: _is_link(found[1][0])):
        first.setdefault(key, each)
    kept = [each for key, each in whole if first[key] is each]
    return kept, [each[0] for key, each in whole if first[key] is not each]


def _leave_out(found: FoundSlides, others: Iterable[Path], slides: Iterable[_Slide]) -> None:
    """Count what belongs to no slide; a slide's own folder may be linked."""
    files = {file for _, files in slides for file in files}
    known = set(map(_identity, files))
    left = [path for path in others if _identity(path) not in known]
    found.left_out.update(path.suffix.lower() for path in left)
    parents = {file.parent for file in files}
    found.links[:] = [link for link in found.links if link not in parents]


def _identity(path: Path) -> Hashable:
    """Return the same for all names of a file; numbers of some network drives are not unique."""
    try:
        facts = path.stat()
    except OSError:
        return path
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns


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
    if not is_file(file):
        return ()
    try:
        if suffix == ".mrxs":
            folder = file.with_suffix("")
            return tuple(walk(folder).files) if is_folder(folder) else ()
        if suffix in {".vms", ".vmu"}:
            return tuple(_named_in(file))
        return tuple(_dicom_beside(file)) if _is_dicom(file) else ()
    except OSError:
        # The slide cannot be opened either, which says why.
        return ()


def _dicom_beside(file: Path) -> Iterator[Path]:
    for each in sorted(file.parent.iterdir()):
        is_part = each != file and not is_hidden(each.relative_to(file.parent)) and is_file(each)
        if is_part and _is_dicom(each):
            yield each


def _named_in(index: Path) -> Iterator[Path]:
    """Yield the files that Hamamatsu's index names: the values of its lines."""
    for line in index.read_text("utf-8", errors="replace").splitlines():
        part = index.with_name(Path(line.partition("=")[2].strip()).name or index.name)
        if part != index and is_file(part):
            yield part


def _is_slide(file: Path) -> bool:
    return file.suffix.lower() in _SUFFIXES or _head(file).startswith(TiffReader.signatures)


def _is_dicom(file: Path) -> bool:
    return file.suffix.lower() == ".dcm" or _head(file).endswith(_DICOM)


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:
        return False


def _head(file: Path) -> bytes:
    """Return the first bytes, up to the end of DICOM's magic; none of what nobody may read."""
    if not is_file(file):
        return b""
    try:
        with file.open("rb") as opened:
            return opened.read(_DICOM_OFFSET + len(_DICOM))
    except OSError:
        return b""
