"""Tiles and foci of a slide for QuPath.

QuPath crops a slide to its bounds (`openslide.bounds-*`), so coordinates begin at their upper left
corner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hf_space.exports.qupath import focus_object, qupath_object, rectangle, write_collection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hf_space.exports.slides.content import SlideContent
    from hf_space.exports.slides.tiles import SlideTile


def write_tile_objects(content: SlideContent, path: Path) -> None:
    """Write a tile object for each tissue tile, one at a time; raises OSError."""
    _write(content, _tiles(content), path)


def write_focus_objects(content: SlideContent, path: Path) -> None:
    """Write an annotation for each focus, with its holes; raises OSError."""
    _write(content, _foci(content), path)


def _write(content: SlideContent, features: Iterable[dict[str, Any]], path: Path) -> None:
    result = content.result
    member = {
        "id": str(result.id),
        "verdict": result.verdict,
        "reasons": result.reasons,
        "origin": result.image.bounds[:2],
    }
    with path.open("wb") as file:
        file.writelines(write_collection(member, features))


def _tiles(content: SlideContent) -> Iterator[dict[str, Any]]:
    left, top, _, _ = content.result.image.bounds
    for tile in content.tiles.tissue():
        yield _tile_object(tile, left, top)


def _tile_object(tile: SlideTile, left: int, top: int) -> dict[str, Any]:
    x0, y0, x1, y1 = tile.box
    return qupath_object(
        "tile",
        f"row {tile.row}, column {tile.column}",
        rectangle(x0 - left, y0 - top, x1 - left, y1 - top),
        tile.verdict,
        {"probability": tile.probability, "probability_raw": tile.raw_probability},
    )


def _foci(content: SlideContent) -> Iterator[dict[str, Any]]:
    left, top, _, _ = content.result.image.bounds
    for number, focus in enumerate(content.result.region.foci, 1):
        verdict = content.tiles.point.verdict(focus.peak_probability)
        yield focus_object(number, focus, verdict, origin=(left, top))
