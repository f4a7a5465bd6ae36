"""Checks to which slide a folder of results belongs: slides may share a name, but not a path."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from hf_space.slides.checkpoint import Checkpoint
from hf_space.slides.errors import NameTakenError
from hf_space.slides.record import RunRecord
from hf_space.slides.scores import SlideScores

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hf_space.slides.scores import ScoreKey


def place_hash(path: Path) -> str:
    """Return a hash of a slide's path, for results that are shared and must contain no path.

    As where slides are named, links in the way to it are followed, and one that is the slide is
    not: it keeps its name and place, whatever file it leads to.

    Args:
        path: What the reader opens: a file or a folder.

    Returns:
        Hexadecimal SHA-256.
    """
    return hashlib.sha256(os.fsencode(path.parent.resolve() / path.name)).hexdigest()


def check_name(folder: Path, key: ScoreKey) -> None:
    """Check that a folder of results, if there is one, is a slide's own.

    It is if the slide has the same path, even with changed content, or the same content at another
    path. Results of versions without a path's hash belong to any slide.

    Args:
        folder: Of the slide's results.
        key: Of the slide.

    Raises:
        NameTakenError: It has results of another slide, or finished strips of one.
    """
    owner = next((each for each in _stored_keys(folder) if each.file), None)
    if owner and owner.file != key.file and owner.slide != key.slide:
        raise NameTakenError


def holds_results_of(folder: Path, path: Path) -> bool:
    """Return whether a folder has results of the slide with this path's hash."""
    owner = next((each.file for each in _stored_keys(folder) if each.file), None)
    return owner == place_hash(path)


def _stored_keys(folder: Path) -> Iterator[ScoreKey]:
    """Yield the keys that a run has left, the latest first."""
    if unfinished := Checkpoint(folder).key():
        yield unfinished
    if record := RunRecord.load(folder):
        yield record.scored
    if scores := SlideScores.load(folder):
        yield scores.facts.key
