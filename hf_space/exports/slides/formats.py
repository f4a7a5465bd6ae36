"""The file formats that a slide's result can be written to.

The command line reads `SLIDE_FORMATS`: a new format is a module with its writer and one entry here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hf_space.exports.slides.content import SlideContent
from hf_space.exports.slides.features import write_features
from hf_space.exports.slides.geojson import write_focus_objects, write_tile_objects
from hf_space.exports.slides.heatmap import write_heatmap
from hf_space.exports.slides.overview import write_overview
from hf_space.exports.slides.report import write_report
from hf_space.exports.slides.table import write_tile_table


@dataclass(frozen=True, slots=True)
class SlideFormat:
    """One format.

    Attributes:
        files: The writer of each file, by its name in the slide's folder. Writers raise OSError and
            may leave a partial file, so let them write under a temporary name.
        on_request: Whether it is written only when requested.
    """

    files: dict[str, Callable[[SlideContent, Path], None]]
    on_request: bool = False


SLIDE_FORMATS: Final = {
    "csv": SlideFormat({"tiles.csv": write_tile_table}),
    "geojson": SlideFormat(
        {"tiles.geojson": write_tile_objects, "foci.geojson": write_focus_objects}
    ),
    "heatmap": SlideFormat({"heatmap.ome.tif": write_heatmap}),
    "overview": SlideFormat({"overview.png": write_overview}),
    "report": SlideFormat({"report.pdf": write_report}),
    "features": SlideFormat({"features.parquet": write_features}, on_request=True),
}
"""All formats by the name that chooses them."""
