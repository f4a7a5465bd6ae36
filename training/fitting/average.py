"""One network from several: the mean of their weights."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import keras
import numpy as np

from training.data.arrays import Patches
from training.data.splits import SPLIT_NAMES
from training.errors import RunError
from training.fitting.config import CONFIG_FILE, TrainConfig
from training.fitting.run import FACTS_FILE, MODEL_FILE, RunFacts, measure_facts, start_run

# What runs may differ in: it says from which cases they learned.
_CASES: Final = {"dataset", "splits", "validation"}


def average(runs: Sequence[Path], patches: Patches, out: Path) -> RunFacts:
    """Write the mean of the runs' weights as a finished run (Wortsman 2022, "Model soups").

    The network costs no more than one of them, and has learned from the cases of all: averaging
    the folds of a cross-validation takes the place of one more run on every case.

    Args:
        runs: Finished runs of the same settings, at least two; see `fold_runs`.
        patches: The prepared data set, with the cases of all runs.
        out: New folder of the run.

    Returns:
        The facts of the new run; its training time is that of all runs.

    Raises:
        RunError: There are fewer than two runs; one is not finished, has other settings, or
            started from random weights, whose mean is no network; ``out`` holds a run already;
            or the data set lacks cases that a run learned from.
    """
    if len(runs) < 2:  # noqa: PLR2004
        raise RunError("an average takes at least two runs")
    if (out / CONFIG_FILE).exists():
        raise RunError(f"{out} already has a run: choose another folder")
    config = _common_config(runs, out)
    facts = [RunFacts.load(run) for run in runs]
    cases = _learned_cases(runs, facts, patches)
    learned = np.flatnonzero(np.isin(patches.case_ids, cases))
    splits = tuple(name for name in SPLIT_NAMES if name in set(patches.splits[learned]))
    found = measure_facts(patches, learned, seconds=sum(each.seconds for each in facts))
    found = found.model_copy(update={"averaged_runs": len(runs)})
    out.parent.mkdir(parents=True, exist_ok=True)
    # An interrupted call leaves no folder that looks like a run.
    with tempfile.TemporaryDirectory(dir=out.parent, ignore_cleanup_errors=True) as folder:
        made = Path(folder) / out.name
        start_run(replace(config, splits=splits, validation=None), made)
        _mean(runs).save(made / MODEL_FILE)
        (made / FACTS_FILE).write_text(found.model_dump_json(indent=2) + "\n")
        made.rename(out)
    return found


def _common_config(runs: Sequence[Path], out: Path) -> TrainConfig:
    first, *others = (TrainConfig.load(run) for run in runs)
    if not first.pretrained:
        raise RunError(
            f"{runs[0]} started from random weights, and the mean of such networks is none: train "
            f"the final model with `train {first.dataset} --config {runs[0]}/{CONFIG_FILE} "
            f"--split train --split extension --split val --validation none --out {out}`"
        )
    wanted = asdict(first)
    for run, other in zip(runs[1:], others, strict=True):
        values = asdict(other)
        different = [name for name in wanted if values[name] != wanted[name]]
        if found := [name for name in different if name not in _CASES]:
            raise RunError(f"{run} has another {', '.join(found)} than {runs[0]}")
    return first


def _learned_cases(runs: Sequence[Path], facts: Sequence[RunFacts], patches: Patches) -> list[str]:
    cases: set[str] = set()
    for run, each in zip(runs, facts, strict=True):
        if each.case_ids is None:
            raise RunError(f"{run} did not record the cases that it learned from")
        cases.update(each.case_ids)
    if missing := cases - set(patches.case_ids):
        raise RunError(
            f"the data set lacks {len(missing):,} cases that the runs learned from, such as "
            f"{min(missing)}: name the one that they were trained on"
        )
    return sorted(cases)


def _mean(runs: Sequence[Path]) -> keras.Model:
    for run in runs:
        if not (run / MODEL_FILE).is_file():
            raise RunError(f"{run} is not finished: {MODEL_FILE} is missing")
    first, *others = (keras.saving.load_model(run / MODEL_FILE, compile=False) for run in runs)
    stacked = zip(*(model.get_weights() for model in (first, *others)), strict=True)
    first.set_weights([np.mean(values, axis=0, dtype=np.float64) for values in stacked])
    return first
