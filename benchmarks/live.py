"""How soon a region's lines arrive after its upload, and the time of each step until then."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from functools import partial
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from benchmarks.processes import HOST, Server, running
from benchmarks.results import environment
from benchmarks.subjects import service
from benchmarks.summary import Bar, at_most
from benchmarks.table import render_bars, render_table
from benchmarks.workload import CONTENT_TYPE, encode_form
from hf_space.bundle.load import load_bundle
from hf_space.imaging.tiling import cut_tiles
from hf_space.prediction.image import inspect_image, open_image, read_image
from hf_space.prediction.trust import image_warnings
from hf_space.schemas.options import PredictOptions
from hf_space.settings import Settings
from tests.synthetic import make_patches

if TYPE_CHECKING:
    from collections.abc import Callable

_REPEATS: Final = 10
_ROWS, _COLUMNS, _TILE = 40, 60, 50
_FORMATS: Final[dict[str, dict[str, Any]]] = {"JPEG": {"quality": 90}, "PNG": {}}
_SCALES: Final = (4.0, 1.0)
_EVENTS: Final = ("image", "tissue", "tiles")
_BARS: Final = {
    "first_tiles_ms": (
        "end of the upload of 6 MP to the first tiles, slowest of the files",
        "at most",
        " ms",
    )
}
_HEADER: Final = (
    "| file of 3,000 x 2,000 px | size | image line | tissue line | first tiles "
    "| read header | decode | find tissue | judge quality |"
)


@dataclass(frozen=True, slots=True)
class LiveCase:
    """A file, and medians in milliseconds.

    Attributes:
        name: Its format and scale.
        megabytes: Its size.
        lines: From the end of the upload to the lines of image, tissue and first tiles.
        steps: What the service does before the first tiles, each measured alone: reading the
            header, decoding, finding tissue, judging quality. The rest is for the network.
    """

    name: str
    megabytes: float
    lines: list[float]
    steps: list[float]


def measure_live() -> dict[str, Any]:
    """Stream a region again and again, in each format and at each scale."""
    cases = []
    with TemporaryDirectory(prefix="biopsia-bench-") as name:
        subject = service()
        [variant] = subject.variants
        variables = {**variant.environment, "BIOPSIA_DATA_DIR": str(Path(name) / "data")}
        log = Path(name) / "log"
        with running(variant.command, variables, health=subject.health, log=log) as server:
            for kind, options in _FORMATS.items():
                data = _encoded(kind, options)
                cases += [_case(server, kind, data, scale) for scale in _SCALES]
    held = {name: asdict(bar) for name, bar in bars(cases).items()}
    return environment() | {"cases": [asdict(case) for case in cases], "bars": held}


def bars(cases: list[LiveCase]) -> dict[str, Bar]:
    """Compare the slowest file with the limit."""
    return {"first_tiles_ms": at_most(500, max(case.lines[-1] for case in cases))}


def render_live(figures: dict[str, Any]) -> str:
    """Return the bar, and a row for each file, as Markdown."""
    cases = [LiveCase(**case) for case in figures["cases"]]
    rows = [
        f"| {case.name} | {case.megabytes:.1f} MB | "
        + " | ".join(f"{each:.0f} ms" for each in (*case.lines, *case.steps))
        + " |"
        for case in cases
    ]
    machine = (
        f"{figures['date']}, {figures['cores']} cores of {figures['processor']}, "
        f"Python {figures['python']}, medians of {_REPEATS}."
    )
    return "\n\n".join([machine, render_bars(_BARS, figures["bars"]), render_table(_HEADER, rows)])


def _encoded(kind: str, options: dict[str, Any]) -> bytes:
    tiles = make_patches(_ROWS * _COLUMNS // 2, seed=1)[0]
    grid = tiles.reshape(_ROWS, _COLUMNS, _TILE, _TILE, 3).swapaxes(1, 2)
    file = BytesIO()
    Image.fromarray(grid.reshape(_ROWS * _TILE, _COLUMNS * _TILE, 3)).save(file, kind, **options)
    return file.getvalue()


def _case(server: Server, kind: str, data: bytes, scale: float) -> LiveCase:
    fields = {"microns_per_pixel": f"{scale:g}", "save": "false"}
    body = encode_form([data], part="file", fields=fields)
    lines = _medians(partial(_stream, server, body))
    steps = _medians(partial(_steps, data, scale))
    return LiveCase(f"{kind}, {scale:g} µm/px", len(data) / 1e6, lines, steps)


def _medians(measure: Callable[[], list[float]]) -> list[float]:
    runs = [measure() for _ in range(_REPEATS)]
    return [1000 * median(column) for column in zip(*runs, strict=True)]


def _stream(server: Server, body: bytes) -> list[float]:
    """Return the seconds to each kind of line, and close the connection then."""
    headers = {"Content-Type": CONTENT_TYPE, "Accept": "application/x-ndjson"}
    connection = HTTPConnection(HOST, server.port, timeout=60)
    try:
        connection.request("POST", "/predict/", body, headers)
        sent = time.perf_counter()
        response = connection.getresponse()
        found = []
        for event in _EVENTS:
            line = response.readline()
            if not line.startswith(f'{{"event":"{event}"'.encode()):
                raise RuntimeError(f"expected a line of {event}, got {line[:200]!r}")
            found.append(time.perf_counter() - sent)
        return found
    finally:
        connection.close()
        server.settle(2)


def _steps(data: bytes, scale: float) -> list[float]:
    """Return the seconds of each step in this process, where nothing else runs."""
    config = load_bundle(Settings().model_dir).config
    options = PredictOptions(microns_per_pixel=scale, save=False)
    limits = {"max_bytes": len(data), "max_pixels": Settings().max_pixels}
    marks = [time.perf_counter()]
    opened = inspect_image(open_image(data, **limits), data, options, config)
    marks.append(time.perf_counter())
    image = read_image(opened, options, config)
    marks.append(time.perf_counter())
    tiles = cut_tiles(image.pixels, config.patch_size_pixels)
    marks.append(time.perf_counter())
    image_warnings(image, list(tiles.samples()), config)
    marks.append(time.perf_counter())
    return [after - before for before, after in zip(marks, marks[1:], strict=False)]
