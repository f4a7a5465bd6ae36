"""The tiles of a slide as a table in WSInfer's format.

https://github.com/SBU-BMI/wsinfer has the columns: integers in pixels of level 0, then a
probability for each class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hf_space.exports.csv import Table
from hf_space.exports.slides.tiles import SlideTile

if TYPE_CHECKING:
    from pathlib import Path

    from hf_space.exports.slides.content import SlideContent

_DECIMALS: Final = 6


def _start(tile: SlideTile, axis: int) -> int:
    return round(tile.box[axis])


def _length(tile: SlideTile, axis: int) -> int:
    """Return a side length with which adjacent tiles neither overlap nor leave a gap."""
    return round(tile.box[axis + 2]) - round(tile.box[axis])


# Programs that read WSInfer's files expect no byte order mark, and no text here needs one.
_TABLE: Final = Table[SlideTile](
    {
        "minx": lambda tile: _start(tile, 0),
        "miny": lambda tile: _start(tile, 1),
        "width": lambda tile: _length(tile, 0),
        "height": lambda tile: _length(tile, 1),
        "prob_no_idc": lambda tile: round(1.0 - tile.probability, _DECIMALS),
        "prob_idc": lambda tile: tile.probability,
        "prob_raw": lambda tile: tile.raw_probability,
        "verdict": lambda tile: tile.verdict,
    },
    byte_order_mark="",
)


def write_tile_table(content: SlideContent, path: Path) -> None:
    """Write a line for each tissue tile, in pixels of level 0; raises OSError."""
    with path.open("wb") as file:
        file.writelines(_TABLE.file(content.tiles.tissue()))
