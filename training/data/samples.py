"""A few held-out patches, published beside a model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from training.data.arrays import prepared_parts
from training.data.source import CLASS_NAMES
from training.data.splits import DATASET_KEY
from training.errors import ConfigurationError

FOLDER: Final = "samples"
# Licences that allow redistribution, by the Hub's identifiers.
ALLOWED_LICENCES: Final = frozenset(
    {"cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "pddl", "odc-by", "odbl"}
)
_PER_CLASS: Final = 6


@dataclass(frozen=True, slots=True)
class Sample:
    """One patch: its file below the bundle, its case and its class."""

    file: str
    case_id: str
    label: str


def require_licence(licence: str | None) -> str:
    """Return the licence of the data if it allows redistribution.

    Raises:
        ConfigurationError: None is given, or it is not known to allow redistribution.
    """
    if licence in ALLOWED_LICENCES:
        return licence
    given = f", not {licence!r}" if licence else ""
    raise ConfigurationError(
        "patches are published only under a licence that lets anyone pass them on: give "
        f"--data-licence, one of {', '.join(sorted(ALLOWED_LICENCES))}{given}"
    )


def write_samples(dataset: Path, bundle: Path) -> list[Sample]:
    """Write up to twelve held-out patches, half of them with IDC, into a bundle's `samples`.

    At most one patch of each class is taken from a case, almost white ones are left out, and the
    choice is by a hash, so that no patches are picked for their looks.

    Args:
        dataset: Folder written by `prepare`; its PNG files are copied unchanged.
        bundle: Folder of the bundle.

    Raises:
        DatasetError: The folder holds no prepared data set.
    """
    patches = prepared_parts(dataset)[DATASET_KEY["test"]]
    facts = patches.select_columns(["label", "case_id", "x", "y", "near_white"]).to_pandas()
    facts = facts[~facts["near_white"]]
    facts["hash"] = [_hash(*place) for place in zip(facts.case_id, facts.x, facts.y, strict=True)]
    chosen = facts.sort_values("hash").drop_duplicates(["label", "case_id"])
    (bundle / FOLDER).mkdir(exist_ok=True)
    return [
        _write(patches[int(index)], bundle)
        for label in (1, 0)
        for index in chosen.index[chosen["label"] == label][:_PER_CLASS]
    ]


def _hash(case_id: str, x: int, y: int) -> str:
    return hashlib.sha256(f"{case_id} {x} {y}".encode()).hexdigest()


def _write(patch: dict[str, Any], bundle: Path) -> Sample:
    label = CLASS_NAMES[patch["label"]]
    file = f"{FOLDER}/{label}_{patch['case_id']}_x{patch['x']}_y{patch['y']}.png"
    (bundle / file).write_bytes(patch["image"]["bytes"])
    return Sample(file, patch["case_id"], label)
