"""Scores one slide, from its file to its folder of results."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import TYPE_CHECKING, Final

import numpy as np

from hf_space.errors import CorruptImageError, NoTissueError
from hf_space.exports.slides.content import SlideContent, TileFeatures
from hf_space.imaging.places import Places
from hf_space.messages.catalogue import text
from hf_space.prediction.image import mean_scale
from hf_space.schemas.slide import SlideFacts, SlideResult
from hf_space.slides.checkpoint import Checkpoint
from hf_space.slides.errors import check_kind, failure_of
from hf_space.slides.files import remove_parts, replacing, replacing_all
from hf_space.slides.lock import locked
from hf_space.slides.notes import SlideNotes
from hf_space.slides.outcome import Outcome, State
from hf_space.slides.outputs import (
    FEATURES,
    FILES,
    TISSUE_FILE,
    existing_files,
    write_files,
    write_tissue,
)
from hf_space.slides.owner import check_name
from hf_space.slides.plan import Plan, plan_slide
from hf_space.slides.record import RUN_FILE, Figures, RunRecord, Timer, own_warnings, versions
from hf_space.slides.result import make_slide_result, tile_map
from hf_space.slides.resume import ResumedScoring
from hf_space.slides.rule import WriteKey
from hf_space.slides.score import StripScorer
from hf_space.slides.scores import SCORES_FILE, ScoreFacts, ScoreKey, SlideScores
from hf_space.slides.source import open_source
from hf_space.slides.strips import StripReader
from hf_space.slides.tissue import find_tissue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from hf_space.exports.slides.tiles import SlideTiles
    from hf_space.imaging.slide_tissue import SlideTissue
    from hf_space.slides.opened import OpenedSlide
    from hf_space.slides.options import SlideModel, SlideOptions, Watcher
    from hf_space.slides.scan import FoundSlide

logger = logging.getLogger(__name__)

# Of the picture that results are drawn on, in pixels.
_PICTURE_SIDE: Final = 1500


def process_slide(
    slide: FoundSlide, out: Path, model: SlideModel, options: SlideOptions, watcher: Watcher
) -> Outcome:
    """Score a slide and write its results; whatever is wrong with it is in the outcome.

    A slide that is done with the same model and options is skipped, and an unfinished one is
    resumed. One that another run works on is left to it. Only exceptions that end the process, such
    as Ctrl-C, are raised.

    Args:
        slide: Its files, and the name of its folder.
        out: Folder in which the slide's folder is created.
        model: Scores it.
        options: What the caller asked.
        watcher: Is told how it goes on.
    """
    started = perf_counter()
    options, notes = options.of(slide), SlideNotes(watcher, slide.name)
    try:
        check_kind(slide.path)
        with (
            locked(out, slide.name),
            open_source(slide, options.microns_per_pixel) as source,
        ):
            remove_parts(out / slide.name)
            state, record = _Job(source, out / slide.name, model, options, notes).run()
    except Exception as error:  # one bad slide must not end the others
        return failed_outcome(error, slide, perf_counter() - started)
    return Outcome(slide, state, "", "", record, perf_counter() - started)


def failed_outcome(error: Exception, slide: FoundSlide, seconds: float) -> Outcome:
    """Return the outcome of a slide that failed, see `failure_of`; internal errors are logged."""
    failure = failure_of(error, slide)
    if failure.code == "internal_error":
        logger.error("slide %s", slide.name, exc_info=error)
    return Outcome(slide, "failed", failure.code, failure.message, None, seconds)


class _Job:
    """The steps of one slide."""

    def __init__(
        self,
        source: OpenedSlide,
        folder: Path,
        model: SlideModel,
        options: SlideOptions,
        notes: SlideNotes,
    ) -> None:
        self._source = source
        self._reader = reader = source.reader
        self._folder = folder
        self._model = model
        self._config = model.bundle.config
        self._options = options
        self._notes = notes
        self._timer = Timer()
        self._checkpoint = Checkpoint(folder)
        reader.align(self._config.microns_per_pixel)
        height, width = reader.scaled_size(self._config.microns_per_pixel)
        tile = self._config.patch_size_pixels
        self._places = Places(height, width, tile, options.overlap)
        self._key = self._score_key()

    def run(self) -> tuple[State, RunRecord]:
        """Do what is left to do."""
        check_name(self._folder, self._key)
        rule = WriteKey.of(self._options.point, self._options.point_name)
        earlier = RunRecord.load(self._folder)
        plan = plan_slide(self._folder, earlier, self._key, rule, self._options.formats)
        if earlier and plan.is_same and not plan.formats:
            self._notes.tell("skipped")
            self._checkpoint.remove()
            return "skipped", self._moved(earlier)
        scores = self._stored_scores(plan)
        if scores is None:
            # The hash is computed on one core while the other finds the tissue.
            with self._source.content_hash() as sha256:
                tissue = self._tissue()
                scores = self._scores(plan, rule, tissue, sha256)
            plan = plan.afresh(self._options.formats)
        else:
            tissue = self._tissue()
        self._notes.other_rule(earlier, rule)
        record = self._write(plan, rule, scores.under(rule), tissue)
        self._checkpoint.remove()
        return "done", record

    def _moved(self, record: RunRecord) -> RunRecord:
        """Record the slide's new path, so that a later change does not look like another slide."""
        moved = record.at(self._key.file)
        if moved != record:
            with replacing(self._folder / RUN_FILE) as part:
                moved.save(part)
        return moved

    def _score_key(self) -> ScoreKey:
        config, engine = self._config, self._model.engine
        scale = self._reader.microns_per_pixel
        assert scale is not None  # noqa: S101 -- an opened slide has one
        return ScoreKey(
            slide=self._source.fingerprint(),
            model=config.revision,
            engine=f"{engine.name} {engine.precision}",
            scale=scale,
            overlap=self._options.overlap,
            tile=(config.patch_size_pixels, config.microns_per_pixel),
            features=FEATURES in self._options.formats,
            file=self._source.place,
        )

    def _tissue(self) -> SlideTissue:
        with self._timer.step("tissue"):
            return find_tissue(self._reader)

    def _stored_scores(self, plan: Plan) -> SlideScores | None:
        """Return the scores of an earlier run where they hold, and are all that is needed."""
        stored = SlideScores.load(self._folder)
        holds = stored is not None and not self._key.changes(stored.facts.key)
        if stored and holds and FEATURES not in plan.formats:
            self._notes.tell("rewritten")
            return stored.at(self._key.file)
        return None

    def _scores(
        self, plan: Plan, rule: WriteKey, tissue: SlideTissue, sha256: Callable[[], str]
    ) -> SlideScores:
        """Compute the missing scores; `sha256` waits for the slide's hash."""
        is_scored = tissue.at(self._places)
        if not is_scored.any():
            raise NoTissueError(text("slide.no_tissue", "en"))
        dropped = self._checkpoint.begin(self._key, rule)
        self._notes.changes([*plan.changes, *dropped])
        with self._timer.step("scoring"):
            logits, quality = self._score(is_scored)
            facts = ScoreFacts(key=self._key, id=self._checkpoint.id, sha256=sha256())
        scores = SlideScores(facts, logits, quality)
        with replacing(self._folder / SCORES_FILE) as part:
            scores.save(part)
        if not self._key.features:
            # That file has all data of the strips and is smaller.
            self._checkpoint.remove()
        return scores

    def _score(self, is_scored: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        scoring = ResumedScoring(is_scored, self._checkpoint)
        if scoring.kept:
            self._notes.tell("resumed", done=len(scoring.kept), total=len(scoring.rows))
        scorer = StripScorer(self._model.engine, self._model.bundle, features=self._key.features)
        reader = StripReader(self._reader, self._places, self._config)
        return scoring.score(scorer, reader, self._notes.watcher)

    def _write(
        self, plan: Plan, rule: WriteKey, scores: SlideScores, tissue: SlideTissue
    ) -> RunRecord:
        """Replace the files of an earlier run by the wanted ones: all of them, or none."""
        others = () if plan.is_same else FILES.keys() - plan.valid - plan.formats
        stale = existing_files(self._folder, others)
        with replacing_all(self._folder, last=RUN_FILE, stale=stale) as part_of:
            with self._timer.step("writing"):
                scores.save(part_of(SCORES_FILE))
                write_tissue(part_of(TISSUE_FILE), tissue.mask)
                content = self._content(scores, tissue)
                write_files(part_of, content, sorted(plan.formats))
            record = self._record(plan, rule, scores, content.result)
            record.save(part_of(RUN_FILE))
        if stale:
            self._notes.tell("removed", files=", ".join(stale))
        return record

    def _content(self, scores: SlideScores, tissue: SlideTissue) -> SlideContent:
        tiles = self._tiles(scores, tissue)
        facts, shares = self._facts(scores), tissue.shares(self._places.cells)
        result = make_slide_result(
            facts, tiles, shares, scores, self._config, self._options.point_name, self._reader
        )
        return SlideContent(tiles, result, self._picture(tissue), self._features(scores))

    def _picture(self, tissue: SlideTissue) -> NDArray[np.uint8]:
        """Return the bounds as small as a page shows them; a small slide is read again for it.

        A level that scoring did not need may be damaged; then the overview must do.
        """
        if max(tissue.overview.shape) >= _PICTURE_SIDE / 2:
            return tissue.overview
        _, _, width, height = self._reader.bounds
        across, down = self._key.scale
        scale = max(width * across, height * down) / _PICTURE_SIDE
        try:
            return self._reader.read_region(*self._reader.bounds, max(scale, across, down))
        except CorruptImageError:
            return tissue.overview

    def _features(self, scores: SlideScores) -> Iterator[TileFeatures]:
        """Read the features strip by strip; there are none unless they were kept."""
        for row in np.flatnonzero((~np.isnan(scores.logits)).any(axis=1)).tolist():
            strip = self._checkpoint.load(row)
            if strip and strip.features is not None:
                rows = np.full_like(strip.columns, row)
                yield TileFeatures(np.stack([rows, strip.columns], axis=1), strip.features)

    def _tiles(self, scores: SlideScores, tissue: SlideTissue) -> SlideTiles:
        grid = self._places.grid(self._reader.bounds, self._key.scale, self._config.patch_microns)
        cells = tissue.at(self._places.cells)
        calibration, point = self._config.calibration, self._options.point
        return tile_map(scores, self._places, cells, grid, calibration, point)

    def _facts(self, scores: SlideScores) -> SlideFacts:
        reader, (across, down) = self._reader, self._key.scale
        return SlideFacts(
            sha256=scores.facts.sha256,
            width=reader.width,
            height=reader.height,
            bounds=reader.scanned,
            microns_per_pixel=mean_scale(across, down),
            microns_per_pixel_xy=None if across == down else (across, down),
            scale_source=reader.scale_source,
        )

    def _record(
        self, plan: Plan, rule: WriteKey, scores: SlideScores, result: SlideResult
    ) -> RunRecord:
        return RunRecord(
            scored=scores.facts.key,
            written=rule,
            formats=sorted(plan.valid | plan.formats),
            microns_per_pixel=self._options.microns_per_pixel,
            sha256={"slide": scores.facts.sha256, **self._config.sha256},
            versions=versions(),
            tiles=result.tissue_tiles,
            figures=Figures.of(result),
            warnings=own_warnings(result),
            seconds=self._timer.seconds,
        )
