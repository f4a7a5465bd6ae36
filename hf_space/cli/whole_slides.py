"""Score whole slides from the command line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from hf_space.cli.echo import echo, shown
from hf_space.cli.options import PointName, Threshold, checked_options, checked_settings
from hf_space.cli.slide_bars import SlideBars
from hf_space.cli.slide_inputs import find_named, print_left_out, tell
from hf_space.errors import BiopsiaError, ScaleError, UnknownOperatingPointError
from hf_space.imaging.readers.scales import PLAUSIBLE
from hf_space.imaging.readers.slide_file import check_scale
from hf_space.messages.catalogue import text
from hf_space.slides.errors import MissingPackageError
from hf_space.slides.fleet.scorer import FleetScorer
from hf_space.slides.fleet.work import Work, WorkersError
from hf_space.slides.outcome import SUMMARY_FILE
from hf_space.slides.outputs import BY_DEFAULT, FEATURES, FILES, RESULT
from hf_space.slides.results import open_results
from hf_space.slides.run import OneByOne, load_slide_model, record_outcomes, slide_options
from hf_space.slides.truth.annotations import TruthError
from hf_space.slides.truth.report import TruthReport

if TYPE_CHECKING:
    from hf_space.schemas.options import PredictOptions
    from hf_space.settings import Settings
    from hf_space.slides.options import SlideModel, SlideOptions
    from hf_space.slides.outcome import Outcome
    from hf_space.slides.results import Results
    from hf_space.slides.run import Scorer
    from hf_space.slides.scan import FoundSlides

SOME_FAILED: Final = 3
"""Exit status where a slide could not be scored, or the table of all not be written."""

_INTERRUPTED: Final = 130
_DONE: Final = frozenset({"done", "skipped"})

FormatName = StrEnum("FormatName", {name.upper(): name for name in FILES})  # type: ignore[misc]
"""What `--format` takes."""


def slides(
    out: Annotated[
        str, typer.Option(help="Output folder or s3:// address; each slide gets a subfolder.")
    ],
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILES", help="Slides, folders of slides, s3:// or https://."),
    ] = None,
    manifest: Annotated[
        str | None,
        typer.Option(help="CSV in place of FILES: path, and microns_per_pixel, case, truth."),
    ] = None,
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
    workers: Annotated[
        int, typer.Option(min=1, help="Slides at once; with --ray, on each node.")
    ] = 1,
    ray: Annotated[
        str | None, typer.Option(help="Score on the Ray cluster of this address, or auto.")
    ] = None,
    truth: Annotated[
        str | None, typer.Option(help="QuPath's GeoJSON of the one slide, to compare with.")
    ] = None,
) -> None:
    """Score whole slides and write results for QuPath and other tools.

    Slides already scored are skipped; interrupted ones resume. Exits with 3 when any failed.
    """
    _check_scale(microns_per_pixel)
    options = checked_options(
        operating_point=operating_point, threshold=threshold, microns_per_pixel=microns_per_pixel
    )
    chosen = frozenset(map(str, formats)) if formats else BY_DEFAULT
    try:
        found = find_named(paths, manifest, truth, out)
        results = open_results(out)
    except MissingPackageError as error:
        raise _failed(str(error)) from error
    run = _Run(found, results, options, float(overlap), chosen, workers, ray)
    _finish(run)


@dataclass
class _Run:
    """A run of slides: what was requested, and what is done."""

    found: FoundSlides
    results: Results
    options: PredictOptions
    overlap: float
    formats: frozenset[str]
    workers: int
    ray: str | None
    tried: int = 0
    failed: int = 0

    def run(self) -> None:
        """Score the slides, and compare them with annotations."""
        settings = checked_settings()
        model = load_slide_model(settings)
        asked = self._asked(settings, model)
        scorer = self._scorer(settings, model, asked)
        report = TruthReport(self.results)
        with SlideBars(len(self.found.slides)) as bars:
            for outcome in record_outcomes(self.found.slides, self.results, scorer, bars):
                bars.end(outcome)
                self.tried += 1
                self.failed += outcome.state == "failed"
                self._judge(outcome, report, bars)
        report.write([slide.name for slide in self.found.slides])

    def _asked(self, settings: Settings, model: SlideModel) -> SlideOptions:
        formats = self.formats
        if FEATURES in formats and not model.gives_features():
            # Otherwise each slide would fail, and with it its other formats.
            message = text("slide.no_features", "en", model=model.bundle.config.name)
            raise typer.BadParameter(message, param_hint="'--format'")
        if any(slide.stated.truth for slide in self.found.slides):
            formats |= {RESULT}
        return slide_options(self.options, model, settings, overlap=self.overlap, formats=formats)

    def _scorer(self, settings: Settings, model: SlideModel, asked: SlideOptions) -> Scorer:
        work = Work.of(settings, self.results, asked, model.bundle.config.revision)
        if self.ray is not None:
            try:
                # Imported here because it needs optional packages.
                from hf_space.slides.fleet.nodes import NodeFleet
            except ImportError as error:
                raise _failed(text("slide.needs_ray", "en")) from error
            return FleetScorer(NodeFleet(work, self.ray, self.workers))
        if self.workers > 1:
            from hf_space.slides.fleet.processes import ProcessFleet

            return FleetScorer(ProcessFleet(work, self.workers))
        return OneByOne(self.results, model, asked)

    def _judge(self, outcome: Outcome, report: TruthReport, bars: SlideBars) -> None:
        if not outcome.slide.stated.truth or outcome.state not in _DONE:
            return
        try:
            report.add(outcome.slide)
        except (TruthError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            bars.note(text("truth.not_compared", "en", name=outcome.name, reason=reason or error))
            self.failed += 1


def _finish(run: _Run) -> None:
    """Run, and exit with the status of the result."""
    try:
        run.run()
    except UnknownOperatingPointError as error:
        raise typer.BadParameter(error.message, param_hint="'--operating-point'") from error
    except BiopsiaError as error:
        raise _failed(f"{error.code}: {error.message}") from error
    except (WorkersError, MissingPackageError) as error:
        raise _failed(shown(str(error)), SOME_FAILED if run.tried else 1) from error
    except OSError as error:
        path, reason = error.filename or run.results.shown, error.strerror or str(error)
        message = text("command.not_writable", "en", path=path, reason=reason)
        raise _failed(shown(message), SOME_FAILED if run.tried else 1) from error
    except KeyboardInterrupt:
        echo(text("slide.interrupted", "en", path=run.results.shown), err=True)
        raise typer.Exit(_INTERRUPTED) from None
    print_left_out(run.found)
    tell("finished", path=run.results.shown, summary=run.results.table(SUMMARY_FILE))
    raise typer.Exit(SOME_FAILED if run.failed else 0)


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


def _failed(message: str, status: int = 1) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(status)
