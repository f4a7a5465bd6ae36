"""Score whole slides from the command line."""

from __future__ import annotations

import sys
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, NoReturn

import typer
from tqdm import tqdm

from hf_space.cli.echo import echo, shown
from hf_space.cli.options import PointName, Threshold, checked_options, checked_settings
from hf_space.errors import BiopsiaError, ScaleError, UnknownOperatingPointError
from hf_space.imaging.readers import suffixes
from hf_space.imaging.readers.scales import PLAUSIBLE
from hf_space.imaging.readers.slide_file import check_scale
from hf_space.messages.catalogue import text
from hf_space.messages.formats import number
from hf_space.slides.outcome import SUMMARY_FILE
from hf_space.slides.outputs import BY_DEFAULT, FEATURES, FILES
from hf_space.slides.run import load_slide_model, process_slides, slide_options
from hf_space.slides.scan import FoundSlides, find_slides
from hf_space.slides.walk import mode_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hf_space.schemas.options import PredictOptions
    from hf_space.slides.outcome import Outcome
    from hf_space.slides.record import Figures

SOME_FAILED: Final = 3
"""Exit status where a slide could not be scored, or the table of all not be written."""

_INTERRUPTED: Final = 130
# Shown with this many decimals, as pathologists measure.
_MM2_DECIMALS: Final = 2

FormatName = StrEnum("FormatName", {name.upper(): name for name in FILES})  # type: ignore[misc]
"""What `--format` takes."""


def slides(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILES", readable=False, help="Slides, or folders of slides."),
    ],
    out: Annotated[Path, typer.Option(help="Output folder; each slide gets a subfolder.")],
    microns_per_pixel: Annotated[
        float | None,
        typer.Option(help="Scale of the slides' level 0; read from each file if unset."),
    ] = None,
    operating_point: PointName = None,
    threshold: Threshold = None,
    overlap: Annotated[
        Literal["0", "0.5"],
        typer.Option(help="0.5 averages shifted grids: a finer map, four times the work."),
    ] = "0",
    formats: Annotated[
        list[FormatName] | None,
        typer.Option("--format", help="What is written; repeatable. All but features if unset."),
    ] = None,
) -> None:
    """Score whole slides and write results for QuPath and other tools.

    Slides already scored are skipped; interrupted ones resume. Exits with 3 when any failed.
    """
    _check_scale(microns_per_pixel)
    options = checked_options(
        operating_point=operating_point, threshold=threshold, microns_per_pixel=microns_per_pixel
    )
    found = _found(paths, out)
    chosen = frozenset(map(str, formats)) if formats else BY_DEFAULT
    outcomes: list[Outcome] = []
    try:
        for outcome in _run(found, out, options, float(overlap), chosen):
            outcomes.append(outcome)  # noqa: PERF402 -- those before an error count too
    except UnknownOperatingPointError as error:
        raise typer.BadParameter(error.message, param_hint="'--operating-point'") from error
    except BiopsiaError as error:
        raise _failed(f"{error.code}: {error.message}") from error
    except OSError as error:
        path, reason = error.filename or out, error.strerror or str(error)
        message = text("command.not_writable", "en", path=path, reason=reason)
        raise _failed(shown(message), SOME_FAILED if outcomes else 1) from error
    except KeyboardInterrupt:
        echo(text("slide.interrupted", "en", path=out), err=True)
        raise typer.Exit(_INTERRUPTED) from None
    _print_left_out(found)
    _tell("finished", path=str(out), summary=str(out / SUMMARY_FILE))
    raise typer.Exit(SOME_FAILED if any(each.state == "failed" for each in outcomes) else 0)


def _check_scale(microns_per_pixel: float | None) -> None:
    try:
        if microns_per_pixel is not None:
            check_scale(microns_per_pixel)
    except ScaleError as error:
        lowest, highest = PLAUSIBLE
        microns, most = f"{microns_per_pixel:g}", f"{highest:g}"
        message = text(
            "slide.implausible_scale", "en", microns=microns, lowest=lowest, highest=most
        )
        raise typer.BadParameter(message, param_hint="'--microns-per-pixel'") from error


def _found(paths: list[Path], out: Path) -> FoundSlides:
    if all(mode_of(path) is None for path in paths):
        message = text("slide.none_exist", "en", paths=", ".join(map(str, paths)))
        raise typer.BadParameter(shown(message))
    found = find_slides(paths, out)
    if not found.slides:
        _print_left_out(found)
        raise typer.BadParameter(text("slide.none_found", "en"))
    for slide in found.slides:
        folder = out / slide.name
        if _is_taken(folder, slide.path):
            message = text("slide.in_the_way", "en", path=folder)
            raise typer.BadParameter(shown(message))
    return found


