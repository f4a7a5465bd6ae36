"""What 100,000 slides take, from what a tile and a slide were measured to take."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import linear_regression
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.processes import ROOT
from benchmarks.results import environment
from benchmarks.table import render_table
from hf_space.settings import Settings
from hf_space.slides.options import SlideOptions
from hf_space.slides.results import FolderResults
from hf_space.slides.run import OneByOne, load_slide_model, record_outcomes
from hf_space.slides.scan import find_slides
from tests.array_slide import Notes
from tests.drawn_slide import DrawnSlide
from tests.slides import write_svs
from tests.web_files import running_web_files

PLANNED: Final = 100_000
# Of a section of 20 x 15 mm, all of it tissue.
TILES_EACH: Final = 7_500
FILE_GB: Final = 1.5
NODE_CORES: Final = 16
DOLLARS_PER_CORE_HOUR: Final = 0.05
FORMATS: Final = frozenset({"json", "csv", "geojson"})
# Pixels at 0.25 µm.
SIZES: Final = ((16_000, 16_000), (28_000, 24_000))
# Where Ray's overhead is not measured yet: the most that is asked of it.
_MOST_OVERHEAD: Final = 1.0


@dataclass(frozen=True, slots=True)
class StoreRun:
    """A slide that was read from a web server in parts.

    Attributes:
        tiles: With tissue.
        file_bytes: Of the slide.
        read_bytes: Of them, asked for.
        result_bytes: Written, in `FORMATS`.
    """

    tiles: int
    file_bytes: int
    read_bytes: int
    result_bytes: int


def measure_budget() -> dict[str, Any]:
    """Score slides of two sizes on a web server, and count bytes."""
    about = environment()
    return about | {"store": [asdict(_read_from_store(*size)) for size in SIZES]}


def render_budget(results: dict[str, Any]) -> str:
    """Return what 100,000 slides take as Markdown.

    Args:
        results: Figures of the benchmarks ``slides`` and ``budget``, and of ``bulk`` if it has run.
    """
    slides, store = results["slides"], [StoreRun(**run) for run in results["budget"]["store"]]
    actors = NODE_CORES // slides["cores"]
    seconds, tile_seconds, slide_seconds = _taken(
        [(run["tiles"], run["seconds"]) for run in slides["runs"]]
    )
    overhead, source = _MOST_OVERHEAD, "the most that is asked"
    if "bulk" in results:
        measured = results["bulk"]["bars"]["ray_overhead_seconds"]["measured"]
        overhead, source = max(0.0, measured), "measured"
    node_hours = PLANNED * (seconds + overhead) / actors / 3600
    dollars = node_hours * NODE_CORES * DOLLARS_PER_CORE_HOUR
    read_bytes, _, _ = _taken([(run.tiles, run.read_bytes) for run in store])
    result_bytes, _, _ = _taken([(run.tiles, run.result_bytes) for run in store])
    read_rate = read_bytes * actors / (seconds + overhead)
    memory_mb = max(run["peak_mb"] for run in slides["runs"])
    result_mb = result_bytes / 1e6
    rows = [
        f"| milliseconds for a tile, by {slides['cores']} cores | {1000 * tile_seconds:.2f} "
        "| measured |",
        f"| seconds for a slide, beside its tiles | {slide_seconds:.1f} | measured |",
        f"| seconds of Ray for a slide | {overhead:.1f} | {source} |",
        f"| seconds for a slide of {TILES_EACH:,} tiles, by one actor | {seconds + overhead:.1f} "
        "| with all of these |",
        f"| actors on a node of {NODE_CORES} cores | {actors} "
        f"| of {slides['cores']} cores each, as measured |",
        f"| memory of a node | {actors * memory_mb / 1000:.1f} GB | {memory_mb:.0f} MB an actor |",
        f"| node hours for {PLANNED:,} slides | {node_hours:,.0f} | |",
        f"| hours on 10 nodes, on 50 | {node_hours / 10:,.1f}, {node_hours / 50:,.1f} | |",
        f"| cost at ${DOLLARS_PER_CORE_HOUR} for a core and hour | ${dollars:,.0f} | |",
        f"| read from the store, in parts | {PLANNED * read_bytes / 1e12:,.1f} TB "
        f"| of {PLANNED * FILE_GB / 1000:,.0f} TB, were all fetched |",
        f"| read by a node | {read_rate / 1e6:,.0f} MB/s | |",
        f"| results | {PLANNED * result_bytes / 1e12:,.2f} TB | {result_mb:.1f} MB a slide |",
    ]
    return render_table("| figure | value | |", rows)


def _taken(runs: list[tuple[int, float]]) -> tuple[float, float, float]:
    """Return what a slide of `TILES_EACH` takes, and of that each tile and the rest.

    Args:
        runs: Tiles of some slides, and what each took.
    """
    tile, rest = linear_regression(*zip(*runs, strict=True))
    return tile * TILES_EACH + rest, tile, rest


def _read_from_store(width: int, height: int) -> StoreRun:
    settings = Settings(model_dir=ROOT / "hf_space" / "model")
    model = load_slide_model(settings)
    options = SlideOptions(model.bundle.config.thresholds["balanced"], "balanced", FORMATS)
    with TemporaryDirectory(prefix="biopsia-bench-") as name, running_web_files() as web:
        path, results = Path(name) / "slide.svs", FolderResults(Path(name) / "out")
        write_svs(path, DrawnSlide(width, height, microns_per_pixel=(0.25, 0.25)))
        web.files["/slide.svs"] = path.read_bytes()
        (slide,) = find_slides([], None, [f"{web.address}/slide.svs"]).slides
        scorer = OneByOne(results, model, options)
        (outcome,) = record_outcomes([slide], results, scorer, Notes())
        if outcome.record is None:
            raise RuntimeError(outcome.message)
        written = (each for each in (Path(name) / "out" / slide.name).rglob("*") if each.is_file())
        return StoreRun(
            tiles=outcome.record.tiles,
            file_bytes=path.stat().st_size,
            read_bytes=web.sent,
            result_bytes=sum(each.stat().st_size for each in written),
        )
