"""Score an exported bundle on patches, through the service's own engine and preprocessing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from hf_space.inference.engine import predict_patches
from training.data.records import PatchRecord, PatchSource
from training.data.remote import open_any_source
from training.data.source import read_patches, readable
from training.data.splits import SPLIT_NAMES
from training.errors import ConfigurationError, SourceError
from training.evaluation.assessment import Scored, report
from training.evaluation.bundle import open_bundle
from training.evaluation.mosaic import write_mosaic
from training.evaluation.plots import write_plots
from training.evaluation.predictions import require_table, write_predictions
from training.fitting.learned import learned_cases_of
from training.fitting.run import TRAINING_FILE

Predict = Callable[[NDArray[np.uint8]], NDArray[np.floating[Any]]]

DIHEDRAL_VIEWS: Final = 8
_CHUNK: Final = 1024
_NAMED_AT_MOST: Final = 5


def evaluate(
    bundle_dir: Path,
    source: str,
    *,
    split: str | None,
    case_weights: dict[str, float],
    plots: Path | None,
    progress: bool,
    views: int = DIHEDRAL_VIEWS,
    predictions: Path | None = None,
    with_learned: bool = False,
) -> dict[str, Any]:
    """Evaluate a bundle on patches.

    Args:
        bundle_dir: Folder of the bundle.
        source: Folder or zip in Kaggle's layout, a prepared folder, `kaggle`, or a Hub data set id.
        split: Take the cases of this split only; None takes all.
        case_weights: Weights by ``CASE`` or ``CASE:CLASS``; see `training.data.case_weights`.
        plots: Folder for the plots and, for complete slides, mosaics; None draws nothing.
        progress: Show a progress bar on stderr.
        views: 8 also measures the mean over the dihedral views; 1 takes an eighth of the time.
        predictions: File for the score of each patch; see `write_predictions`.
        with_learned: Also take cases that the model learned from; the report names them.

    Returns:
        The report of `training.evaluation.assessment`, and the data set it is about.

    Raises:
        ConfigurationError: The bundle cannot be used, there is no such split, or the model learned
            from some of the cases.
        SourceError: The source cannot be read, or the split has no readable patch.
    """
    if split is not None and split not in SPLIT_NAMES:
        raise ConfigurationError(f"no split {split!r}: choose from {', '.join(SPLIT_NAMES)}")
    if predictions is not None:
        require_table(predictions)
    bundle, engine = open_bundle(bundle_dir)

    def predict(patches: NDArray[np.uint8]) -> NDArray[np.float32]:
        return predict_patches(engine, bundle.config, patches).logits

    with (
        tempfile.TemporaryDirectory(prefix="biopsia-") as cache,
        open_any_source(source, cache_dir=Path(cache)) as opened,
    ):
        chosen = [record for record in opened.records if split in (None, record.split)]
        learned = _learned(bundle_dir, chosen, accepted=with_learned)
        records = readable(opened, chosen)
        if not records:
            raise SourceError(f"{source} has no readable patch of the split {split!r}")
        table = score_patches(predict, opened, records, views=views, progress=progress)
        scored = Scored.of(table, bundle.config, case_weights)
        found = report(scored)
        if plots is not None:
            write_plots(scored, plots)
            write_mosaics(scored, opened, records, plots)
        left_out = sum(file.kind != "second copy" for file in opened.left_out)
    if predictions is not None:
        write_predictions(table, scored, predictions)
    # The name only: the report is published, and a path would describe the machine.
    dataset = {
        "source": Path(source).name,
        "split": split,
        "case_weights": dict(case_weights),
        "unreadable": len(chosen) - len(records),
        "left_out": left_out,
        "learned_cases": learned,
    }
    return {"dataset": dataset, **found}


def _learned(bundle: Path, records: Sequence[PatchRecord], *, accepted: bool) -> list[str]:
    """Return the cases that a bundle learned from; refuses them unless they are allowed."""
    splits = {record.case_id: record.split for record in records}
    try:
        learned = sorted(learned_cases_of(bundle, splits) or ())
    except ValueError as error:
        raise ConfigurationError(f"{bundle / TRAINING_FILE} is invalid: {error}") from error
    if learned and not accepted:
        shown = ", ".join(learned[:_NAMED_AT_MOST]) + (", ..." if learned[_NAMED_AT_MOST:] else "")
        raise ConfigurationError(
            f"the model learned from {len(learned):,} of these {len(splits):,} cases ({shown}): "
            "take others with --split, or mark the figures with --with-learned, which keeps them "
            "from being published"
        )
    return learned


def dihedral_views(patches: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Yield the 8 views of patches (N, h, h, 3) under right-angle turns and flips, first as is."""
    for flipped in (patches, patches[:, :, ::-1]):
        for turns in range(4):
            yield np.ascontiguousarray(np.rot90(flipped, turns, axes=(1, 2)))


def score_patches(
    predict: Predict,
    source: PatchSource,
    records: Sequence[PatchRecord],
    *,
    views: int = DIHEDRAL_VIEWS,
    progress: bool,
) -> pd.DataFrame:
    """Score patches as they are and averaged over their 8 dihedral views.

    Args:
        predict: Maps patches, uint8 (N, 50, 50, 3), to logits (N,).
        source: Where the records come from.
        records: Patches to score; read in chunks, so that memory stays bounded.
        views: 8, or 1 to score them as they are only.
        progress: Show a progress bar on stderr.

    Returns:
        Columns case_id, x, y, label, logit and, of 8 views, dihedral_logit (their mean), one row
        a record.
    """
    logits, means = [], []
    with tqdm(total=len(records), desc="scoring", unit="img", disable=not progress) as bar:
        for start in range(0, len(records), _CHUNK):
            patches = read_patches(source, records[start : start + _CHUNK], progress=False)
            scores = []
            for view in islice(dihedral_views(patches), views):
                scores.append(np.asarray(predict(view), dtype=np.float64))
                bar.update(len(patches) / views)
            logits.append(scores[0])
            means.append(np.mean(scores, axis=0))
    table = pd.DataFrame(
        {
            "case_id": [record.case_id for record in records],
            "x": [record.x for record in records],
            "y": [record.y for record in records],
            "label": [record.label for record in records],
            "logit": np.concatenate(logits),
        }
    )
    return table if views == 1 else table.assign(dihedral_logit=np.concatenate(means))


def write_mosaics(
    scored: Scored, source: PatchSource, records: Sequence[PatchRecord], folder: Path
) -> None:
    """Draw every complete slide as ``mosaic_<case>.png``.

    Args:
        scored: Scores of the records, in their order.
        source: Where the records come from.
        records: Every scored patch.
        folder: Receives the pictures. They show tissue.
    """
    for case_id in scored.complete_slides:
        own = np.flatnonzero(scored.case_ids == case_id)
        patches = read_patches(source, [records[int(index)] for index in own], progress=False)
        write_mosaic(
            patches,
            rows=scored.rows[own],
            columns=scored.columns[own],
            labels=scored.labels[own],
            probabilities=scored.probabilities[own],
            path=folder / f"mosaic_{case_id}.png",
        )
