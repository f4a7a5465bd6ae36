"""Names of the folders of results: unique for each slide, and the same in every run."""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

from hf_space.slides.owner import holds_results_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

MOST_BYTES: Final = 255
"""Longest name of a file or folder that most file systems take."""

_HASH_LETTERS: Final = 12


@dataclass(frozen=True, slots=True)
class _Place:
    """A slide's path from the root of the file system, and from the named folder."""

    above: tuple[str, ...]
    relative: tuple[str, ...]


def slide_names(slides: Sequence[Path], roots: Sequence[Path], out: Path | None) -> list[str]:
    """Return a name for the folder of results of each slide.

    It is the path from the named folder to the slide, joined by ``_``, so that it does not depend
    on other files. Slides that would have the same name are prefixed with as many folder names as
    needed: ``a/x.svs`` and ``b/x.svs`` become ``a_x.svs`` and ``b_x.svs``. Names that still differ
    only in upper and lower case, which some file systems treat as equal, are numbered from the
    second on: ``X.svs_2``. A slide that already has results under its plain name keeps it.

    Args:
        slides: In the order in which they are scored.
        roots: Of each slide the folder that was named, or the folder of the file that was named.
        out: Folder of the results; None: nothing is known of earlier ones.
    """
    places = [_place(path, root) for path, root in zip(slides, roots, strict=True)]
    plain = ["_".join(place.relative) for place in places]
    kept = {
        index
        for index in _equal(plain)
        if out and holds_results_of(out / _fitting(plain[index]), slides[index])
    }
    names = _unlike_within_roots(places, plain, kept)
    return _numbered(_with_folders(places, names, kept), kept)


def _place(path: Path, root: Path) -> _Place:
    named = path.name not in {"", ".."}
    parts = (path.parent.resolve() / path.name if named else path.resolve()).parts[1:]
    depth = len(path.relative_to(root).parts) if path != root else 1
    return _Place(parts[:-depth], parts[-depth:])


def _equal(names: Sequence[str]) -> list[int]:
    """Return the places of names that are not the only one of their kind."""
    counts = Counter(name.casefold() for name in names)
    return [index for index, name in enumerate(names) if counts[name.casefold()] > 1]


def _unlike_within_roots(
    places: Sequence[_Place], plain: Sequence[str], kept: Collection[int]
) -> list[str]:
    """Number slides of one folder whose names are equal: no folder above tells them apart."""
    groups: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, place in enumerate(places):
        groups[place.above].append(index)
    names = list(plain)
    for group in groups.values():
        first = {number for number, index in enumerate(group) if index in kept}
        for index, name in zip(group, _numbered([plain[i] for i in group], first), strict=True):
            names[index] = name
    return names


def _with_folders(
    places: Sequence[_Place], plain: Sequence[str], kept: Collection[int]
) -> list[str]:
    depths = [0] * len(places)
    while True:
        names = [
            "_".join((*place.above[len(place.above) - depth :], name))
            for place, depth, name in zip(places, depths, plain, strict=True)
        ]
        longer = [
            index
            for index in _equal(names)
            if index not in kept and depths[index] < len(places[index].above)
        ]
        if not longer:
            return [_fitting(name) for name in names]
        for index in longer:
            depths[index] += 1


def _numbered(names: Sequence[str], first: Collection[int]) -> list[str]:
    """Number names from the second of their kind on; the first are those that were chosen so."""
    unique, taken = list(names), set[str]()
    later = list[int]()
    for index in sorted(range(len(names)), key=lambda index: index not in first):
        if names[index].casefold() in taken:
            later.append(index)
        taken.add(names[index].casefold())
    for index in later:
        candidates = (_fitting(f"{names[index]}_{number}") for number in count(2))
        unique[index] = next(each for each in candidates if each.casefold() not in taken)
        taken.add(unique[index].casefold())
    return unique


def _fitting(name: str) -> str:
    """Return a name that file systems take: of a longer one its end, behind a hash of it."""
    whole = os.fsencode(name)
    if len(whole) <= MOST_BYTES:
        return name
    end = name[-(MOST_BYTES - _HASH_LETTERS - 1) :]
    while len(os.fsencode(end)) > MOST_BYTES - _HASH_LETTERS - 1:
        end = end[1:]
    return f"{hashlib.sha256(whole).hexdigest()[:_HASH_LETTERS]}_{end}"