def _is_taken(folder: Path, slide: Path) -> bool:
    """Tell whether a folder of results would be a file, or the folder of the slide itself."""
    try:
        return folder.is_file() or folder.samefile(slide)
    except OSError:
        # One of them is not there.
        return False


def _run(
    found: FoundSlides, out: Path, options: PredictOptions, overlap: float, formats: frozenset[str]
) -> Iterator[Outcome]:
    settings = checked_settings()
    model = load_slide_model(settings)
    if FEATURES in formats and not model.gives_features():
        # Each slide would fail, and with it its other formats.
        message = text("slide.no_features", "en", model=model.bundle.config.name)
        raise typer.BadParameter(message, param_hint="'--format'")
    asked = slide_options(options, model, settings, overlap=overlap, formats=formats)
    with _Bars(len(found.slides)) as bars:
        for outcome in process_slides(found.slides, out, model, asked, bars):
            bars.end(outcome)
            yield outcome


class _Bars:
    """Shows how far the slide and all slides are, with rate and time left."""

    def __init__(self, slides: int) -> None:
        unit = text("progress.slides", "en", count=slides)
        self._slides = tqdm(total=slides, unit=unit, disable=None, position=1)
        self._tiles = self._tile_bar(0, 0)

    def __enter__(self) -> _Bars:
        return self

    def __exit__(self, *_: object) -> None:
        self._tiles.close()
        self._slides.close()

    def note(self, message: str) -> None:
        tqdm.write(shown(message), file=sys.stderr)

    def begin(self, total: int, done: int) -> None:
        self._tiles.close()
        self._tiles = self._tile_bar(total, done)

    def advance(self, tiles: int) -> None:
        self._tiles.update(tiles)

    def end(self, outcome: Outcome) -> None:
        """Say what became of a slide."""
        self._slides.update()
        if outcome.state == "failed":
            self.note(_failure(outcome))
        elif outcome.state == "done" and outcome.record:
            with tqdm.external_write_mode():
                echo(_figures(outcome.name, outcome.record.figures))
        for code, message in (outcome.record.warnings if outcome.record else {}).items():
            name = outcome.name
            self.note(text("slide.caution", "en", name=name, code=code, message=message))

    @staticmethod
    def _tile_bar(total: int, done: int) -> tqdm[NoReturn]:
        unit = text("progress.tiles", "en", count=total)
        # Nothing is shown until a slide has begun.
        hidden = None if total else True
        return tqdm(total=total, initial=done, unit=unit, disable=hidden, position=0, leave=False)


def _failure(outcome: Outcome) -> str:
    parts = {"name": outcome.name, "code": outcome.code, "message": outcome.message}
    return text("slide.failed", "en", count=None, **parts)


def _figures(name: str, figures: Figures) -> str:
    suspicious, tissue = (
        number(area, "en", decimals=_MM2_DECIMALS)
        for area in (figures.suspicious_area_mm2, figures.tissue_area_mm2)
    )
    told = {"name": name, "suspicious": suspicious, "tissue": tissue}
    return text("slide.done", "en", count=figures.foci, **told)


def _failed(message: str, status: int = 1) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(status)


def _print_left_out(found: FoundSlides) -> None:
    """Say what of the folders is not scored, and why."""
    if found.results:
        folders = ", ".join(dict.fromkeys(str(folder.parent) for folder in found.results))
        _tell("earlier_results", count=len(found.results), folders=folders)
    if found.links:
        _tell("links", links=", ".join(map(str, found.links)))
    if found.repeated:
        _tell("repeated", files=", ".join(map(str, found.repeated)))
    if found.special:
        _tell("special", files=", ".join(map(str, found.special)))
    if found.left_out:
        _tell("left_out", count=found.left_out.total(), files=_by_suffix(found.left_out))
    if found.hidden:
        _tell("hidden", count=len(found.hidden), first=found.hidden[0].name)
    if not suffixes().isdisjoint(found.left_out):
        _tell("pictures")


def _tell(key: str, *, count: int | None = None, **values: str) -> None:
    echo(text(f"slide.{key}", "en", count=count, **values), err=True)


def _by_suffix(left_out: Counter[str]) -> str:
    return ", ".join(
        text("slide.of_suffix" if suffix else "slide.without_suffix", "en", count=n, suffix=suffix)
        for suffix, n in left_out.most_common()
    )
