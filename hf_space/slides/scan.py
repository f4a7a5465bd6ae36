"""Find slides: files, folders of files, and those that a list or an address names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hf_space.slides.addresses import address_path
from hf_space.slides.names import slide_names
from hf_space.slides.parts import SUFFIXES, companions, dicom_series, is_dicom, is_slide
from hf_space.slides.walk import is_folder, walk

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from hf_space.slides.walk import Contents

    _Slide = tuple[Path, tuple[Path, ...]]


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
    series = Counter(path.parent for path in paths if not is_folder(path) and is_dicom(path))
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
    if not is_dicom(path) or series[path.parent] == 1:
        return [(path, (path, *companions(path)))]
    # None are left for the next file.
    if not series.pop(path.parent, 0):
        return []
    return [(path.parent, tuple(sorted((path, *companions(path)))))]


def _sort(contents: Contents) -> tuple[list[_Slide], list[Path]]:
    """Part what is in a folder into slides, each with its files, and others."""
    series = dicom_series(contents.files)
    taken = {file for parts in series.values() for file in parts}
    rest = [file for file in contents.files if file not in taken]
    indexes = {file: companions(file) for file in rest}
    beside = {part for parts in indexes.values() for part in parts}
    single = [file for file in rest if file not in beside]
    slides = [(file, (file, *indexes[file])) for file in single if is_slide(file)]
    slides += series.items()
    # They fail when they are opened, which says why.
    lost = [path for path in contents.broken if path.suffix.lower() in SUFFIXES]
    special = [path for path in contents.special if path.suffix.lower() in SUFFIXES]
    slides += [(path, (path,)) for path in (*contents.closed, *lost, *special)]
    others = [file for file in single if not is_slide(file)]
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


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:
        return False
