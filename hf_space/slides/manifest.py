"""A list of slides as CSV: where each is, and what is known of it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hf_space.errors import ScaleError
from hf_space.imaging.readers.slide_file import check_scale
from hf_space.messages.catalogue import text
from hf_space.slides.addresses import checked_address, is_address, is_object, relative_to
from hf_space.slides.scan import FoundSlides, Stated, find_slides

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hf_space.slides.scan import FoundSlide

_PATH: Final = "path"
_SCALE: Final = "microns_per_pixel"
# Of what is repeated of a first line: the file may be no table at all.
_MOST_LETTERS: Final = 100
_OWN: Final = frozenset({_PATH, _SCALE, "case", "truth"})


class ManifestError(Exception):
    """The list cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class ListedSlide:
    """A row of the list.

    Attributes:
        line: Its line, from 1, which is the header's.
        place: Path or address of the slide.
        stated: What else the row says.
    """

    line: int
    place: Path | str
    stated: Stated


def parse_manifest(content: bytes, origin: str) -> list[ListedSlide]:
    """Read a list of slides.

    A column ``path`` is needed; ``microns_per_pixel``, ``case`` and ``truth`` are known, and all
    others that have a name are carried along. What is relative begins at the list's own place.

    Args:
        content: CSV in UTF-8.
        origin: Path or address of the list.

    Raises:
        ManifestError: It is no such table, or a value is wrong.
    """
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        names = [name.strip() for name in reader.fieldnames or ()]
        reader.fieldnames = names
        _check_header(names)
        return [_row(reader.line_num, cells, origin) for cells in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(text("manifest.no_table", "en", reason=error)) from error


def find_listed(rows: Sequence[ListedSlide], out: Path | None) -> FoundSlides:
    """Find the slides of a list, in its order.

    Args:
        rows: Of the list.
        out: See `find_slides`.

    Raises:
        ManifestError: A row names no single slide, or two rows name one.
    """
    places: dict[Path | str, ListedSlide] = {}
    for row in rows:
        if row.place in places:
            first = places[row.place].line
            raise ManifestError(text("manifest.repeated", "en", first=first, second=row.line))
        places[row.place] = row
    paths = [place for place in places if isinstance(place, Path)]
    addresses = [place for place in places if isinstance(place, str)]
    found = find_slides(paths, out, addresses)
    slides: dict[Path | str, FoundSlide] = {
        each.address or each.path: each for each in found.slides
    }
    missing = [row for place, row in places.items() if place not in slides]
    if missing:
        line, path = missing[0].line, missing[0].place
        raise ManifestError(text("manifest.not_one", "en", line=line, path=path))
    found.slides[:] = [replace(slides[place], stated=row.stated) for place, row in places.items()]
    return found


def _check_header(names: Sequence[str]) -> None:
    if _PATH not in names:
        found = ", ".join(names)[:_MOST_LETTERS] or "none"
        raise ManifestError(text("manifest.no_path", "en", found=found))
    twice = [name for name in names if name and names.count(name) > 1]
    if twice:
        raise ManifestError(text("manifest.column_twice", "en", column=twice[0]))


def _row(line: int, cells: dict[str | None, str | list[str] | None], origin: str) -> ListedSlide:
    if None in cells or None in cells.values():
        raise ManifestError(text("manifest.cells", "en", line=line))
    values = {name: cell.strip() for name, cell in cells.items() if name and isinstance(cell, str)}
    if not values[_PATH]:
        raise ManifestError(text("manifest.empty_path", "en", line=line))
    truth = values.get("truth", "")
    stated = Stated(
        microns_per_pixel=_scale(line, values.get(_SCALE, "")),
        case=values.get("case", ""),
        truth=str(_place(line, truth, origin)) if truth else "",
        columns=tuple((name, cell) for name, cell in values.items() if name not in _OWN),
    )
    return ListedSlide(line, _place(line, values[_PATH], origin), stated)


def _scale(line: int, cell: str) -> float | None:
    if not cell:
        return None
    try:
        scale = float(cell)
        check_scale(scale)
    except (ValueError, ScaleError) as error:
        raise ManifestError(text("manifest.scale", "en", line=line, value=cell)) from error
    return scale


def _place(line: int, named: str, origin: str) -> Path | str:
    """Return a path, or the address of an object."""
    try:
        if not is_address(named) and not is_address(origin):
            if "\0" in named:
                raise ValueError("no file system knows such a name")
            return Path(origin).parent / named
        address = checked_address(named if is_address(named) else relative_to(origin, named))
        if not is_object(address):
            raise ValueError("it names all of a store")
    except ValueError as error:
        raise ManifestError(text("manifest.no_place", "en", line=line)) from error
    return address
