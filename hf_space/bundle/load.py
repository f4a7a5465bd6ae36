"""The model bundle: a folder with the network, its facts, and a hash of each weight file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hf_space.bundle.config import (
    EVALUATION_FOLDER,
    FAMILIARITY_FILE,
    INFERENCE_FILE,
    LIMITS_FILE,
    METRICS_FILE,
    REPORTS,
    InferenceConfig,
)
from hf_space.bundle.familiarity import Familiarity
from hf_space.errors import BundleError


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a bundle comes from.

    Attributes:
        source: ``bundled``: a folder. ``hub``: the Hub, requested now. ``cache``: an earlier
            download, because the Hub did not respond.
        repo: Repository on the Hub, `owner/name`.
        commit: The repository's commit, 40 hexadecimal digits.
        pinned: Whether that commit was requested, rather than a branch or a tag, which may move;
            None for a folder.
    """

    source: Literal["bundled", "hub", "cache"] = "bundled"
    repo: str | None = None
    commit: str | None = None
    pinned: bool | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle on disk.

    Attributes:
        path: Its folder.
        config: The content of ``inference.json``.
        metrics: Measured figures.
        reports: Reports beside the test metrics, by the names of `REPORTS`, and ``limits`` from
            ``limits.json``; only those that exist for this revision.
        plots: Drawings of the figures, PNG, by name.
        origin: Where it comes from.
        familiarity: Distribution of the training set's features; None if the bundle has no limits
            for it.
    """

    path: Path
    config: InferenceConfig
    metrics: dict[str, Any] | None = None
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    plots: dict[str, Path] = field(default_factory=dict)
    origin: Origin = Origin()
    familiarity: Familiarity | None = None


def file_sha256(path: Path) -> str:
    """Return the lower-case hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_bundle(path: Path) -> Bundle:
    """Read a bundle and verify every hashed file.

    Raises:
        BundleError: The folder or a file is missing, unreadable, invalid, or its hash differs.
    """
    try:
        config = InferenceConfig.from_json((path / INFERENCE_FILE).read_bytes())
        for name, expected in config.sha256.items():
            actual = file_sha256(path / name)
            if actual != expected:
                raise BundleError(f"{name} was altered: sha256 {actual}, expected {expected}")
        metrics = _read_figures(path / METRICS_FILE)
        reports = _read_reports(path, config.revision)
    except OSError as error:
        raise BundleError(f"cannot read the bundle {path}: {error}") from error
    except ValueError as error:
        raise BundleError(f"{path / INFERENCE_FILE} is invalid: {error}") from error
    plots = {plot.stem: plot for plot in sorted((path / EVALUATION_FOLDER).glob("*.png"))}
    familiarity = Familiarity.load(path / FAMILIARITY_FILE) if config.familiarity else None
    return Bundle(
        path=path,
        config=config,
        metrics=metrics,
        reports=reports,
        plots=plots,
        familiarity=familiarity,
    )


def _read_reports(folder: Path, revision: str) -> dict[str, dict[str, Any]]:
    """Read the reports in a bundle, without those of another revision, which is another model."""
    files = {**REPORTS, "limits": LIMITS_FILE}
    found = {name: _read_figures(folder / file) for name, file in files.items()}
    return {
        name: figures
        for name, figures in found.items()
        if figures and figures.get("model", {"revision": revision}).get("revision") == revision
    }


def _read_figures(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        figures = json.loads(path.read_bytes())
    except ValueError as error:
        raise BundleError(f"{path} is not JSON: {error}") from error
    if not isinstance(figures, dict):
        raise BundleError(f"{path} must hold one JSON object")
    return figures
